"""Two people talk: what one does, the other sees, on every kind of deployment."""

from __future__ import annotations

import asyncio
import signal

import pytest

from tests.stack.client import ChatClient, close_code, raw_socket
from tests.stack.invariants import check
from tests.stack.stack import EmbeddedStack, Stack

pytestmark = pytest.mark.asyncio


async def test_messages_edits_and_deletions_reach_the_other_side(stack: Stack) -> None:
    async with ChatClient(stack, "ada") as ada, ChatClient(stack, "bo") as bo:
        first = await ada.say("hello **bo**")
        second = await bo.say("hello ada")
        for client in (ada, bo):
            await client.until(lambda client=client: client.shows("hello **bo**") and client.shows("hello ada"), "both")
        await ada.until(lambda: first in ada.accepted, "accepted")
        await bo.until(lambda: second in bo.accepted, "accepted")
        message = next(one for one in bo.messages.values() if one["client_id"] == first)
        assert message["html"] == "<p>hello <strong>bo</strong></p>"
        assert message["sender"]["name"] == "Ada"

        place = {"room": 1, "seq": message["seq"]}
        await ada.write(
            type="edit", client_id="018bcfe5-6800-7000-8000-00000000000e", rev=message["rev"], body="edited", **place
        )
        await bo.until(lambda: bo.shows("edited"), "the edit")
        assert bo.messages[message["seq"]]["edited_at"]
        await ada.write(type="delete", client_id="018bcfe5-6800-7000-8000-00000000000d", **place)
        await bo.until(lambda: bo.messages[message["seq"]]["deleted_at"], "the deletion")
        assert (bo.messages[message["seq"]]["body"], bo.messages[message["seq"]]["html"]) == ("", "")
        await ada.until(lambda: ada.rev == bo.rev, "the same rev")
        check(stack, ada, bo)


async def test_who_does_not_look_gets_a_badge_and_reading_clears_it(stack: Stack) -> None:
    async with ChatClient(stack, "ada") as ada, ChatClient(stack, "bo", room=2) as bo:
        before = next(room for room in bo.welcome["rooms"] if room["id"] == 1)
        await ada.say("are you there?")
        await bo.until(lambda: "1" in bo.badges, "a badge")
        badge = bo.badges["1"]
        assert badge["unread"] == before["unread"] + 1
        assert badge["seq"] == before["seq"] + 1
        assert not any(frame["type"] == "changes" and frame["room"] == 1 for frame in bo.frames)
        await bo.write(type="read", room=1, seq=badge["seq"])
        await bo.until(lambda: any(f["type"] == "read" and f["unread"] == 0 for f in bo.frames), "read")
        # The marker is written within a second: a new socket knows it.
        async with asyncio.timeout(5):
            while True:
                async with ChatClient(stack, "bo", room=2, http=bo.http) as again:
                    room = next(room for room in again.welcome["rooms"] if room["id"] == 1)
                if (room["read"], room["unread"]) == (badge["seq"], 0):
                    break


async def test_what_was_missed_is_there_after_a_reconnect(stack: Stack) -> None:
    async with ChatClient(stack, "ada") as ada, ChatClient(stack, "bo") as bo:
        await ada.until(lambda: ada.rev, "the snapshot")
        await ada.close()
        for number in range(120):
            await bo.say(f"while you were away {number}")
        await bo.until(lambda: len(bo.accepted) == 120, "accepted")
        seen = len(ada.frames)
        await ada.open()
        await ada.until(lambda: ada.shows("while you were away 119"), "what was missed")
        await bo.until(lambda: bo.rev == ada.rev, "the same rev")
        check(stack, ada, bo)
        assert not any(frame.get("reset") for frame in ada.frames[seen:])


async def test_a_second_tab_of_the_sender_shows_the_message_too(stack: Stack) -> None:
    async with ChatClient(stack, "ada") as one, ChatClient(stack, "ada") as other:
        await one.say("from the first tab")
        await other.until(lambda: other.shows("from the first tab"), "the message")


async def test_a_new_person_joins_and_talks(stack: Stack) -> None:
    visitor = stack.visitor()
    answer = stack.post(
        visitor, "/accounts/signup/", username="dora", password1="a-long-password", password2="a-long-password"
    )
    assert answer.status_code == 302, answer.text
    assert stack.post(visitor, "/rooms/1/join/").status_code == 302
    async with ChatClient(stack, "ada") as ada, ChatClient(stack, "dora", http=visitor) as dora:
        await dora.say("I am new here")
        for client in (ada, dora):
            await client.until(lambda client=client: client.shows("I am new here"), "the message")
        check(stack, ada, dora)


async def test_under_uvicorn_two_people_talk_too(embedded_stack: EmbeddedStack) -> None:
    await asyncio.to_thread(embedded_stack.web.end)
    await asyncio.to_thread(embedded_stack.start_uvicorn)
    async with ChatClient(embedded_stack, "ada") as ada, ChatClient(embedded_stack, "bo") as bo:
        await ada.say("over another server")
        await bo.until(lambda: bo.shows("over another server"), "the message")
        await bo.say("heard")
        for client in (ada, bo):
            await client.until(lambda client=client: client.shows("heard"), "the answer")
        check(embedded_stack, ada, bo)
        await ada.write(type="hello")
        assert embedded_stack.tracebacks() == []
    stranger = await raw_socket(embedded_stack)
    assert await close_code(stranger) == 4401
    second = embedded_stack.start("second", ["chatsite.asgi:application", "--port", "0"], ("-m", "uvicorn"))
    await asyncio.to_thread(second.process.wait, 20)
    assert "Stop that one" in second.printed()
    assert "Traceback" not in second.printed()
    # Cleaned up, and then ended by the signal itself, as uvicorn does.
    assert await asyncio.to_thread(embedded_stack.web.end) == -signal.SIGTERM
