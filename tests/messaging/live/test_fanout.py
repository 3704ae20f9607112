"""Changes of a room leave together when there is much to do, at once when there is not, and never to who was put out."""

from __future__ import annotations

import asyncio
import json
import time
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from websockets.protocol import State

from accounts.models import User
from messaging import limits
from messaging.live import broadcast, turn
from messaging.live import fanout as fanout_module
from messaging.live.broadcast import Count, RoomChange
from messaging.live.fanout import Fanout
from messaging.live.hub import Hub
from messaging.live.local_room import LocalRoom, joined
from messaging.live.session import Session
from messaging.live.writers import UvicornWriter, send_straight, wire_frame
from messaging.models import Room
from messaging.wire.commands import LeaveRoom
from messaging.wire.server_frames import Fragment, pieces
from tests.messaging.conftest import Desk
from tests.messaging.live.test_hub import Say, enter, shown, until
from tests.messaging.live.test_session import Written, make_session

WINDOW_S = 0.03


def change(after: int, rev: int, *seqs: int, version: int = 0, size: int = 0) -> RoomChange:
    """Messages `seqs` were written last with the revs that end at `rev`."""
    first = rev - len(seqs) + 1
    fragments = [
        Fragment(seq, first + place, b'{"seq":%d,"rev":%d,"body":"%s"}' % (seq, first + place, b"x" * size))
        for place, seq in enumerate(seqs)
    ]
    counts = [Count(seq, first + place, 2, 1) for place, seq in enumerate(seqs)]
    return RoomChange(7, after, rev, max(seqs, default=0), 3, version, fragments, counts)


def watching(local: LocalRoom) -> tuple[Session, Written]:
    session, writer = make_session()
    held = session.standings[7]
    held.rev = held.seq = held.read = local.rev
    watch(session, local)
    return session, writer


def watch(session: Session, local: LocalRoom, room: int = 7) -> None:
    local.members[session] = session.standings[7]
    local.watchers[session] = session.begin_watch(room)
    session.watched[room].held = None


def told(writer: Written) -> list[tuple[int, int, list[int]]]:
    frames: list[dict[str, Any]] = [json.loads(frame) for frame in writer.frames]
    return [(frame["after"], frame["rev"], [one["seq"] for one in frame["messages"]]) for frame in frames]


def test_joined_changes_keep_the_last_state_of_a_message_and_count_everything_once() -> None:
    both = joined([change(0, 2, 1, 2), change(2, 3, 3), change(1, 5, 1, 4)])
    assert (both.after, both.rev, both.seq, both.meta) == (0, 5, 4, 3)
    assert [(one.seq, one.rev) for one in both.fragments] == [(1, 4), (2, 2), (3, 3), (4, 5)]
    assert [item.rev for item in both.counts] == [1, 2, 3, 4, 5]
    again = joined([change(0, 2, 1, 2), change(0, 3, 1, 2, 3)])
    assert [item.rev for item in again.counts] == [1, 2, 3], "what was announced twice"


@pytest.mark.asyncio
async def test_what_comes_within_a_window_leaves_as_one_frame_and_the_ring_has_it() -> None:
    local, fanout = LocalRoom(0, 0), Fanout()
    writers = [watching(local)[1] for _ in range(3)]
    for rev in range(1, 6):
        fanout.put(local, change(rev - 1, rev, rev))
    assert (local.rev, local.head) == (0, 5)
    await fanout.flush()
    assert (local.rev, local.head) == (5, 5)
    assert [told(writer) for writer in writers] == [[(0, 5, [1, 2, 3, 4, 5])]] * 3
    assert writers[0].frames[0] is writers[1].frames[0]
    caught = local.since(2)
    assert caught is not None
    assert (caught.rev, caught.frames) == (5, writers[0].frames)
    await fanout.flush()
    assert len(writers[0].frames) == 1


@pytest.mark.asyncio
async def test_what_a_catch_up_has_passed_on_is_not_told_again_with_what_comes_later() -> None:
    local, fanout = LocalRoom(0, 0), Fanout()
    _, writer = watching(local)
    fanout.put(local, change(0, 1, 1))
    found = change(0, 2, 1, 2)
    async with local.lock:
        await fanout.deliver(local, found, pieces(found.room, found.after, found.rev, found.meta, found.fragments))
    fanout.put(local, change(2, 3, 3))
    await fanout.flush()
    assert told(writer) == [(0, 2, [1, 2]), (2, 3, [3])], "a frame from 0 to 3 without what 2 says"


