"""What moderators decide reaches open sockets within two seconds, through the log like any change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.faults.scale import short_or_whole
from tests.stack.client import ChatClient, ask
from tests.stack.stack import Stack

pytestmark = pytest.mark.asyncio

AT_ONCE_S = short_or_whole(6.0, 2.0)


class Desk:
    """A moderator of the site who decides over the API."""

    def __init__(self, stack: Stack) -> None:
        self.http = stack.sign_in("admin")

    async def act(self, case: int, deed: str) -> Any:
        answer = await asyncio.to_thread(ask, self.http, "POST", f"moderation/cases/{case}/{deed}", reason="a test")
        return answer.raise_for_status().json()


@pytest_asyncio.fixture
async def pair(stack: Stack) -> AsyncIterator[tuple[ChatClient, ChatClient]]:
    """Two members of a room that ada owns."""
    one, other = stack.people(2, 1)
    async with (
        ChatClient(stack, one.name, one.room, session=one.session) as first,
        ChatClient(stack, other.name, other.room, session=other.session) as second,
    ):
        yield first, second


async def reported(stack: Stack, author: ChatClient, reader: ChatClient, text: str) -> tuple[int, int]:
    """The author says it, ada reports it; the message's seq and the case's id."""
    await author.say(text)
    await reader.until(lambda: reader.shows(text), "said")
    [seq] = [message["seq"] for message in reader.messages.values() if message["body"] == text]
    ada = await asyncio.to_thread(stack.sign_in, "ada")
    await asyncio.to_thread(ask, ada, "POST", f"rooms/{reader.room}/messages/{seq}/report", reason="harassment")
    cases = await asyncio.to_thread(ask, ada, "GET", "moderation/cases")
    [case] = [case["id"] for case in cases.json()["cases"] if case["seq"] == seq]
    return seq, case


def noticed(client: ChatClient, code: str) -> bool:
    return any(frame["type"] == "notice" and frame["code"] == code for frame in client.frames)


def muted_until(client: ChatClient) -> str:
    """As the newest notice of a changed room says; empty without one."""
    places = [frame["room"] for frame in client.frames if frame.get("code") == "changed"]
    return (places[-1]["muted_until"] or "") if places else ""


async def test_hiding_restoring_and_deleting_reach_everybody_at_once(
    stack: Stack, pair: tuple[ChatClient, ChatClient]
) -> None:
    author, reader = pair
    seq, case = await reported(stack, author, reader, "something rude")
    desk = await asyncio.to_thread(Desk, stack)
    await desk.act(case, "hide")
    for one in pair:
        await one.until(lambda one=one: one.messages[seq]["hidden_at"], "hidden", within_s=AT_ONCE_S)
        assert (one.messages[seq]["body"], one.messages[seq]["html"]) == ("", "")
    await author.until(lambda: noticed(author, "moderation"), "the author is told", within_s=AT_ONCE_S)
    await desk.act(case, "restore")
    await reader.until(lambda: reader.messages[seq]["body"] == "something rude", "restored", within_s=AT_ONCE_S)
    await desk.act(case, "delete")
    await reader.until(lambda: reader.messages[seq]["deleted_at"], "deleted", within_s=AT_ONCE_S)
    assert author.faults == reader.faults == []


async def test_a_mute_is_told_at_once_with_its_end(stack: Stack, pair: tuple[ChatClient, ChatClient]) -> None:
    author, reader = pair
    _, case = await reported(stack, author, reader, "too loud")
    desk = await asyncio.to_thread(Desk, stack)
    await desk.act(case, "mute_1h")
    await author.until(lambda: muted_until(author), "muted", within_s=AT_ONCE_S)
    refused = await author.say("can you hear me")
    await author.until(lambda: refused in author.rejected, "refused")
    assert author.rejected[refused]["code"] == "muted"
    assert author.rejected[refused]["until"][:16] == muted_until(author)[:16]


async def test_a_ban_from_the_site_closes_the_sockets(stack: Stack, pair: tuple[ChatClient, ChatClient]) -> None:
    author, reader = pair
    _, case = await reported(stack, author, reader, "the worst")
    desk = await asyncio.to_thread(Desk, stack)
    await desk.act(case, "ban_site")
    await author.until(lambda: author.close_code == 4403, "closed", within_s=AT_ONCE_S)


async def test_a_filter_refuses_holds_and_hides_what_a_socket_sends(
    stack: Stack, pair: tuple[ChatClient, ChatClient]
) -> None:
    author, reader = pair
    admin = await asyncio.to_thread(stack.sign_in, "admin")
    for action in ("reject", "hold", "hide"):
        fields = {"name": action, "kind": "words", "pattern": f"bad{action}", "action": action, "is_active": "on"}
        await asyncio.to_thread(admin.get, "/admin/messaging/wordfilter/add/")
        answer = await asyncio.to_thread(lambda f=fields: stack.post(admin, "/admin/messaging/wordfilter/add/", **f))
        assert answer.status_code == 302, answer.text[-2000:]
    await asyncio.sleep(6)  # other processes read the filters every five seconds
    for action, code in (("reject", "filtered"), ("hold", "held")):
        refused = await author.say(f"this is bad{action}")
        await author.until(lambda refused=refused: refused in author.rejected, "refused")
        assert author.rejected[refused]["code"] == code
    await author.say("this is badhide")
    await author.say("and this is fine")
    await reader.until(lambda: reader.shows("and this is fine"), "the fine one")
    hidden = [message for message in reader.messages.values() if message["hidden_at"]]
    assert [message["body"] for message in hidden] == [""]
    assert not any("bad" in message["body"] for message in reader.messages.values())
