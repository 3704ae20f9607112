"""The traps of kafka-python, each provoked against the real broker: frozen, refusing, away, rebalancing."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest
from kafka import KafkaProducer
from kafka.coordinator.base import MemberState
from kafka.errors import KafkaTimeoutError

from messaging.log.kafka import KafkaLog, producer, transactions
from messaging.log.kafka.reader import KafkaReader
from messaging.log.kafka.transactions import FENCED, Transactions
from messaging.log.loop import LoopAppender
from messaging.log.port import (
    Appended,
    Fenced,
    LogUnavailable,
    Outgoing,
    Partition,
    Reader,
    RecordRefused,
    RecordTooLarge,
    TopicSpec,
)
from tests.messaging.log.conftest import SPEC, TOPIC, new_kafka_log, take_all, take_gained
from tests.stack.freeze import frozen, listener

KEYS = 7
PLAIN = TopicSpec("plain", partitions=1)
SMALL = TopicSpec("small", partitions=1, config={"max.message.bytes": "2000"})
COMPACT = TopicSpec("compact", partitions=1, config={"cleanup.policy": "compact"})


@pytest.fixture
def log() -> Iterator[KafkaLog]:
    made = new_kafka_log()
    made.ensure_topics([SPEC, PLAIN, SMALL, COMPACT])
    yield made
    made.close()


def broker_pid() -> int:
    return listener(int(os.environ["KAFKA_BOOTSTRAP_SERVERS"].rpartition(":")[2]))


class Stream:
    """A steady stream of numbered records, and how long each append took its caller."""

    def __init__(self, log: KafkaLog) -> None:
        self._appender = log.appender()
        self._pace = threading.Event()
        self.futures: list[Future[Appended]] = []
        self.took_s: list[float] = []

    def run(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            number = len(self.futures)
            started = time.perf_counter()
            self.futures.append(self._appender.append(TOPIC, b"%d" % (number % KEYS), b"%d" % number))
            self.took_s.append(time.perf_counter() - started)
            self._pace.wait(0.001)

    def check_all_there_in_order(self, log: KafkaLog) -> None:
        """Every record is in the log; the first appearances of a key's records are in the order of their appends."""
        for future in self.futures:
            future.result(60)
        reader = log.reader("check", [TOPIC])
        found = take_all(reader, sum(end for _, end in log.bounds(TOPIC).values()), rounds=200)
        reader.close()
        seen: dict[bytes, dict[int, None]] = {b"%d" % key: {} for key in range(KEYS)}
        for records in found.values():
            for record in records:
                seen[record.key].setdefault(int(record.value))
        for key, numbers in seen.items():
            assert list(numbers) == list(range(int(key), len(self.futures), KEYS))


@pytest.mark.services
@pytest.mark.timed
def test_a_frozen_broker_costs_no_record_no_order_and_no_caller_a_moment(log: KafkaLog) -> None:
    stream = Stream(log)
    stream.run(0.5)
    with frozen(broker_pid()):
        stream.run(3)
        assert not stream.futures[-1].done(), "the premise: nothing is acknowledged while the broker is frozen"
    stream.run(0.5)
    stream.check_all_there_in_order(log)
    assert sorted(stream.took_s)[int(len(stream.took_s) * 0.99)] < 0.005
    # A busy machine stands still for a moment now and then; whoever waits for this broker waits for seconds.
    assert max(stream.took_s) < 1, "none waits for the broker, nor for its acknowledgements after the thaw"