@pytest.mark.asyncio
async def test_a_window_that_does_not_fit_into_a_frame_is_a_chain() -> None:
    local, fanout = LocalRoom(0, 0), Fanout()
    _, writer = watching(local)
    for rev in range(1, 6):
        fanout.put(local, change(rev - 1, rev, rev, size=30_000))
    await fanout.flush()
    assert told(writer) == [(0, 2, [1, 2]), (2, 4, [3, 4]), (4, 5, [5])]
    assert all(len(frame) <= limits.SERVER_FRAME_BYTES for frame in writer.frames)


@pytest.mark.asyncio
async def test_the_first_after_quiet_leaves_at_once_and_the_next_wait_as_long_as_there_is_much_to_do(
    settings: Any,
) -> None:
    settings.CHAT_FANOUT_WINDOW_MS = 1000 * WINDOW_S
    local, fanout = LocalRoom(0, 0), Fanout(lambda: 1.0)
    _, writer = watching(local)
    running = asyncio.create_task(fanout.run())
    began = time.monotonic()
    fanout.put(local, change(0, 1, 1))
    for _ in range(3):
        await asyncio.sleep(0)
    assert told(writer) == [(0, 1, [1])]
    fanout.put(local, change(1, 2, 2))
    fanout.put(local, change(2, 3, 3))
    while len(writer.frames) < 2:
        await asyncio.sleep(0.001)
    assert time.monotonic() - began >= WINDOW_S
    assert told(writer)[1] == (1, 3, [2, 3])
    settings.CHAT_FANOUT_WINDOW_MS = 0
    await asyncio.sleep(2 * WINDOW_S)
    for rev in (4, 5):
        fanout.put(local, change(rev - 1, rev, rev))
        for _ in range(3):
            await asyncio.sleep(0)
    assert told(writer)[2:] == [(3, 4, [4]), (4, 5, [5])]
    running.cancel()


@pytest.mark.asyncio
async def test_a_room_that_is_being_checked_holds_up_no_other() -> None:
    busy, free, fanout = LocalRoom(0, 0), LocalRoom(0, 0), Fanout()
    held, goes = watching(busy)[1], watching(free)[1]
    running = asyncio.create_task(fanout.run())
    async with busy.lock:
        fanout.put(busy, change(0, 1, 1))
        fanout.put(free, change(0, 1, 1))
        await until(lambda: goes.frames, "the free room")
        assert held.frames == []
    await until(lambda: held.frames, "the other, once it is free")
    running.cancel()


@pytest.mark.asyncio
async def test_a_window_is_left_out_by_who_is_slow_as_a_whole() -> None:
    local, fanout = LocalRoom(0, 0), Fanout()
    session, writer = watching(local)
    writer.waiting = limits.SKIP_BYTES + 1
    fanout.put(local, change(0, 1, 1))
    fanout.put(local, change(1, 2, 2))
    await fanout.flush()
    assert (writer.frames, session.watched[7].behind, session.watched[7].rev) == ([], True, 0)
    assert session in fanout.slow
    assert session.standings[7].unread == 2


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_what_waits_reaches_who_was_here_and_not_what_came_after(
    hub: Hub,
    desk: Desk,
    say: Say,
    room: Room,
    people: dict[str, User],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "REV_CHECK_EVERY_S", 60)
    await asyncio.sleep(0.1)  # the check that is under way
    _, ada = await enter(hub, people["ada"], room.pk)
    _, bo = await enter(hub, people["bo"], room.pk)
    hub.fanout._opens_at = time.perf_counter() + 60  # a window that ends by nothing but the change of members
    leave = LeaveRoom(client_id=uuid4(), room=room.pk, sender=people["bo"].pk)
    changes = []
    for command in (say("ada", "to both"), leave, say("ada", "among ourselves")):
        for applied in await sync_to_async(desk.apply)(command):
            changes += applied.changes
    await broadcast.announce(changes)
    await until(lambda: shown(ada) == shown(bo) == ["to both"], "what was said before")
    await until(lambda: b'"left"' in bo.frames[-1], "put out")
    hub.fanout.hurry()
    await until(lambda: shown(ada) == ["to both", "among ourselves"], "what was said after")
    assert shown(bo) == ["to both"]


@pytest.mark.asyncio
async def test_a_long_fan_out_passes_over_who_left_or_was_caught_up_while_others_ran(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turn, "SLICE_S", 0)
    monkeypatch.setattr(fanout_module, "AT_ONCE", 1)
    local, fanout = LocalRoom(0, 0), Fanout()
    (_, first), (left, was_here), (caught_up, has_it), (_, last) = [watching(local) for _ in range(4)]

    def write(frame: bytes) -> None:
        first.frames.append(frame)
        del local.watchers[left]
        caught_up.watched[7].rev = 1

    monkeypatch.setattr(first, "write", write)
    fanout.put(local, change(0, 1, 1))
    await fanout.flush()
    assert [len(writer.frames) for writer in (first, was_here, has_it, last)] == [1, 0, 0, 1]
    assert left.standings[7].unread == 1, "counted before the first was written to"


