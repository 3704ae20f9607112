"""One socket: frames that wait for the snapshot, counts without a database, bounded patience."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from uuid import UUID

import pytest

from messaging import limits
from messaging.errors import Busy, RateLimited
from messaging.live import throttles
from messaging.live.broadcast import Count, RoomChange
from messaging.live.counting import Plain
from messaging.live.session import Session
from messaging.live.throttles import TokenBucket
from messaging.live.writers import wire_frame
from messaging.selectors.standing import Standing
from messaging.wire.close_codes import CloseCode


class Written:
    """A writer that keeps what it is given."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.waiting = 0
        self.aborted = self.reads_paused = False
        self.unhandled = 0

    def write(self, frame: bytes) -> None:
        self.frames.append(frame)

    def straight(self) -> None:
        """There is no socket."""

    def finish(self, wire: bytes, sent: int) -> None:
        raise AssertionError("nothing went straight")

    def backlog(self) -> int:
        return self.waiting

    def unread(self) -> int:
        return self.unhandled

    def pause_reading(self, paused: bool) -> None:
        self.reads_paused = paused

    def close(self, code: CloseCode) -> None:
        self.frames.append(b"close %d" % code)

    def abort(self) -> None:
        self.aborted = True


def make_session(user: int = 1) -> tuple[Session, Written]:
    writer = Written()
    made = Session(SimpleNamespace(pk=user, display_name="Ada"), "key", writer)
    made.standings[7] = Standing(
        id=7, name="r", kind="public", rev=5, seq=5, floor=0, meta=0, read=5, unread=0, mentions=0, topic="",
        role="member", archived=False, members_version=0, membership=1, slow_mode_s=0,
        muted_until=None,
    )  # fmt: skip
    return made, writer


def test_an_answer_goes_straight_unless_something_waits_before_it() -> None:
    session, writer = make_session()
    sent: list[bytes] = []
    left: list[tuple[bytes, int]] = []

    def send(wire: bytes) -> int:
        sent.append(wire)
        return 3

    session.answer(b"behind what waits")
    assert (writer.frames, sent) == ([b"behind what waits"], [])
    writer.straight = lambda: send  # type: ignore[assignment, method-assign]
    writer.finish = lambda wire, taken: left.append((wire, taken))  # type: ignore[assignment, method-assign]
    session.answer(b"at once")
    assert sent == [wire_frame(b"at once")]
    assert left == [(wire_frame(b"at once"), 3)], "what the system did not take is the server's"
    session.cut_off()
    session.answer(b"to nobody")
    assert (len(writer.frames), len(sent)) == (1, 1)


def change(after: int, rev: int, *counts: Count) -> RoomChange:
    return RoomChange(7, after, rev, rev, 0, 0, [], list(counts))


@pytest.mark.asyncio
async def test_frames_wait_for_the_snapshot_and_those_it_covers_are_dropped() -> None:
    session, writer = make_session()
    session.begin_watch(7)
    session.deliver(session.watched[7], 6, [b"covered"])
    session.deliver(session.watched[7], 7, [b"newer"])
    assert writer.frames == []
    await session.write_caught(session.watched[7], [b"snapshot at 6"], 6)
    session.deliver(session.watched[7], 8, [b"live"])
    assert writer.frames == [b"snapshot at 6", b"newer", b"live"]
    assert session.watched[7].rev == 8


@pytest.mark.asyncio
async def test_a_room_left_before_its_snapshot_came_gets_nothing_more() -> None:
    session, writer = make_session()
    session.begin_watch(7)
    watched = session.watched[7]
    session.deliver(session.watched[7], 6, [b"held"])
    del session.watched[7]
    await session.write_caught(watched, [], 6)
    assert writer.frames == []


@pytest.mark.asyncio
async def test_who_is_put_out_of_a_room_gets_no_further_piece_of_its_history() -> None:
    session, writer = make_session()
    session.begin_watch(7)
    writer.waiting = limits.DRAINED_BYTES + 1
    writing = asyncio.create_task(session.write_caught(session.watched[7], [b"one", b"two"], 6))
    await asyncio.sleep(0.1)
    del session.standings[7]
    writer.waiting = 0
    await writing
    assert writer.frames == []


