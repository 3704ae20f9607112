"""What the chat relies on, the same for both backends: durable appends, order per key, reading from where one says."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future, wait
from contextvars import ContextVar

import pytest

from messaging.log.loop import LoopAppender
from messaging.log.port import (
    MAX_PENDING,
    MAX_RECORD_BYTES,
    Appended,
    Log,
    LogBusy,
    LogClosed,
    LogUnavailable,
    Outgoing,
    Partition,
    Record,
    RecordTooLarge,
)
from tests.messaging.log.conftest import OTHER, SPEC, TOPIC, take_all, take_gained

SPEC_AND_OTHER = {"EmbeddedLog": 2, "KafkaLog": SPEC.partitions + OTHER.partitions}
"""Partitions of both topics: the embedded log has one of each."""


def append(log: Log, count: int, keys: int = 5) -> list[Partition]:
    futures = [
        log.appender().append(TOPIC, str(number % keys).encode(), f"{number}".encode(), (("schema", b"s"),))
        for number in range(count)
    ]
    return [future.result(20).partition for future in futures]


def test_records_of_a_key_come_back_in_order_without_a_gap(log: Log) -> None:
    append(log, 200)
    reader = log.reader("g", [TOPIC])
    found = take_all(reader, 200)
    reader.close()
    for records in found.values():
        assert [record.offset for record in records] == list(range(len(records)))
    for key in range(5):
        values = [int(r.value) for records in found.values() for r in records if r.key == str(key).encode()]
        assert values == list(range(key, 200, 5))
    places = {record.key: partition for partition, records in found.items() for record in records}
    assert all(places[r.key] == partition for partition, records in found.items() for r in records)


def test_headers_and_times_come_along(log: Log) -> None:
    before_ms = time.time() * 1000 - 1000
    append(log, 1)
    reader = log.reader("g", [TOPIC])
    [records] = take_all(reader, 1).values()
    reader.close()
    assert records[0].headers == (("schema", b"s"),)
    assert before_ms < records[0].timestamp_ms < time.time() * 1000 + 1000


def test_an_acknowledgement_names_the_place(log: Log) -> None:
    first = log.appender().append(TOPIC, b"k", b"1").result(20)
    second = log.appender().append(TOPIC, b"k", b"2").result(20)
    assert (second.partition, second.offset) == (first.partition, first.offset + 1)


def test_one_record_is_found_by_its_key_and_time(log: Log) -> None:
    """Not those of other keys, nor what is older."""
    append(log, 20, keys=2)
    time.sleep(0.05)
    since_ms = int(time.time() * 1000)
    append(log, 20, keys=2)
    found = log.find(TOPIC, b"1", since_ms, lambda record: int(record.value) >= 4)
    assert found is not None
    assert (found.key, found.value, found.headers) == (b"1", b"5", (("schema", b"s"),))
    assert found.timestamp_ms >= since_ms
    assert found == log.find(TOPIC, b"1", since_ms, lambda record: record.offset == found.offset)
    assert log.find(TOPIC, b"1", since_ms + 60_000, lambda _: True) is None
    assert log.find(TOPIC, b"1", 0, lambda record: record.value == b"there is none") is None


def test_bounds_commits_and_lag(log: Log) -> None:
    partitions = append(log, 30, keys=1)
    partition = partitions[0]
    assert log.bounds(TOPIC)[partition] == (0, 30)
    reader = log.reader("g", [TOPIC])
    take_all(reader, 30)
    assert reader.bounds([partition]) == {partition: (0, 30)}
    assert reader.committed(partition) is None
    assert reader.lag()[partition] == 0
    reader.commit({partition: 12})
    append(log, 1, keys=1)
    assert reader.committed(partition) == 12
    reader.close()


def test_a_paused_partition_is_silent_and_a_sought_one_starts_there(log: Log) -> None:
    partition = append(log, 10, keys=1)[0]
    reader = log.reader("g", [TOPIC])
    take_all(reader, 10)
    reader.pause(partition)
    reader.seek(partition, 4)
    for _ in range(3):
        assert reader.poll(0.3, 100, 1 << 20).records == {}
    reader.resume(partition)
    assert [record.offset for record in take_all(reader, 6)[partition]] == list(range(4, 10))
    reader.close()


def test_a_gained_partition_says_nothing_before_it_is_sought(log: Log) -> None:
    append(log, 10)
    reader = log.reader("g", [TOPIC])
    gained: set[Partition] = set()
    for _ in range(150):
        polled = reader.poll(0.2, 100, 1 << 20)
        gained |= polled.gained
        assert polled.records == {}
        if gained:
            break
    assert gained
    assert reader.poll(0.2, 100, 1 << 20).records == {}
    reader.close()


def test_a_poll_is_bounded_in_bytes(log: Log) -> None:
    for _ in range(6):
        log.appender().append(TOPIC, b"k", b"x" * 1000).result(20)
    reader = log.reader("g", [TOPIC])
    for partition in take_gained(reader):
        reader.seek(partition, 0)
    sizes: list[int] = []
    for _ in range(60):
        for records in reader.poll(0.3, 100, 2500).records.values():
            sizes.append(len(records))
        if sum(sizes) == 6:
            break
    reader.close()
    assert sum(sizes) == 6
    assert max(sizes) == 2


def test_a_partition_without_its_next_offset_stops_alone(log: Log) -> None:
    """RULES 2: nothing is skipped without a word, and the others go on."""
    stopped = append(log, 10, keys=1)[0]
    for number in range(5):
        log.appender().append(OTHER.name, b"k", f"{number}".encode()).result(20)
    other = Partition(OTHER.name, 0)
    reader = log.reader("g", [TOPIC, OTHER.name])
    assert {stopped, other} <= take_gained(reader, SPEC_AND_OTHER[type(log).__name__])
    reader.seek(stopped, 500)
    reader.seek(other, 0)
    lost: list[Partition] = []
    gained: list[Partition] = []
    found: list[Record] = []
    for _ in range(10):
        polled = reader.poll(0.3, 100, 1 << 20)
        lost.extend(polled.lost)
        gained.extend(polled.gained)
        found.extend(polled.records.get(other, []))
        assert stopped not in polled.records
    assert lost == gained == [stopped]
    assert [record.offset for record in found] == list(range(5))
    reader.seek(stopped, 7)
    assert [record.offset for record in take_all(reader, 3)[stopped]] == [7, 8, 9]
    reader.close()


def test_what_was_handed_over_cannot_be_cancelled(log: Log) -> None:
    future = log.appender().append(TOPIC, b"k", b"1")
    assert not future.cancel()
    assert future.result(20).offset == 0
    assert append(log, 1, keys=1)


def test_topics_are_made_once_and_keep_their_identity(log: Log) -> None:
    described = log.topic(TOPIC)
    log.ensure_topics([SPEC])
    assert log.topic(TOPIC) == described
    assert len(described.id) == 36


def test_a_record_that_is_too_large_harms_nothing(log: Log) -> None:
    with pytest.raises(RecordTooLarge):
        log.appender().append(TOPIC, b"k", b"x" * (MAX_RECORD_BYTES + 1))
    assert append(log, 1)


def test_more_than_the_cap_in_flight_is_refused_at_once(log: Log) -> None:
    appender = log.appender()
    futures = []
    with pytest.raises(LogBusy):  # noqa: PT012 - which append is refused depends on how fast the log is
        for number in range(40 * MAX_PENDING):
            started = time.perf_counter()
            futures.append(appender.append(TOPIC, b"k", str(number).encode()))
            assert time.perf_counter() - started < 1
    assert len(wait(futures, 60).not_done) == 0
    assert appender.pending == 0


def test_a_closed_log_refuses(log: Log) -> None:
    appender = log.appender()
    append(log, 1)
    log.close()
    with pytest.raises(LogClosed):
        appender.append(TOPIC, b"k", b"x")


@pytest.mark.asyncio
async def test_a_loop_gets_its_results_in_order_and_in_bursts(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.get_running_loop()
    appender = LoopAppender(log.appender(), loop)
    wakes = 0
    original = loop.call_soon_threadsafe

    def counted(*arguments, **options):  # type: ignore[no-untyped-def]
        nonlocal wakes
        wakes += 1
        return original(*arguments, **options)

    loop.call_soon_threadsafe = counted  # type: ignore[method-assign]
    offsets: list[int] = []
    are_all_there = asyncio.Event()

    def settled(done: Future[Appended]) -> None:
        assert threading.current_thread() is threading.main_thread()
        offsets.append(done.result().offset)
        if len(offsets) == 500:
            are_all_there.set()
        if len(offsets) == 100:
            raise ZeroDivisionError

    for number in range(500):
        appender.append(TOPIC, b"k", str(number).encode(), (), settled)
    await asyncio.wait_for(are_all_there.wait(), 20)
    assert offsets == list(range(500)), "each, though one of them went wrong"
    assert "ZeroDivisionError" in caplog.text
    assert wakes < 250


@pytest.mark.asyncio
async def test_a_busy_loop_hears_of_what_is_stored_with_its_next_record(log: Log) -> None:
    """It comes to its callbacks late where thousands of sockets have something to say first."""
    appender = LoopAppender(log.appender(), asyncio.get_running_loop())
    told: list[tuple[int, str]] = []
    whose = ContextVar("whose", default="nobody's")
    whose.set("the next record's")

    def append_until_one_is_told() -> None:
        """Gives the loop no turn."""
        deadline = time.monotonic() + 20
        while not told and time.monotonic() < deadline:
            appender.append(TOPIC, b"k", b"x", (), lambda done: told.append((done.result().offset, whose.get())))
            time.sleep(0.01)

    append_until_one_is_told()
    assert told[0] == (0, "nobody's")


def test_a_publication_is_records_and_offsets_together(log: Log) -> None:
    partition = append(log, 5, keys=1)[0]
    reader = log.reader("g", [TOPIC])
    take_all(reader, 5)
    reader.publish([Outgoing("chat.other", b"k", b"%d" % n, (("schema", b"s"),)) for n in range(3)], {partition: 5})
    assert reader.committed(partition) == 5
    with pytest.raises(LogUnavailable):
        reader.publish([Outgoing("chat.other", b"k", b"lost"), Outgoing("no.such.topic", b"k", b"")], {partition: 6})
    assert reader.committed(partition) == 5, "neither, when one of them cannot be"
    reader.publish([Outgoing("chat.other", b"k", b"3")], {partition: 5})
    reader.close()
    looking = log.reader("look", ["chat.other"])
    [records] = take_all(looking, 4).values()
    assert [record.value for record in records] == [b"0", b"1", b"2", b"3"]
    assert records[0].headers == (("schema", b"s"),)
    looking.close()