@pytest.mark.asyncio
async def test_others_run_between_rooms_and_not_after_the_last_socket_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a pass of the loop takes long, each turn given away is a wait for everybody in the rooms that follow."""
    now, passes = 0.0, 0
    monkeypatch.setattr(turn, "time", SimpleNamespace(perf_counter=lambda: now))
    fanout, rooms = Fanout(), [LocalRoom(0, 0) for _ in range(3)]
    writers = [watching(local)[1] for local in rooms]
    for local, writer in zip(rooms, writers, strict=True):
        monkeypatch.setattr(writer, "write", lambda frame, writer=writer: write_slowly(writer, frame))
        fanout.put(local, change(0, 1, 1))

    def write_slowly(writer: Written, frame: bytes) -> None:
        nonlocal now
        now += 1.5 * turn.SLICE_S
        writer.frames.append(frame)

    async def others() -> None:
        nonlocal passes
        while True:
            await asyncio.sleep(0)
            passes += 1

    running = asyncio.create_task(others())
    await asyncio.sleep(0)
    await fanout.flush()
    assert (passes, [len(writer.frames) for writer in writers]) == (2, [1, 1, 1])
    running.cancel()


@pytest.mark.asyncio
async def test_who_watches_several_rooms_is_written_to_by_the_server_when_several_have_news(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, other, fanout = LocalRoom(0, 0), LocalRoom(0, 0), Fanout()
    (_, only), (both, of_both) = watching(one), watching(one)
    watch(both, other, 8)
    straight: list[Written] = []
    for writer in (only, of_both):
        monkeypatch.setattr(writer, "straight", lambda writer=writer: straight.append(writer) or len)
    fanout.put(one, change(0, 1, 1))
    fanout.put(other, change(0, 1, 1))
    await fanout.flush()
    assert (straight, only.frames, len(of_both.frames)) == ([only], [], 2)
    fanout.put(one, change(1, 2, 2))
    await fanout.flush()
    assert straight == [only, only, of_both], "one room alone"
    assert both.end_watch(8)
    fanout.put(one, change(2, 3, 3))
    fanout.put(other, change(1, 2, 2))
    del other.watchers[both]
    await fanout.flush()
    assert straight[3:] == [only, of_both], "it watches no other any more"
    assert len(of_both.frames) == 2


@pytest.mark.asyncio
async def test_under_uvicorn_what_is_written_in_a_pass_of_the_loop_leaves_as_one() -> None:
    transport = Transport()
    writer = UvicornWriter(SimpleNamespace(conn=SimpleNamespace(state=State.OPEN), transport=transport))
    send = writer.straight()
    assert send is not None
    send(wire_frame(b"at once"))
    writer.write(b"one")
    assert (writer.straight(), writer.backlog()) == (None, 5), "nothing overtakes what waits"
    writer.finish(wire_frame(b"two"), 0)
    await asyncio.sleep(0)
    assert transport.written == [wire_frame(b"at once"), wire_frame(b"one") + wire_frame(b"two")]
    assert writer.straight() == send
    writer.write(b"never")
    writer.abort()
    await asyncio.sleep(0)
    assert (len(transport.written), writer.straight(), writer.backlog()) == (2, None, 0)


class Transport:
    """Takes all at once, as asyncio's do while their peer reads."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self._is_closing = False

    def write(self, wire: bytes) -> None:
        self.written.append(wire)

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self._is_closing

    def abort(self) -> None:
        self._is_closing = True


def test_what_the_system_does_not_take_is_left_to_the_server() -> None:
    """A socket that is full, one that takes a part, one that is gone, and one that is well."""

    class Server(Written):
        left: bytes | None = None

        def finish(self, wire: bytes, sent: int) -> None:
            self.left = wire[sent:]

    def full(wire: bytes) -> int:
        raise BlockingIOError

    def gone(wire: bytes) -> int:
        raise BrokenPipeError

    wire = wire_frame(b"x" * 200)
    servers = [Server() for _ in range(4)]
    send_straight(wire, zip((full, lambda _: 7, gone, len), servers, strict=True))
    assert [server.left for server in servers] == [wire, wire[7:], wire, None]


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_frames_on_the_wire_are_what_others_make(length: int) -> None:
    from websockets.frames import Frame, Opcode

    text = b"x" * length
    assert wire_frame(text) == Frame(Opcode.TEXT, text).serialize(mask=False)
