"""The bridge on a real log: it goes on where the database says, announces what may not have been, and stops when told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from django.db import OperationalError

from messaging import web_process
from messaging.bridge import member as member_module
from messaging.bridge.announcer import Announcer
from messaging.bridge.bridge import Bridge
from messaging.bridge.effects import Effects
from messaging.bridge.offsets import OffsetTrouble, PartitionCountChanged, adopt_log, check_partition_count
from messaging.bridge.topics import COMMANDS, DEAD_LETTERS, topic_specs
from messaging.live.broadcast import PeopleNews, RoomChange
from messaging.log.embedded import EmbeddedLog
from messaging.log.port import Partition
from messaging.models import LogTopic, Message, Room, StoredOffset
from messaging.wire.commands import SendMessage
from tests.messaging.bridge.conftest import append
from tests.stack.processes import wait_for

Say = Callable[..., SendMessage]
PLACE = Partition(COMMANDS, 0)


class Heard:
    """Stands where the channel layer would: keeps what was announced."""

    def __init__(self) -> None:
        self.changes: list[RoomChange] = []
        self.people: list[PeopleNews] = []

    def __call__(self, changes: Iterable[RoomChange], people: PeopleNews) -> None:
        self.changes += changes
        self.people.append(people)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def start(log: EmbeddedLog, heard: Heard, room: Room) -> Callable[[], Bridge]:
    return lambda: Bridge(log, "g", Announcer(heard))


def test_what_is_in_the_log_is_applied_announced_and_committed(
    log: EmbeddedLog, heard: Heard, start: Callable[[], Bridge], say: Say
) -> None:
    append(log, *[say("ada", f"{n}") for n in range(30)])
    bridge = start()
    assert bridge.drain() == 30
    assert list(Message.objects.order_by("seq").values_list("body", flat=True)) == [f"{n}" for n in range(30)]
    assert [change.rev for change in heard.changes][-1] == 30
    assert StoredOffset.objects.get().next_offset == 30
    append(log, say("ada", "after"))
    assert bridge.drain() == 1
    bridge.close()
    assert log.reader("g", [COMMANDS]).committed(PLACE) == 31


def test_a_new_bridge_announces_what_its_predecessor_may_not_have(
    log: EmbeddedLog, heard: Heard, start: Callable[[], Bridge], say: Say, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(log, say("ada"))
    first = start()
    first.drain()
    append(log, say("ada"), say("ada"))
    # It dies between the database's commit and the announcement.
    monkeypatch.setattr(Bridge, "_tell", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        first.drain()
    monkeypatch.undo()
    heard.changes.clear()
    assert Message.objects.count() == 3
    start().drain()
    assert [(change.room, change.after, change.rev) for change in heard.changes] == [(room.pk, 3, 3)]
    assert Message.objects.count() == 3


def test_a_poison_record_is_put_aside_and_does_not_block(
    log: EmbeddedLog, start: Callable[[], Bridge], say: Say
) -> None:
    append(log, say("ada", "before"))
    log.appender().append(COMMANDS, b"1", b"\xffnot protobuf").result(10)
    append(log, say("ada", "after"))
    start().drain()
    assert list(Message.objects.order_by("seq").values_list("body", flat=True)) == ["before", "after"]
    reader = log.reader("look", [DEAD_LETTERS])
    for partition in reader.poll(0.1, 10, 1000).gained:
        reader.seek(partition, 0)
    [letter] = reader.poll(1, 10, 100_000).records[Partition(DEAD_LETTERS, 0)]
    assert letter.value == b"\xffnot protobuf"
    assert dict(letter.headers) == {"reason": b"not a chatsite.v1.Command", "origin": b"chat.commands/0/1"}


def test_while_the_database_is_away_the_batch_waits_and_is_then_applied_once(
    log: EmbeddedLog, start: Callable[[], Bridge], say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, failures = Effects.write, iter([OperationalError("gone away")] * 3)

    def failing(self: Effects) -> None:
        for failure in failures:
            raise failure
        write(self)

    monkeypatch.setattr(Effects, "write", failing)
    monkeypatch.setattr("messaging.bridge.backoff.Backoff.MOST_S", 0.05)
    append(log, say("ada", "patience"))
    log.appender().append(COMMANDS, b"1", b"poison").result(10)
    start().drain()
    assert Message.objects.get().body == "patience"
    assert log.bounds(DEAD_LETTERS)[Partition(DEAD_LETTERS, 0)] == (0, 1), "put aside once, though tried four times"


def test_a_bridge_whose_partition_was_taken_goes_on_where_the_other_one_is(
    log: EmbeddedLog, start: Callable[[], Bridge], say: Say
) -> None:
    append(log, *[say("ada", f"{n}") for n in range(4)])
    sleeper, other = start(), start()
    sleeper.step()
    other.drain()
    append(log, say("ada", "late"))
    sleeper._owner.next_offset[PLACE] = 0
    sleeper._reader.seek(PLACE, 0)
    sleeper.drain()
    assert list(Message.objects.order_by("seq").values_list("body", flat=True)) == ["0", "1", "2", "3", "late"]


def test_a_bridge_that_was_fenced_applies_nothing_it_had_read_ahead(
    log: EmbeddedLog, start: Callable[[], Bridge], say: Say
) -> None:
    """What the same poll brings from behind the old place would be applied first, and what is before it last."""
    append(log, *[say("ada", f"{n}") for n in range(6)])
    fenced, other = start(), start()
    for bridge, records in ((fenced, 2), (other, 1)):
        bridge._pace.batch_records = records
        bridge.step()
    other.step()  # as if it had been in the middle of this when the first one took the partition
    assert StoredOffset.objects.get().next_offset == 1
    fenced.drain()
    assert list(Message.objects.order_by("seq").values_list("body", flat=True)) == [f"{n}" for n in range(6)]
    assert StoredOffset.objects.get().next_offset == 6


def test_losing_a_partition_while_the_database_stumbles_ends_no_bridge(
    log: EmbeddedLog, start: Callable[[], Bridge], say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(log, say("ada", "one"))
    bridge = start()
    bridge.drain()
    append(log, say("ada", "two"))
    bridge._owner.next_offset[PLACE] = 0  # as if another one had moved it since
    take, failures = member_module.take_partition, iter([OperationalError("gone away")])

    def stumbling(*arguments: object, **named: bool) -> object:
        for failure in failures:
            raise failure
        return take(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(member_module, "take_partition", stumbling)
    monkeypatch.setattr("messaging.bridge.backoff.Backoff.MOST_S", 0.05)
    bridge.drain()
    assert list(Message.objects.order_by("seq").values_list("body", flat=True)) == ["one", "two"]


def test_an_embedded_bridge_that_fails_is_replaced(
    log: EmbeddedLog, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_process, "RESTART_S", 0.01)
    step, failures = Bridge.step, iter([RuntimeError("nobody foresaw this")])

    def failing(self: Bridge, timeout_s: float = 0.05) -> int:
        for failure in failures:
            raise failure
        return step(self, timeout_s)

    monkeypatch.setattr(Bridge, "step", failing)
    embedded = web_process.EmbeddedBridge(log)
    embedded.prepare()
    embedded.start()
    append(log, say("ada", "applied all the same"))
    wait_for(Message.objects.exists, 5, "the message")
    embedded.stop()
    assert Message.objects.get().body == "applied all the same"


def test_another_log_stops_the_partition_until_an_operator_says_where_to_start(
    log: EmbeddedLog, start: Callable[[], Bridge], say: Say, tmp_path: Path, heard: Heard
) -> None:
    append(log, say("ada"))
    start().drain()
    other = EmbeddedLog(tmp_path / "other.sqlite3")
    other.ensure_topics(topic_specs())
    append(other, say("ada", "in the other log"))
    bridge = Bridge(other, "g", Announcer(heard))
    assert bridge.drain() == 0
    assert "another topic" in bridge.halted[PLACE]
    assert Message.objects.count() == 1
    adopt_log("g", other, COMMANDS, other.bounds(COMMANDS), latest=False)
    assert Bridge(other, "g", Announcer(heard)).drain() == 1
    other.close()


def test_an_offset_outside_the_log_stops_the_partition(log: EmbeddedLog, start: Callable[[], Bridge], say: Say) -> None:
    append(log, say("ada"))
    start().drain()
    StoredOffset.objects.update(next_offset=77)
    bridge = start()
    assert bridge.drain() == 0
    assert "has 0..1, but 77 is next" in bridge.halted[PLACE]
    assert issubclass(OffsetTrouble, Exception)


def test_another_number_of_partitions_is_refused(log: EmbeddedLog, room: Room) -> None:
    check_partition_count(log, COMMANDS)
    check_partition_count(log, COMMANDS)
    LogTopic.objects.update(partitions=32)
    with pytest.raises(PartitionCountChanged, match="was first used with 32"):
        check_partition_count(log, COMMANDS)


def test_a_failing_announcement_neither_stops_nor_slows_the_bridge(log: EmbeddedLog, room: Room, say: Say) -> None:
    calls: list[int] = []

    def broken(*_: object) -> None:
        calls.append(1)
        raise TimeoutError

    bridge = Bridge(log, "g", Announcer(broken))
    for number in range(3):
        append(log, say("ada", f"{number}"))
        bridge.drain()
    assert Message.objects.count() == 3
    assert calls == [1]