@pytest.mark.asyncio
async def test_a_slow_reader_is_skipped_and_written_to_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    session, writer = make_session()
    session.begin_watch(7)
    watched = session.watched[7]
    await session.write_caught(watched, [], 5)
    assert session.deliver(session.watched[7], 6, [b"six"])
    writer.waiting = limits.SKIP_BYTES + 1
    assert not session.deliver(session.watched[7], 7, [b"seven"])
    writer.waiting = 0
    assert not session.deliver(session.watched[7], 8, [b"eight"]), "not before it is caught up"
    assert (watched.behind, watched.rev, writer.frames) == (True, 6, [b"six"])

    def write(frame: bytes) -> None:
        writer.frames.append(frame)
        writer.waiting = limits.DRAINED_BYTES + 1

    monkeypatch.setattr(writer, "write", write)
    catching_up = asyncio.create_task(session.write_caught(watched, [b"piece 1", b"piece 2"], 8))
    await asyncio.sleep(0.2)
    assert writer.frames == [b"six", b"piece 1"]
    writer.waiting = 0
    await catching_up
    assert writer.frames == [b"six", b"piece 1", b"piece 2"]
    assert watched.rev == 8


@pytest.mark.asyncio
async def test_a_chain_that_is_longer_than_what_may_wait_is_skipped_and_caught_up_instead_of_cutting_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session, writer = make_session()
    watched = session.begin_watch(7)
    await session.write_caught(watched, [], 5)

    def write(frame: bytes) -> None:
        writer.frames.append(frame)
        writer.waiting += len(frame)

    monkeypatch.setattr(writer, "write", write)
    piece = b"x" * limits.SERVER_FRAME_BYTES
    long = [piece] * (limits.BACKLOG_BYTES // len(piece) + 2)
    assert not session.deliver(watched, 900, long)
    assert (watched.behind, watched.rev, writer.frames, writer.aborted) == (True, 5, [], False)
    watched.behind = False
    assert session.deliver(watched, 900, [piece] * 3), "a short one is no chain to speak of"
    assert (watched.rev, len(writer.frames), writer.aborted) == (900, 3, False)


@pytest.mark.asyncio
async def test_a_reader_that_stays_slow_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SLOW_S", 0.1)
    session, writer = make_session()
    session.begin_watch(7)
    writer.waiting = limits.DRAINED_BYTES + 1
    await session.write_caught(session.watched[7], [b"never"], 6)
    assert writer.aborted
    assert writer.frames == []


def test_counts_follow_announcements_and_own_messages_read_all() -> None:
    session, writer = make_session()
    session.count(session.standings[7], change(5, 7, Count(6, 6, 2, 1), Count(7, 7, 3, 1)))
    assert session.standings[7].unread == 2
    session.count(session.standings[7], change(7, 8, Count(6, 8, 2, -1)))
    assert session.standings[7].unread == 1
    session.count(session.standings[7], change(8, 9, Count(4, 9, 2, -1)))
    assert session.standings[7].unread == 1
    session.count(session.standings[7], change(9, 11, Count(10, 10, 1, 1), Count(11, 11, 2, 1)))
    assert (session.standings[7].read, session.standings[7].unread) == (10, 1)
    session.stale_badges.add(7)
    session.flush_badges()
    session.flush_badges()
    [frame] = writer.frames
    assert json.loads(frame) == {
        "type": "badges",
        "rooms": {"7": {"seq": 11, "rev": 11, "meta": 0, "unread": 1, "mentions": 0}},
    }


CHANGES = [
    change(5, 8, Count(6, 6, 2, 1), Count(7, 7, 3, 1), Count(8, 8, 2, 1)),
    change(5, 7, Count(6, 6, 2, 1, [1]), Count(7, 7, 3, 1)),
    change(5, 7, Count(6, 6, 1, 1), Count(7, 7, 3, 1)),
    change(5, 8, Count(6, 6, 2, 1), Count(7, 7, 3, 1), Count(6, 8, 2, -1)),
    change(5, 6, Count(4, 6, 2, -1)),
    change(5, 7, Count(6, 7, 2, 0, [1], [9])),
    change(3, 6, Count(5, 4, 2, 1), Count(6, 6, 2, 1)),
    change(5, 6),
    change(5, 9, Count(6, 6, 2, 1, [1]), Count(7, 7, 1, 1), Count(8, 8, 2, 1, [1, 3]), Count(9, 9, 3, 1)),
    change(5, 8, Count(6, 6, 1, 1), Count(7, 7, 1, 1), Count(8, 8, 3, 1, [2])),
    change(5, 8, Count(6, 6, 2, 1, [1]), Count(7, 7, 3, 1), Count(8, 8, 2, 1, [1])),
]


@pytest.mark.parametrize("number", range(len(CHANGES)))
@pytest.mark.parametrize(("rev", "seq", "read"), [(5, 5, 5), (5, 5, 3), (6, 6, 6), (5, 5, 7), (7, 7, 0)])
def test_counting_once_for_everybody_says_the_same_as_one_by_one(number: int, rev: int, seq: int, read: int) -> None:
    told = CHANGES[number]
    held = []
    for plain in (None, Plain.of(told)):
        session, _ = make_session()
        place = session.standings[7]
        place.rev, place.seq, place.read, place.unread = rev, seq, read, max(0, seq - read)
        session.count(session.standings[7], told, plain)
        held.append((place.rev, place.seq, place.read, place.unread, place.mentions))
    assert held[0] == held[1]


def test_only_new_messages_are_counted_for_everybody_at_once() -> None:
    assert [Plain.of(told) is not None for told in CHANGES] == [
        True,
        True,
        True,
        False,
        False,
        False,
        True,
        False,
        True,
        True,
        True,
    ]


def test_an_own_message_that_was_deleted_unseen_has_read_all_below_it() -> None:
    session, _ = make_session()
    session.count(session.standings[7], change(5, 9, Count(6, 6, 2, 1), Count(7, 9, 1, -1), Count(8, 8, 2, 1)))
    held = session.standings[7]
    assert (held.read, held.unread) == (7, 1)


def test_what_the_database_had_counted_already_is_not_counted_again() -> None:
    """A socket that opens between a commit and its announcement has read the new numbers."""
    session, _ = make_session()
    session.count(session.standings[7], change(3, 5, Count(4, 4, 2, 1), Count(5, 5, 2, 1)))
    assert session.standings[7].unread == 0
    session.count(session.standings[7], change(4, 6, Count(5, 5, 2, 1), Count(6, 6, 2, 1)))
    assert session.standings[7].unread == 1


def test_a_peer_that_does_not_read_is_cut_off() -> None:
    session, writer = make_session()
    writer.waiting = limits.BACKLOG_BYTES
    session.write(b"still fine")
    writer.waiting += 1
    session.write(b"too much")
    assert writer.frames == [b"still fine"]
    assert writer.aborted


def test_a_bucket_gives_its_burst_then_its_rate_and_says_when(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(throttles.time, "monotonic", lambda: now[0])
    bucket = TokenBucket(rate=2, burst=3)
    for _ in range(3):
        bucket.take()
    with pytest.raises(RateLimited) as caught:
        bucket.take()
    assert caught.value.retry_after == 0.5
    now[0] += 0.5
    bucket.take()
    with pytest.raises(RateLimited):
        bucket.take()


def test_twenty_errors_a_minute_are_forgiven() -> None:
    session, _ = make_session()
    assert [session.allow_error() for _ in range(22)] == [True] * 20 + [False] * 2


def test_what_stood_behind_a_refused_message_is_refused_in_one_go_with_what_has_come_already() -> None:
    session, writer = make_session()
    sent: list[bytes] = []
    writer.straight = lambda: lambda wire: sent.append(wire) or len(wire)  # type: ignore[assignment, method-assign, return-value]
    writer.unhandled = 2
    session.refuse(b"one")
    assert session.refuses_more
    writer.unhandled = 1
    session.refuse(b"two")
    assert sent == []
    writer.unhandled = 0
    session.refuse(b"three")
    assert sent == [wire_frame(b"one") + wire_frame(b"two") + wire_frame(b"three")]
    assert not session.refuses_more
    writer.unhandled = 1
    session.refuse(b"four")
    session.answer(b"pong")
    assert sent[1:] == [wire_frame(b"four") + wire_frame(b"pong")], "nothing overtakes them"
    session.tell_refusals()
    assert len(sent) == 2


def test_who_sends_faster_than_it_is_handled_is_read_no_further_until_that_has_caught_up() -> None:
    session, writer = make_session()
    for unhandled, paused in ((20, False), (21, True), (11, True), (10, False)):
        writer.unhandled = unhandled
        session.bound_unread()
        assert writer.reads_paused is paused, unhandled


def test_what_was_written_behind_a_refused_message_does_not_overtake_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("messaging.live.session.time.monotonic", lambda: now)
    session, _ = make_session()
    first, second, third = (UUID(int=number) for number in range(3))
    session.keep_order(7, first)
    session.refused(7, first, 2.0)
    for behind in (second, third):
        with pytest.raises(Busy) as told:
            session.keep_order(7, behind)
        assert told.value.retry_after == 2.0, "in order also for who keeps a timer for each"
        session.refused(7, behind, 2.0)
    session.keep_order(8, second)
    session.keep_order(7, second, again=True)
    session.keep_order(7, first)
    session.keep_order(7, second)
    session.refused(7, second, 2.0)
    session.keep_order(7, second, again=True)
    session.keep_order(7, third)
    session.refused(7, third, 2.0)
    now = 2.0 + limits.UNHEARD_S
    session.keep_order(7, first)
