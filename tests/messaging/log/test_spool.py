"""While Kafka takes nothing the spool does: in order, once each, and for a process that dies too."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from itertools import count

import pytest
from django.db import OperationalError

from messaging.log.port import (
    ACCEPTED_AT,
    Appended,
    Headers,
    LogBusy,
    LogClosed,
    Partition,
    RecordRefused,
)
from messaging.log.spool import SpoolingAppender, appender, relay_the_dead, table
from messaging.log.spool.appender import SPOOLED
from messaging.log.spool.relay import lease_of
from messaging.models import Lease, SpooledRecord

pytestmark = pytest.mark.django_db(transaction=True)


class Kafka:
    """A broker that is there or away; every producer made for it writes into the same `taken`."""

    def __init__(self) -> None:
        self.is_away = False
        self.taken: list[bytes] = []
        self.headers: list[Headers] = []
        self.refuses: set[bytes] = set()
        self._lock = threading.Lock()
        self._waiting: list[tuple[Producer, bytes, Headers, Future[Appended]]] = []
        self._offsets = count()

    def producer(self) -> Producer:
        return Producer(self)

    def append(self, producer: Producer, value: bytes, headers: Headers) -> Future[Appended]:
        future: Future[Appended] = Future()
        with self._lock:
            if self.is_away:
                self._waiting.append((producer, value, headers, future))
                return future
        self._take(value, headers, future)
        return future

    def come_back(self) -> None:
        with self._lock:
            self.is_away = False
            waiting, self._waiting = self._waiting, []
        for producer, value, headers, future in waiting:
            if not producer.closed:
                self._take(value, headers, future)

    def _take(self, value: bytes, headers: Headers, future: Future[Appended]) -> None:
        if value in self.refuses:
            future.set_exception(RecordRefused("refused"))
            return
        self.taken.append(value)
        self.headers.append(headers)
        future.set_result(Appended(Partition("t", 0), next(self._offsets), 0))


class Producer:
    def __init__(self, kafka: Kafka) -> None:
        self._kafka, self.closed = kafka, False

    def append(self, topic: str, key: bytes | None, value: bytes, headers: Headers = ()) -> Future[Appended]:
        return self._kafka.append(self, value, headers)

    @property
    def pending(self) -> int:
        return 0

    def close(self, timeout_s: float) -> None:
        self.retire()

    def retire(self) -> None:
        self.closed = True


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Kafka:
    monkeypatch.setattr(appender, "SWITCH_S", 0.1)
    monkeypatch.setattr(appender, "TICK_S", 0.02)
    monkeypatch.setattr(appender, "AWAY_S", 0.02)
    return Kafka()


@pytest.fixture
def spool(kafka: Kafka) -> Iterator[SpoolingAppender]:
    made = SpoolingAppender(kafka.producer)
    yield made
    made.close(1)


def put(spool: SpoolingAppender, *names: str) -> list[Future[Appended]]:
    return [spool.append("t", b"k", name.encode(), (("schema", b"s"),)) for name in names]


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def test_while_kafka_is_well_nothing_is_spooled(spool: SpoolingAppender, kafka: Kafka) -> None:
    for future in put(spool, "a", "b"):
        assert future.result(5).offset >= 0
    assert kafka.taken == [b"a", b"b"]
    assert not SpooledRecord.objects.exists()


def test_what_kafka_does_not_take_is_accepted_and_relayed_in_order(spool: SpoolingAppender, kafka: Kafka) -> None:
    put(spool, "a")
    kafka.is_away = True
    waiting = put(spool, "b", "c")
    for future in waiting:
        assert future.result(5).offset == SPOOLED
    later = put(spool, "d")
    assert later[0].result(5).offset == SPOOLED
    assert SpooledRecord.objects.count() == 3
    kafka.come_back()
    until(lambda: not SpooledRecord.objects.exists(), "relayed")
    until(lambda: not spool._spooling, "direct again")
    assert put(spool, "e")[0].result(5).offset >= 0
    assert kafka.taken == [b"a", b"b", b"c", b"d", b"e"]
    names = [name for name, _ in kafka.headers[1]]
    assert names == ["schema", ACCEPTED_AT]


def test_records_that_come_while_it_drains_overtake_nothing(spool: SpoolingAppender, kafka: Kafka) -> None:
    kafka.is_away = True
    put(spool, *(f"{number:04}" for number in range(50)))
    until(lambda: SpooledRecord.objects.count() == 50, "spooled")
    kafka.come_back()
    futures = []
    for number in range(50, 400):
        futures += put(spool, f"{number:04}")
        time.sleep(0.001)
    for future in futures:
        future.result(5)
    until(lambda: len(kafka.taken) >= 400 and not SpooledRecord.objects.exists(), "drained")
    assert kafka.taken == [f"{number:04}".encode() for number in range(400)]


def test_a_bridge_relays_what_a_dead_process_left_and_waits_while_it_lives(kafka: Kafka) -> None:
    rows = [table.row("dead", "t", None, value, (), 1) for value in (b"one", b"two")]
    table.put([*rows, table.row("alive", "t", None, b"not mine", (), 1)])
    assert lease_of("alive", "alive").renew()
    kafka.refuses.add(b"one")
    relay_the_dead(kafka.producer(), "bridge")
    assert kafka.taken == [b"two"]
    left = dict(SpooledRecord.objects.values_list("owner", "refusal"))
    assert left == {"alive": "", "dead": "refused"}
    assert not Lease.objects.filter(name="spool:dead").exists()


def test_an_owner_that_was_taken_for_dead_waits_until_it_has_its_rows_back(
    spool: SpoolingAppender, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lease_of(spool._owner, "bridge").renew()
    kafka.is_away = True
    put(spool, "a")[0].result(5)
    kafka.come_back()
    time.sleep(0.3)
    assert kafka.taken == []
    lease_of(spool._owner, "bridge").release()
    until(lambda: kafka.taken == [b"a"], "relayed by the owner")


def test_closing_leaves_nothing_behind_that_was_taken(kafka: Kafka) -> None:
    spool = SpoolingAppender(kafka.producer)
    kafka.is_away = True
    futures = put(spool, "a", "b")
    spool.close(1)
    assert [future.result(0).offset for future in futures] == [SPOOLED, SPOOLED]
    assert [bytes(row.value) for row in SpooledRecord.objects.order_by("id")] == [b"a", b"b"]
    assert not Lease.objects.exists()
    with pytest.raises(LogClosed):
        put(spool, "c")


def test_without_a_database_too_whichever_comes_back_first_has_the_records(
    spool: SpoolingAppender, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(rows: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(table, "put", away)
    kafka.is_away = True
    futures = put(spool, "a", "b")
    time.sleep(0.5)
    assert not any(future.done() for future in futures)
    kafka.come_back()
    for future in futures:
        assert future.result(5).offset >= 0
    until(lambda: not spool._spooling, "direct again")
    assert kafka.taken[:2] == [b"a", b"b"]


def test_too_many_that_wait_are_refused(spool: SpoolingAppender, kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appender, "MAX_PENDING", 3)
    monkeypatch.setattr(appender, "SWITCH_S", 60)
    kafka.is_away = True
    put(spool, "a", "b", "c")
    with pytest.raises(LogBusy):
        put(spool, "d")
