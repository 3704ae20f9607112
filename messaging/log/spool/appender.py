"""An appender that goes on accepting while Kafka does not.

In direct mode records go to Kafka. One that is not acknowledged within SWITCH_S turns the process to spool mode: the
producer is thrown away, what it has not acknowledged goes to a table, in order, and everything new behind it; a record
counts as accepted once its row is committed. The rows are relayed by a new producer. When none is left, direct again.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from django.db import DatabaseError, InterfaceError, close_old_connections

from messaging import metrics
from messaging.breaker import State
from messaging.log.port import (
    MAX_PENDING,
    MAX_RECORD_BYTES,
    Appended,
    Headers,
    LogBusy,
    LogClosed,
    Partition,
    Producer,
    RecordRefused,
    RecordTooLarge,
)
from messaging.log.spool import table
from messaging.log.spool.relay import RowRelay, lease_of
from messaging.process_name import process_name

logger = logging.getLogger(__name__)

SWITCH_S = 1.0
TICK_S = 0.1
RENEW_EVERY_S = 2.0
BATCH_ROWS, BATCH_BYTES = 1_000, 4 * 1_048_576
AWAY_S = 0.5
LET_GO_S = 1.0
SPOOLED = -1
"""Partition and offset of a record that is in the spool: the log has not numbered it yet."""

AWAY = (DatabaseError, InterfaceError)


@dataclass(slots=True, eq=False)
class Item:
    topic: str
    key: bytes | None
    value: bytes
    headers: Headers
    accepted_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    since: float = field(default_factory=time.monotonic)
    future: Future[Appended] = field(default_factory=Future)


class SpoolingAppender:
    """An Appender. Callers take one short lock; acknowledgements take none. One thread writes and relays the rows."""

    def __init__(self, make_producer: Callable[[], Producer]) -> None:
        self._make_producer = make_producer
        self._producer: Producer | None = make_producer()
        self._generation = 0
        self._lock = threading.Lock()
        """For the mode: no record may overtake the ones before it while it changes."""
        self._unacknowledged: dict[int, Item] = {}
        """By id(item), in the order of the appends. Whoever pops an item resolves its future."""
        self._inbox: deque[Item] = deque()
        """In spool mode: not yet in the table."""
        self._spooling = False
        self._breaker = metrics.breaker_state.labels(dependency="log")
        self._breaker.set(State.CLOSED)
        self._closing = False
        self._woken = threading.Event()
        self._owner = process_name()
        self._lease = lease_of(self._owner, self._owner)
        self._holds_lease_until = 0.0
        self._rows = RowRelay(self._owner)
        self._has_rows = False
        """There may be rows of ours in the table: nothing new may reach Kafka before them."""
        self._retired: threading.Thread | None = None
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)
        self._thread.start()

    @property
    def pending(self) -> int:
        return len(self._unacknowledged)

    def append(self, topic: str, key: bytes | None, value: bytes, headers: Headers = ()) -> Future[Appended]:
        """As `Appender.append`; for a spooled record partition and offset are SPOOLED."""
        if len(value) > MAX_RECORD_BYTES:
            raise RecordTooLarge(f"a record has at most {MAX_RECORD_BYTES} bytes, this one has {len(value)}")
        if self.pending >= MAX_PENDING:
            raise LogBusy(f"{self.pending} records wait")
        item = Item(topic, key, value, headers)
        item.future.set_running_or_notify_cancel()
        with self._lock:
            if self._closing:
                raise LogClosed("the log is closed")
            self._unacknowledged[id(item)] = item
            if self._spooling:
                self._inbox.append(item)
            else:
                self._hand_over(item)
        if self._spooling:
            self._woken.set()
        return item.future

    def close(self, timeout_s: float) -> None:
        """Wait for what is in flight; what Kafka does not take in time goes to the table, for a bridge to relay."""
        deadline = time.monotonic() + timeout_s
        with self._lock:
            self._closing = True
        while self._unacknowledged and time.monotonic() < deadline:
            time.sleep(0.01)
        self._woken.set()
        self._thread.join(timeout_s)
        if self._producer is not None:
            self._producer.close(0)
        for item in list(self._unacknowledged.values()):
            self._settle(item, LogClosed("neither Kafka nor the database has taken this record"))
        self._woken.set()
        self._thread.join(LET_GO_S)  # with nothing left to wait for it gives its lease back, and ends

    # Direct mode

    def _hand_over(self, item: Item) -> None:
        """With the lock held. (A producer takes as many records as we do, so it is never too busy for one.)"""
        generation, producer = self._generation, self._producer_in_use()
        taken = producer.append(item.topic, item.key, item.value, item.headers)
        taken.add_done_callback(lambda done: self._answered(generation, item, done))

    def _answered(self, generation: int, item: Item, done: Future[Appended]) -> None:
        """On the producer's thread. A retired producer's success counts, its failures do not."""
        error = done.exception()
        if error is None:
            self._settle(item, done.result())
        elif generation == self._generation or isinstance(error, RecordRefused):
            self._settle(item, error)

    def _settle(self, item: Item, outcome: Appended | BaseException) -> None:
        if self._unacknowledged.pop(id(item), None) is None:
            return
        if isinstance(outcome, BaseException):
            item.future.set_exception(outcome)
        else:
            item.future.set_result(outcome)

    def _waits_too_long(self) -> bool:
        with contextlib.suppress(StopIteration, RuntimeError):  # RuntimeError: it changed under our hands
            return time.monotonic() - next(iter(self._unacknowledged.values())).since > SWITCH_S
        return False

    # The thread

    def _run(self) -> None:
        while True:
            if self._spooling:
                self._spool()
            elif self._waits_too_long():
                self._turn_to_spool()
            if self._closing and (not self._unacknowledged or self._database_fails_at_the_end()):
                break
            self._woken.wait(TICK_S)
            self._woken.clear()
        self._let_go()

    def _database_fails_at_the_end(self) -> bool:
        return self._spooling and not self._write()

    def _turn_to_spool(self) -> None:
        logger.warning("Kafka has not acknowledged a record for %s s; spooling", SWITCH_S)
        metrics.spooling.set(1)
        self._breaker.set(State.OPEN)
        metrics.spool_switches.inc()
        with self._lock:
            self._spooling = True
            self._generation += 1
            retired, self._producer = self._producer, None
            self._inbox.extend(self._unacknowledged.values())
        if retired is not None:
            # Ending a producer that waits for a dead broker takes seconds; rows are written meanwhile.
            self._retired = threading.Thread(target=retired.retire, name="retired-producer", daemon=True)
            self._retired.start()

    def _spool(self) -> None:
        if not self._write():
            return
        try:
            if self._keep_lease() and self._has_producer() and not self._rows.step(self._producer_in_use()):
                self._turn_to_direct()
        except AWAY as error:
            self._database_is_away(error)

    def _write(self) -> bool:
        """What waits in the inbox -> the table. False when the database does not take it."""
        while self._inbox:
            batch = self._next_batch()
            waiting = [item for item in batch if id(item) in self._unacknowledged]
            try:
                table.put([self._row(item) for item in waiting])
            except AWAY as error:
                self._database_is_away(error)
                return False
            self._has_rows = True
            for item in batch:
                self._inbox.popleft()
                self._settle(item, Appended(Partition(item.topic, SPOOLED), SPOOLED, item.accepted_ms))
            metrics.spooled.inc(len(waiting))
        return True

    def _next_batch(self) -> list[Item]:
        batch: list[Item] = []
        size = 0
        for place in range(min(len(self._inbox), BATCH_ROWS)):
            size += len(self._inbox[place].value)
            if batch and size > BATCH_BYTES:
                break
            batch.append(self._inbox[place])
        return batch

    def _row(self, item: Item) -> table.SpooledRecord:
        return table.row(self._owner, item.topic, item.key, item.value, item.headers, item.accepted_ms)

    def _database_is_away(self, error: Exception) -> None:
        """With no row in the table Kafka is asked again: whichever of the two comes back first has the records."""
        logger.warning("the spool cannot be used: %s", error)
        close_old_connections()
        self._holds_lease_until = 0.0
        if not self._has_rows and not self._closing and self._has_producer():
            self._turn_to_direct()
        else:
            time.sleep(AWAY_S)

    def _keep_lease(self) -> bool:
        """Whoever holds it may relay our rows. A bridge that took us for dead gives it back once they are relayed."""
        now = time.monotonic()
        if now >= self._holds_lease_until:
            if not self._lease.renew():
                return False
            self._holds_lease_until = now + RENEW_EVERY_S
        return True

    def _has_producer(self) -> bool:
        """A new producer, once the old one cannot send any more: what it sent late would come behind our rows."""
        if self._producer is None and (self._retired is None or not self._retired.is_alive()):
            self._producer = self._make_producer()
        return self._producer is not None

    def _producer_in_use(self) -> Producer:
        if self._producer is None:
            raise LogClosed("there is no producer")
        return self._producer

    def _turn_to_direct(self) -> None:
        """No row is left. What came meanwhile goes straight to Kafka, in front of everything new."""
        with self._lock:
            self._spooling = self._has_rows = False
            late = [item for item in self._inbox if id(item) in self._unacknowledged]
            self._inbox.clear()
            for item in late:
                item.since = time.monotonic()
                self._hand_over(item)
        metrics.spooling.set(0)
        self._breaker.set(State.CLOSED)
        logger.warning("accepting into Kafka again")

    def _let_go(self) -> None:
        try:
            self._lease.release()
        except AWAY:
            logger.info("the spool's lease is left to run out")
        close_old_connections()
