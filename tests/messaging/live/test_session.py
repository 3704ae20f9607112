"""One socket: frames that wait for the snapshot, counts without a database, bounded patience."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from messaging import limits
from messaging.errors import RateLimited
from messaging.live import session as session_module
from messaging.live.broadcast import Count, RoomChange
from messaging.live.session import Session, TokenBucket
from messaging.selectors.standing import Standing
from messaging.wire.close_codes import CloseCode


class Written:
    """A writer that keeps what it is given."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.waiting = 0
        self.aborted = False

    def write(self, frame: bytes) -> None:
        self.frames.append(frame)

    def backlog(self) -> int:
        return self.waiting

    def close(self, code: CloseCode) -> None:
        self.frames.append(b"close %d" % code)

    def abort(self) -> None:
        self.aborted = True


def make_session(user: int = 1) -> tuple[Session, Written]:
    writer = Written()
    made = Session(SimpleNamespace(pk=user, display_name="Ada"), "key", writer)
    made.standings[7] = Standing(
        id=7, name="r", kind="public", rev=5, seq=5, floor=0, meta=0, read=5, unread=0, mentions=0, topic="",
        role="member", archived=False, members_version=0,
    )  # fmt: skip
    return made, writer


def change(after: int, rev: int, *counts: Count) -> RoomChange:
    return RoomChange(7, after, rev, rev, 0, 0, [], list(counts))


def test_frames_wait_for_the_snapshot_and_those_it_covers_are_dropped() -> None:
    session, writer = make_session()
    session.begin_watch(7)
    session.deliver(7, 6, b"covered")
    session.deliver(7, 7, b"newer")
    assert writer.frames == []
    session.end_snapshot(7, [b"snapshot at 6"], 6)
    session.deliver(7, 8, b"live")
    assert writer.frames == [b"snapshot at 6", b"newer", b"live"]


def test_a_room_left_before_its_snapshot_came_gets_nothing_more() -> None:
    session, writer = make_session()
    session.begin_watch(7)
    session.deliver(7, 6, b"held")
    del session.watched[7]
    session.end_snapshot(7, [], 6)
    assert writer.frames == []


def test_counts_follow_announcements_and_own_messages_read_all() -> None:
    session, writer = make_session()
    session.count(change(5, 7, Count(6, 2, 1), Count(7, 3, 1)))
    assert session.standings[7].unread == 2
    session.count(change(7, 8, Count(6, 2, -1)))
    assert session.standings[7].unread == 1
    session.count(change(8, 9, Count(4, 2, -1)))
    assert session.standings[7].unread == 1
    session.count(change(9, 11, Count(10, 1, 1), Count(11, 2, 1)))
    assert (session.standings[7].read, session.standings[7].unread) == (10, 1)
    session.flush_badges()
    session.flush_badges()
    [frame] = writer.frames
    assert json.loads(frame) == {
        "type": "badges",
        "rooms": {"7": {"seq": 11, "rev": 11, "meta": 0, "unread": 1, "mentions": 0}},
    }


def test_what_the_database_had_counted_already_is_not_counted_again() -> None:
    """A socket that opens between a commit and its announcement has read the new numbers."""
    session, _ = make_session()
    session.count(change(3, 5, Count(4, 2, 1), Count(5, 2, 1)))
    assert session.standings[7].unread == 0
    session.count(change(4, 6, Count(5, 2, 1), Count(6, 2, 1)))
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
    monkeypatch.setattr(session_module.time, "monotonic", lambda: now[0])
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