@pytest.mark.services
@pytest.mark.timed
def test_records_that_outlive_their_delivery_time_are_sent_by_a_new_producer(
    log: KafkaLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trap 1: with idempotence, the old one would stay mute for ever."""
    monkeypatch.setitem(producer.SETTINGS, "delivery_timeout_ms", 1500)
    monkeypatch.setitem(producer.SETTINGS, "request_timeout_ms", 1000)
    stream = Stream(log)
    stream.run(0.5)
    stream.futures[0].result(20)
    first = log.appender()._generation
    with frozen(broker_pid()):
        stream.run(4)
    stream.check_all_there_in_order(log)
    assert log.appender()._generation > first, "the premise: the producer was replaced"


@pytest.mark.services
def test_a_refused_record_fails_alone(log: KafkaLog) -> None:
    """Trap 2: after one permanent error a producer gives it as the answer to every later send."""
    appender = log.appender()
    before = [appender.append(SMALL.name, b"k", b"a%d" % number) for number in range(5)]
    large = appender.append(SMALL.name, b"k", os.urandom(4000))
    after = [appender.append(SMALL.name, b"k", b"b%d" % number) for number in range(5)]
    elsewhere = appender.append(PLAIN.name, b"k", b"c")
    with pytest.raises(RecordTooLarge):
        large.result(20)
    assert [future.result(20).offset for future in before + after] == list(range(10))
    assert elsewhere.result(20).offset == 0


@pytest.mark.services
def test_a_record_that_breaks_its_topics_rules_fails_alone(log: KafkaLog) -> None:
    appender = log.appender()
    good = [appender.append(COMPACT.name, b"k", b"1")]
    bad = appender.append(COMPACT.name, None, b"no key, where old records make room by key")
    good.append(appender.append(COMPACT.name, b"k", b"2"))
    with pytest.raises(RecordRefused, match="InvalidRecord"):
        bad.result(20)
    assert [future.result(20).offset for future in good] == [0, 1]


@pytest.mark.services
def test_records_wait_for_a_topic_that_is_made_later(log: KafkaLog) -> None:
    later = log.appender().append("later", b"k", b"1")
    log.ensure_topics([TopicSpec("later", partitions=1)])
    assert later.result(20).offset == 0


APPEND_WITHOUT_A_BROKER = """
import sys, time
from messaging.log.kafka import KafkaLog
appender = KafkaLog([sys.argv[1]]).appender()
started = time.perf_counter()
future = appender.append("chat.commands", b"k", b"x")
appended = time.perf_counter()
appender.close(0.5)
print(appended - started, time.perf_counter() - appended, type(future.exception(0)).__name__)
"""


def test_without_a_broker_appends_return_at_once_and_closing_is_bounded(unused_tcp_port: int) -> None:
    """In a process of its own, because kafka-python leaves open what it opened for a broker that never came."""
    command = [sys.executable, "-c", APPEND_WITHOUT_A_BROKER, f"127.0.0.1:{unused_tcp_port}"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    append_s, close_s, outcome = told.split()
    assert float(append_s) < 0.25
    assert float(close_s) < 3
    assert outcome == "LogClosed"


class Member:
    """A reader on a thread of its own, as a bridge polls it."""

    def __init__(self, reader: Reader) -> None:
        self.holds: set[Partition] = set()
        self.generations: set[int] = set()
        self._reader = reader
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            polled = self._reader.poll(0.2, 100, 1 << 20)
            self.holds = (self.holds - polled.lost) | polled.gained
            for partition in polled.gained:
                self._reader.seek(partition, 0)
            self.generations.add(self._reader._consumer.group_metadata().generation_id)  # type: ignore[attr-defined]

    def leave(self) -> None:
        self._stopping.set()
        self._thread.join(20)
        self._reader.close()


def until(condition: Callable[[], bool], within_s: float = 30.0) -> None:
    deadline = time.monotonic() + within_s
    pace = threading.Event()
    while not condition():
        assert time.monotonic() < deadline
        pace.wait(0.05)


@pytest.mark.services
def test_members_come_and_go_and_each_partition_has_one_of_them(log: KafkaLog) -> None:
    """Trap 3: joins that end between two polls are not thrown away and sent again (17 generations in 30 s)."""
    everything = {Partition(TOPIC, number) for number in range(SPEC.partitions)}
    one = Member(log.reader("g", [TOPIC]))
    until(lambda: one.holds == everything)
    two = Member(log.reader("g", [TOPIC]))
    until(lambda: len(one.holds) == len(two.holds) == 2 and one.holds | two.holds == everything)
    two.leave()
    until(lambda: one.holds == everything)
    one.leave()
    # Cooperative: a first assignment, then two generations to hand over (revoke, assign), then one or two to take back.
    assert len(one.generations - {-1}) <= 6


@pytest.mark.services
def test_a_member_whose_join_was_forgotten_joins_again(log: KafkaLog) -> None:
    """Trap 7, made by hand: of two joins at once the first has ended, and with it the wish for the second."""
    reader = log.reader("g", [TOPIC])
    one = Member(reader)
    until(lambda: len(one.holds) == SPEC.partitions)
    coordinator = reader._consumer._coordinator  # type: ignore[attr-defined]
    with coordinator._lock:
        coordinator._disable_heartbeat()
        coordinator.rejoining, coordinator.state = True, MemberState.REBALANCING
    two = Member(log.reader("g", [TOPIC]))
    until(lambda: len(one.holds) == len(two.holds) == 2)
    one.leave()
    two.leave()


@pytest.mark.services
def test_a_member_whose_place_is_taken_is_told_to_end(log: KafkaLog) -> None:
    old, new = (log.reader("g", [TOPIC], "g-0") for _ in range(2))
    held = take_gained(old, SPEC.partitions)
    take_gained(new, SPEC.partitions)
    with pytest.raises(Fenced):  # noqa: PT012 - told by the first poll or commit that reaches the coordinator
        for _ in range(20):
            old.poll(0.3, 10, 1 << 20)
            old.commit(dict.fromkeys(held, 0))
    new.close()
    old.close()


async def lag_p95(loop: asyncio.AbstractEventLoop, seconds: float, work: Callable[[], None]) -> float:
    """How late the loop comes back from a sleep of 2 ms, with this work done in between."""
    lags: list[float] = []
    until_s = loop.time() + seconds
    while (asked := loop.time()) < until_s:
        await asyncio.sleep(0.002)
        lags.append(loop.time() - asked - 0.002)
        work()
    return sorted(lags)[int(len(lags) * 0.95)]


@pytest.mark.services
@pytest.mark.timed
@pytest.mark.asyncio
async def test_the_loop_stays_free_at_3000_records_a_second(log: KafkaLog) -> None:
    loop = asyncio.get_running_loop()
    appender = LoopAppender(log.appender(), loop)
    futures: list[asyncio.Future[Appended]] = []

    def append(key: bytes) -> None:
        waiting: asyncio.Future[Appended] = loop.create_future()
        futures.append(waiting)
        appender.append(TOPIC, key, b"x" * 300, (), lambda done: waiting.set_result(done.result()))

    append(b"k")
    await futures[0]
    idle = await lag_p95(loop, 1, lambda: None)
    started = loop.time()

    def append_what_is_due() -> None:
        while len(futures) < (loop.time() - started) * 3000:
            append(b"%d" % (len(futures) % 100))

    busy = await lag_p95(loop, 3, append_what_is_due)
    assert len(await asyncio.wait_for(asyncio.gather(*futures), 20)) > 6000
    assert busy < idle + 0.05, "beside what the machine costs by itself"


# Publications: records and offsets in one transaction


def published(log: KafkaLog, topic: str = PLAIN.name) -> list[bytes]:
    """What a reader of committed records finds."""
    reader = log.reader(f"look-{time.monotonic_ns()}", [topic])
    values = [record.value for records in take_all(reader, 10_000, rounds=4).values() for record in records]
    reader.close()
    return values


def group_of_one(log: KafkaLog, name: str = "g") -> tuple[KafkaReader, Partition]:
    """A member that has read five records."""
    partition = {log.appender().append(TOPIC, b"k", b"%d" % number).result(20).partition for number in range(5)}.pop()
    reader = log.reader(name, [TOPIC])
    take_all(reader, 5)
    return reader, partition


def begin(reader: KafkaReader, value: bytes, partition: Partition) -> None:
    """A transaction with a record and the offset 5, that never ends."""
    transactions = reader._transactions
    producer = transactions._ready()
    producer.begin_transaction()
    producer.send(f"{reader._prefix}{PLAIN.name}", value=value).get(timeout=10)
    manager = producer._transaction_manager
    group = reader._connected().group_metadata()
    transactions._await(producer, manager.send_offsets_to_transaction(reader._as_theirs({partition: 5}), group))


@pytest.mark.services
def test_what_a_dead_member_left_open_is_ended_at_once_and_its_zombie_is_fenced(log: KafkaLog) -> None:
    reader, partition = group_of_one(log)
    begin(reader, b"never committed", partition)
    reader._connected().unsubscribe()  # else the group waits for it, for as long as a batch may take
    other = log.reader("g", [TOPIC])
    take_gained(other, 1)
    started = time.monotonic()
    assert other.committed(partition, reader.publisher) is None
    assert time.monotonic() - started < 6, "not when its time-out has passed, and the broker has noticed"
    zombie = reader._transactions
    with pytest.raises(FENCED):
        zombie._await(zombie._ready(), zombie._ready()._transaction_manager.begin_commit())
    other.close()
    reader.close()
    assert published(log) == []


@pytest.mark.services
def test_who_is_not_in_the_group_any_more_publishes_nothing(log: KafkaLog) -> None:
    reader, partition = group_of_one(log)
    reader._connected().unsubscribe()
    with pytest.raises(LogUnavailable, match="not a member"):
        reader.publish([Outgoing(PLAIN.name, None, b"by a stranger")], {partition: 5})
    reader.close()
    assert published(log) == []


@pytest.mark.services
def test_after_a_failure_the_offset_says_whether_it_was_published(
    log: KafkaLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, partition = group_of_one(log)
    await_step = Transactions._await

    def lose_the_last_answer(producer: KafkaProducer, result: object) -> None:
        await_step(producer, result)
        if not producer._transaction_manager._transaction_started:  # it was the commit
            raise KafkaTimeoutError("the answer to the commit is lost")

    monkeypatch.setattr(Transactions, "_await", staticmethod(lose_the_last_answer))
    with pytest.raises(LogUnavailable):
        reader.publish([Outgoing(PLAIN.name, None, b"committed")], {partition: 5})
    monkeypatch.undo()
    assert reader.committed(partition) == 5

    monkeypatch.setattr(Transactions, "_await", staticmethod(lambda *_: (_ for _ in ()).throw(KafkaTimeoutError())))
    with pytest.raises(LogUnavailable):
        reader.publish([Outgoing(PLAIN.name, None, b"not committed")], {partition: 4})
    monkeypatch.undo()
    assert reader.committed(partition) == 5
    reader.publish([Outgoing(PLAIN.name, None, b"at last")], {partition: 5})
    reader.close()
    assert published(log) == [b"committed", b"at last"]


@pytest.mark.services
@pytest.mark.timed
def test_with_a_frozen_broker_a_publication_gives_up_in_bounded_time(
    log: KafkaLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "STEP_MS", 2_000)
    reader, partition = group_of_one(log)
    reader.publish([Outgoing(PLAIN.name, None, b"before")], {partition: 5})
    with frozen(broker_pid()):
        started = time.monotonic()
        with pytest.raises(LogUnavailable):
            reader.publish([Outgoing(PLAIN.name, None, b"after")], {partition: 5})
        assert time.monotonic() - started < 12
    reader.publish([Outgoing(PLAIN.name, None, b"after")], {partition: 5})
    reader.close()
    assert published(log) == [b"before", b"after"]
