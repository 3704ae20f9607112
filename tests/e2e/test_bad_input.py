"""What is wrong gets the answer the protocol names, the socket lives where it says so, and nobody reads a traceback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
import websockets
from websockets.asyncio.client import ClientConnection

from tests.stack.client import ChatClient, close_code, raw_socket
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio

ID = "018bcfe5-6800-7000-8000-00000000000a"


@pytest.fixture(autouse=True)
def nobody_reads_a_traceback(embedded_stack: EmbeddedStack) -> Iterator[None]:
    """Whatever a test here sends, and however the server answers it."""
    yield
    assert embedded_stack.tracebacks() == []


@pytest_asyncio.fixture
async def socket(embedded_stack: EmbeddedStack) -> AsyncIterator[ClientConnection]:
    """Bo's socket, greeted."""
    opened = await raw_socket(embedded_stack, embedded_stack.sign_in("bo"))
    await opened.send('{"type":"hello"}')
    assert json.loads(await opened.recv())["type"] == "welcome"
    yield opened
    await opened.close()


async def ask(socket: ClientConnection, frame: str | dict[str, Any]) -> dict[str, Any]:
    await socket.send(frame if isinstance(frame, str) else json.dumps(frame))
    async with asyncio.timeout(5):
        answer: dict[str, Any] = json.loads(await socket.recv())
    return answer


def send(**fields: Any) -> dict[str, Any]:
    return {"type": "send", "client_id": ID, "room": 1, "body": "x", **fields}


async def test_wrong_frames_are_answered_and_the_socket_lives(socket: ClientConnection) -> None:
    errors = {
        "{": "bad_json",
        "[1]": "invalid",
        '{"type":"dance"}': "unknown_type",
        '{"type":"watch","rooms":[1]}': "invalid",
        '{"type":"send","room":1,"body":"no id"}': "invalid",
        '{"type":"sync","room":999,"after":0}': "invalid",
    }
    for sent, code in errors.items():
        answer = await ask(socket, sent)
        assert (answer["type"], answer["code"]) == ("error", code), sent
    rejections = {
        "invalid": send(body=5),
        "too_long": send(body="x" * 4001),
        "empty": send(body=" \n "),
        "not_found": send(room=999),
    }
    for code, frame in rejections.items():
        answer = await ask(socket, frame)
        assert (answer["type"], answer["code"], answer["client_id"]) == ("rejected", code, ID)
        assert "final" not in answer
    # What stored nothing may be tried again under the same id.
    assert (await ask(socket, send(body="now right")))["type"] == "accepted"


async def test_a_foreign_and_an_unknown_room_look_the_same(embedded_stack: EmbeddedStack) -> None:
    async with ChatClient(embedded_stack, "chen") as chen:
        await chen.write(type="send", client_id=ID, room=3, body="let me in")
        await chen.until(lambda: ID in chen.rejected, "the rejection")
        of_foreign = chen.rejected.pop(ID)
        await chen.write(type="send", client_id=ID, room=999, body="let me in")
        await chen.until(lambda: ID in chen.rejected, "the rejection")
        assert chen.rejected[ID] == of_foreign
        assert of_foreign["code"] == "not_found"


async def test_frames_over_64_kib_end_the_socket_with_4413(socket: ClientConnection) -> None:
    assert (await ask(socket, '{"type":"ping","pad":"' + "x" * 65_000 + '"}'))["type"] == "pong"
    await socket.send(json.dumps(send(body="x" * 66_560)))
    assert await close_code(socket) == 4413


@pytest.mark.parametrize(
    "first", ['{"type":"ping"}', "{", json.dumps(send()), '{"type":"send","client_id":"' + ID + '"}']
)
async def test_whoever_does_not_say_hello_first_is_closed(embedded_stack: EmbeddedStack, first: str) -> None:
    opened = await raw_socket(embedded_stack, embedded_stack.sign_in("bo"))
    await opened.send(first)
    assert await close_code(opened) == 4400


async def test_binary_frames_and_other_subprotocols_are_not_the_protocol(
    socket: ClientConnection, embedded_stack: EmbeddedStack
) -> None:
    await socket.send(b"\x00\x01")
    assert await close_code(socket) == 4400
    for subprotocols in (None, ["chat.v9"]):
        opened = await raw_socket(embedded_stack, embedded_stack.sign_in("bo"), subprotocols=subprotocols)
        assert await close_code(opened) == 4400


@pytest.mark.parametrize(
    "origin",
    [None, "http://evil.example", "https://127.0.0.1:{port}", "http://127.0.0.1", "file://127.0.0.1:{port}", "null"],
)
async def test_another_origin_is_refused_by_http(embedded_stack: EmbeddedStack, origin: str | None) -> None:
    named = origin.format(port=embedded_stack.port) if origin else None
    with pytest.raises(websockets.InvalidStatus) as caught:
        await raw_socket(embedded_stack, embedded_stack.sign_in("bo"), origin=named)
    assert caught.value.response.status_code == 403


async def test_who_is_not_signed_in_is_told_by_4401(embedded_stack: EmbeddedStack) -> None:
    assert await close_code(await raw_socket(embedded_stack, None)) == 4401
    forged = {"Cookie": f"sessionid={uuid4().hex}"}
    assert await close_code(await raw_socket(embedded_stack, None, additional_headers=forged)) == 4401


async def test_signing_out_closes_the_open_socket(embedded_stack: EmbeddedStack) -> None:
    async with ChatClient(embedded_stack, "bo") as bo, ChatClient(embedded_stack, "bo") as elsewhere:
        assert embedded_stack.post(bo.http, "/accounts/logout/").status_code == 302
        await bo.until(lambda: bo.close_code == 4401, "the close", within_s=2)
        await elsewhere.say("still signed in here")
        await elsewhere.until(lambda: elsewhere.accepted, "accepted")


async def test_more_than_twenty_errors_a_minute_end_the_socket(socket: ClientConnection) -> None:
    for _ in range(21):
        await socket.send("{")
    assert await close_code(socket) == 4429


async def test_too_fast_is_told_with_a_time_and_loses_nothing(embedded_stack: EmbeddedStack) -> None:
    embedded_stack.end()
    embedded_stack.environment |= {"CHAT_SEND_RATE": "1", "CHAT_SEND_BURST": "2"}
    embedded_stack.clients.clear()
    embedded_stack.start_web()
    async with ChatClient(embedded_stack, "bo") as bo:
        ids = [await bo.say(f"fast {number}") for number in range(3)]
        await bo.until(lambda: ids[2] in bo.rejected, "the rejection")
        assert bo.rejected[ids[2]]["code"] == "rate_limited"
        assert 0 < bo.rejected[ids[2]]["retry_after"] <= 1
        await bo.until(lambda: set(bo.accepted) == set(ids[:2]), "the others are accepted")
