"""A member of a consumer group that applies a topic to the database: what bridge and workers have in common.

Strictly poll, apply, commit. It goes on where the database says, waits in the group while the database or the log is
away, and leaves alone what another member has taken.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections

from messaging import limits, metrics
from messaging.breaker import State
from messaging.bridge.apply import Batch
from messaging.bridge.backoff import Backoff, Stopping
from messaging.bridge.offsets import LostPartition, OffsetTrouble, Ownership, take_partition
from messaging.bridge.pace import Pace
from messaging.bridge.report import Reporter
from messaging.log.port import Log, LogUnavailable, Partition, Polled, Reader
from messaging.models import StoredOffset

logger = logging.getLogger(__name__)

POLL_S = 0.5
UNAVAILABLE = (OperationalError, InterfaceError)
"""The database is away or overloaded: the same batch is tried again."""

Done = TypeVar("Done")


class GroupMember:
    """`run` blocks until `stop` is called from another thread or a signal handler. Subclasses say what is done."""

    start_latest = False
    """Where a group starts that has never been there: at the log's end instead of its beginning."""

    def __init__(self, log: Log, group: str, topic: str, instance_id: str | None = None) -> None:
        self._log = log
        self._reader: Reader = log.reader(group, [topic], instance_id)
        self._owner = Ownership(group, self._reader.publisher)
        self._stopping = threading.Event()
        self._backoff = Backoff(self._stopping)
        self._pace = Pace()
        self._reporter = Reporter(group, instance_id or "")
        self._tried_at = 0.0
        """When the batch at hand was tried last: what was waited for before does not make it slow."""
        self._untaken: set[Partition] = set()
        self.halted: dict[Partition, str] = {}
        self.rounds = 0
        """Rises while it goes on, be it in vain; whatever may take long counts by itself."""
        self._database = metrics.breaker_state.labels(dependency="database")
        self._database.set(State.CLOSED)

    # What is done

    def process(self, batch: Batch) -> None:
        """Apply records that are ours and move their offsets, here and in the group. Errors of availability are waited
        for inside (`until_available`)."""
        raise NotImplementedError

    def may_take(self, topic: str) -> bool:
        """Whether its time has come; partitions of one that has to wait are kept, and not read."""
        return True

    def settle(self, partition: Partition, stored: StoredOffset) -> None:
        """A partition was taken: finish what its former owner may have left, before anything is read from it."""

    # Life

    def stop(self) -> None:
        """Finish the batch at hand, commit, leave."""
        self._stopping.set()

    def run(self) -> None:
        try:
            while not self._stopping.is_set():
                self.step()
        except Stopping:
            logger.info("stopped while something was away; what was at hand stays in the log")

    def close(self) -> None:
        """Leave the group."""
        self._reader.close()
        self._reporter.leave()

    def step(self, timeout_s: float = POLL_S) -> int:
        """One round; returns the number of records applied."""
        self.rounds += 1
        self._stopping.wait(self._pace.rest_s)
        try:
            polled = self._reader.poll(timeout_s, self._pace.batch_records, limits.BATCH_BYTES)
        except LogUnavailable as error:
            self.away("the log is away: %s", error)
            self._backoff.wait()
            return 0
        self._note_moves(polled.gained, polled.lost)
        # Before anything is taken: what is taken now is read from where it is sought, not from where this poll was.
        batch = self.still_ours(polled.records)
        self._take_what_came()
        if batch:
            self._tried_at = time.monotonic()
            self.process(batch)
            oldest_ms = min(records[0].timestamp_ms for records in batch.values())
            took_s = time.monotonic() - self._tried_at
            self._pace.note(sum(map(len, batch.values())), oldest_ms, self._waiting(), took_s)
        else:
            self._pace.note_idle()
        self._report()
        return sum(map(len, batch.values()))

    def drain(self) -> int:
        """Step until nothing is left to apply; returns how many records were."""
        applied = 0
        while not self._stopping.is_set():
            stepped = self.step()
            applied += stepped
            if not stepped and not self._takable() and not self._waiting():
                break
        return applied

    def _waiting(self) -> int:
        return sum(self._reader.lag().values())

    # Partitions

    def _note_moves(self, gained: Iterable[Partition], lost: Iterable[Partition]) -> None:
        """One that is lost and gained at once is to be taken anew."""
        for partition in lost:
            self._owner.next_offset.pop(partition, None)
            self.halted.pop(partition, None)
            self._untaken.discard(partition)
        self._untaken.update(gained)

    def _takable(self) -> list[Partition]:
        return sorted(partition for partition in self._untaken if self.may_take(partition.topic))

    def _take_what_came(self) -> None:
        if partitions := self._takable():
            try:
                self._take_all(partitions)
            except (*UNAVAILABLE, LogUnavailable) as error:
                self.away("cannot take %d partitions yet: %s", len(partitions), error)
                close_old_connections()
                self._backoff.wait()

    def _take_all(self, partitions: list[Partition]) -> None:
        ids = {topic: self._log.topic(topic).id for topic in {partition.topic for partition in partitions}}
        bounds = self._reader.bounds(partitions)
        for partition in partitions:
            self._take(partition, ids[partition.topic], bounds[partition])
            self._untaken.discard(partition)

    def _take(self, partition: Partition, topic_id: str, bounds: tuple[int, int]) -> None:
        """Go on where the database says."""
        try:
            stored = take_partition(self._owner, topic_id, partition, bounds, latest=self.start_latest)
        except OffsetTrouble as trouble:
            self.halted[partition] = str(trouble)
            logger.critical("partition stopped: %s", trouble)
            self._reporter.note_error(trouble)
            return
        self.settle(partition, stored)
        self._reader.seek(partition, stored.next_offset)

    def still_ours(self, batch: Batch) -> Batch:
        """What of a batch belongs to partitions that are taken; the rest is read again by whoever takes them."""
        return {one: records for one, records in batch.items() if records and one in self._owner.next_offset}

    # Waiting

    def until_available(self, batch: Batch, apply: Callable[[Batch], Done]) -> tuple[Batch, Done | None]:
        """Apply what is ours of a batch, however long the database is away; returns what that was, and the result."""
        while batch:
            self.rounds += 1
            self._tried_at = time.monotonic()
            try:
                done = apply(batch)
            except LostPartition as lost:
                logger.error("fenced: %s", lost)
                self._reporter.note_error(f"fenced: {lost}")
                self._owner.next_offset.pop(lost.partition, None)
                self._untaken.add(lost.partition)
                batch = self.still_ours(batch)
            except UNAVAILABLE as error:
                batch = self._wait_for_database(batch, error)
            else:
                self._backoff.reset()
                self._database.set(State.CLOSED)
                return batch, done
        return batch, None

    def _wait_for_database(self, batch: Batch, error: Exception) -> Batch:
        """Returns what of the batch is still ours after a while."""
        self._database.set(State.OPEN)
        self.away("the database is away, %d partitions wait: %s", len(batch), error)
        close_old_connections()
        self._reader.pause(*batch)
        self.poll_in_vain()
        kept = self.still_ours(batch)
        self._reader.resume(*kept)
        return kept

    def poll_in_vain(self) -> None:
        """Stay in the group while something is away: poll, and leave what comes for later. Raises Stopping."""
        self.rounds += 1
        try:
            polled = self._reader.poll(self._backoff.next(), limits.BATCH_RECORDS, limits.BATCH_BYTES)
        except LogUnavailable as away:
            self.away("the log is away too: %s", away)
            polled = Polled()
            self._backoff.wait()
        if self._stopping.is_set():
            raise Stopping
        self._note_moves(polled.gained, polled.lost)
        for partition in self.still_ours(polled.records):
            self._reader.seek(partition, self._owner.next_offset[partition])
        self._report()

    # Telling

    def away(self, what: str, *about: object) -> None:
        """Say that something is away: in the log, and as the last error of this member."""
        logger.warning(what, *about)
        self._reporter.note_error(what % about)

    def _report(self) -> None:
        if self._reporter.is_due:
            self._reporter.say(
                partitions=[f"{one.topic}/{one.number}" for one in sorted(self._owner.next_offset)],
                halted={f"{one.topic}/{one.number}": why for one, why in self.halted.items()},
                applied=self._pace.applied,
                rate=round(self._pace.rate(), 1),
                lag_records=self._waiting(),
                lag_s=round(self._pace.lag_s, 1),
            )
