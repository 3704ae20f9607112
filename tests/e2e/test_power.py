"""Kicks, bans, mutes and slow mode reach open sockets within two seconds; markers agree over tabs within one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults.scale import short_or_whole
from tests.stack.client import ChatClient, ask, close_code, raw_socket
from tests.stack.stack import Stack

pytestmark = pytest.mark.asyncio

AT_ONCE_S = short_or_whole(6.0, 2.0)


def sanction(stack: Stack, user: str, kind: str, room: int | str = "", minutes: int = 0) -> None:
    """As an administrator does, by the form."""
    admin = stack.sign_in("admin")
    admin.get("/admin/messaging/sanction/add/")
    until = time.gmtime(time.time() + 60 * minutes)
    date, clock = (time.strftime("%Y-%m-%d", until), time.strftime("%H:%M:%S", until)) if minutes else ("", "")
    fields = {"user": user, "kind": kind, "room": str(room), "until_0": date, "until_1": clock, "reason": "test"}
    answer = stack.post(admin, "/admin/messaging/sanction/add/", **fields)
    assert answer.status_code == 302, answer.text[-2000:]


@pytest_asyncio.fixture
async def pair(stack: Stack) -> AsyncIterator[tuple[ChatClient, ChatClient]]:
    """Two members of a room that ada owns."""
    one, other = stack.people(2, 1)
    async with (
        ChatClient(stack, one.name, one.room, session=one.session) as first,
        ChatClient(stack, other.name, other.room, session=other.session) as second,
    ):
        yield first, second


async def test_a_kick_takes_the_room_away_at_once(stack: Stack, pair: tuple[ChatClient, ChatClient]) -> None:
    kicked, other = pair
    ada = await asyncio.to_thread(stack.sign_in, "ada")
    path = f"rooms/{kicked.room}/members"
    assert (await asyncio.to_thread(ask, ada, "DELETE", f"{path}?username={kicked.name}")).status_code in {200, 202}
    await kicked.until(lambda: _noticed(kicked, "left"), "the room is gone", within_s=AT_ONCE_S)
    await other.say("without them")
    await other.until(lambda: other.shows("without them"), "the others talk on")
    refused = await kicked.say("still here?")
    await kicked.until(lambda: refused in kicked.rejected, "refused")
    assert kicked.rejected[refused]["code"] == "not_member"
    assert not kicked.shows("without them")
    again = await asyncio.to_thread(ask, ada, "DELETE", f"{path}?username={kicked.name}")
    assert (again.status_code, again.json()["code"]) == (404, "not_found")


async def test_a_ban_closes_the_sockets_and_keeps_them_closed(
    stack: Stack, pair: tuple[ChatClient, ChatClient]
) -> None:
    banned, _ = pair
    await asyncio.to_thread(sanction, stack, banned.name, "ban")
    await banned.until(lambda: banned.close_code == 4403, "closed", within_s=AT_ONCE_S)
    assert await close_code(await raw_socket(stack, session=banned.session)) == 4403


async def test_a_mute_is_told_with_its_end(stack: Stack, pair: tuple[ChatClient, ChatClient]) -> None:
    muted, other = pair
    await asyncio.to_thread(sanction, stack, muted.name, "mute", muted.room, 60)
    await asyncio.sleep(2)
    refused = await muted.say("can you hear me")
    await muted.until(lambda: refused in muted.rejected, "refused")
    answer = muted.rejected[refused]
    assert answer["code"] == "muted"
    assert "final" not in answer
    assert 3000 < answer["retry_after"] <= 3600, answer
    await other.say("they still read")
    await muted.until(lambda: muted.shows("they still read"), "reading goes on")


async def test_slow_mode_says_when(stack: Stack, pair: tuple[ChatClient, ChatClient]) -> None:
    one, other = pair
    ada = await asyncio.to_thread(stack.sign_in, "ada")
    changed = await asyncio.to_thread(ask, ada, "PATCH", f"rooms/{one.room}", slow_mode_s=30)
    assert (changed.status_code, changed.json()["slow_mode_s"]) == (200, 30)
    meta = changed.json()["meta"]
    await other.until(lambda: _changed(other, one.room, meta), "everybody is told")
    await one.say("first")
    refused = await one.say("second")
    await one.until(lambda: refused in one.rejected, "refused")
    assert one.rejected[refused]["code"] == "slow_mode"
    assert 25 < one.rejected[refused]["retry_after"] <= 30
    await other.say("my own turn")
    await other.until(lambda: other.shows("my own turn"), "others have their own turn")
    stranger = await asyncio.to_thread(stack.sign_in, "bo")
    answer = await asyncio.to_thread(ask, stranger, "PATCH", f"rooms/{one.room}", slow_mode_s=0)
    assert answer.status_code == 404


async def test_marked_unread_in_one_tab_is_unread_in_the_other(
    stack: Stack, pair: tuple[ChatClient, ChatClient]
) -> None:
    reader, writer = pair
    async with ChatClient(stack, reader.name, reader.room, session=reader.session) as tab:
        for number in range(3):
            await writer.say(f"number {number} for @{reader.name}")
        await reader.until(lambda: len(reader.messages) == 3, "all three")
        await reader.write(type="read", room=reader.room, seq=3)
        await tab.until(lambda: _marker(tab) == (3, 0, 0), "read", within_s=AT_ONCE_S)
        await tab.write(type="read", room=reader.room, seq=1, unread=True, was=3)
        for one in (reader, tab):
            await one.until(lambda one=one: _marker(one) == (1, 2, 2), "unread again", within_s=AT_ONCE_S)
        # A marker that was not the one seen is left alone, and the tab is told where it is.
        reader.frames.clear()
        await reader.write(type="read", room=reader.room, seq=0, unread=True, was=0)
        await reader.until(lambda: _marker(reader) == (1, 2, 2), "told")
    async with ChatClient(stack, reader.name, reader.room, session=reader.session) as later:
        [room] = [room for room in later.welcome["rooms"] if room["id"] == reader.room]
        assert (room["read"], room["unread"], room["mentions"]) == (1, 2, 2)


def _noticed(client: ChatClient, code: str) -> bool:
    return any(frame["type"] == "notice" and frame["code"] == code for frame in client.frames)


def _changed(client: ChatClient, room: int, meta: int) -> bool:
    """Told of a room's new settings, as a whole."""
    told = [frame["room"] for frame in client.frames if frame["type"] == "notice" and frame["code"] == "changed"]
    return any((one["id"], one["meta"]) == (room, meta) for one in told)


def _marker(client: ChatClient) -> tuple[int, int, int] | None:
    """What the newest `read` frame says."""
    reads = [frame for frame in client.frames if frame["type"] == "read"]
    return (reads[-1]["seq"], reads[-1]["unread"], reads[-1]["mentions"]) if reads else None
