"""The bridge: strictly poll, apply, announce, commit, so that nothing is in flight when partitions move.

A crash anywhere repeats work and changes nothing: offsets move in the transaction of their effects, repeats are
dropped, and what may not have been announced is announced again by whoever takes the partition.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable

from django.db import InterfaceError, OperationalError, close_old_connections

from messaging import limits, metrics
from messaging.breaker import State
from messaging.bridge.announcer import Announcer
from messaging.bridge.apply import Applied, Batch, apply_batch
from messaging.bridge.backoff import Backoff, Stopping
from messaging.bridge.dead_letters import DeadLetters
from messaging.bridge.offsets import LostPartition, OffsetTrouble, Ownership, take_partition
from messaging.bridge.topics import COMMANDS
from messaging.live.broadcast import PeopleNews, RoomChange
from messaging.log.port import Log, LogUnavailable, Partition, Polled, Reader
from messaging.models import RoomHead
from messaging.selectors.standing import heads

logger = logging.getLogger(__name__)

POLL_S = 0.5
UNAVAILABLE = (OperationalError, InterfaceError)
"""The database is away or overloaded: the same batch is tried again."""


class Bridge:
    """One member of the group. `run` blocks until `stop` is called from another thread or a signal handler."""

    def __init__(self, log: Log, group: str, announcer: Announcer, *, instance_id: str | None = None) -> None:
        self._log = log
        self._owner = Ownership(group)
        self._announce = announcer
        self._stopping = threading.Event()
        self._backoff = Backoff(self._stopping)
        self._dead_letters = DeadLetters(log.appender(), Backoff(self._stopping))
        self._reader: Reader = log.reader(group, [COMMANDS], instance_id)
        self._untaken: set[Partition] = set()
        self.halted: dict[Partition, str] = {}
        self._database = metrics.breaker_state.labels(dependency="database")
        self._database.set(State.CLOSED)

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

    def step(self, timeout_s: float = POLL_S) -> int:
        """One round; returns the number of records applied."""
        try:
            polled = self._reader.poll(timeout_s, limits.BATCH_RECORDS, limits.BATCH_BYTES)
        except LogUnavailable as error:
            logger.warning("the log is away: %s", error)
            self._backoff.wait()
            return 0
        self._follow(polled.gained, polled.lost)
        batch = {partition: records for partition, records in polled.records.items() if records}
        if batch:
            self._process(batch)
        return sum(map(len, batch.values()))

    def drain(self) -> int:
        """Step until nothing is left to apply; returns how many records were."""
        applied = 0
        while not self._stopping.is_set():
            stepped = self.step()
            applied += stepped
            if not stepped and not self._untaken and not any(self._reader.lag().values()):
                break
        return applied

    # Partitions

    def _follow(self, gained: Iterable[Partition], lost: Iterable[Partition]) -> None:
        for partition in lost:
            self._owner.next_offset.pop(partition, None)
            self.halted.pop(partition, None)
            self._untaken.discard(partition)
        self._untaken.update(gained)
        for partition in sorted(self._untaken):
            try:
                self._take(partition)
            except (*UNAVAILABLE, LogUnavailable) as error:
                logger.warning("cannot take %s/%d yet: %s", partition.topic, partition.number, error)
                close_old_connections()
                self._backoff.wait()
                break
            self._untaken.discard(partition)
        metrics.bridge_partitions.set(len(self._owner.next_offset))
        metrics.bridge_halted.set(len(self.halted))
        metrics.bridge_lag_records.set(sum(self._reader.lag().values()))

    def _take(self, partition: Partition) -> None:
        """Go on where the database says. What was stored but perhaps not announced is announced first."""
        try:
            row = take_partition(self._owner, self._log, partition, self._reader.bounds(partition))
        except OffsetTrouble as trouble:
            self.halted[partition] = str(trouble)
            logger.critical("partition stopped: %s", trouble)
            return
        committed = self._reader.committed(partition)
        if (committed is not None and committed < row.next_offset) or (committed is None and row.rooms_before):
            self._announce_again({int(room): rev for room, rev in row.rooms_before.items()})
        self._reader.seek(partition, row.next_offset)
        self._reader.commit({partition: row.next_offset})

    def _announce_again(self, revs: dict[int, int]) -> None:
        """A hint without content (`after` = `rev`): hubs that are behind read the rest from the database."""
        moved = [head for room, head in heads(revs).items() if head.rev > revs[room]]
        self._announce([_hint(head) for head in moved], PeopleNews())

    # Batches

    def _process(self, batch: Batch) -> None:
        batch = self._still_ours(batch)
        while batch:
            try:
                for applied in apply_batch(batch, self._owner, self._dead_letters.put):
                    self._tell(applied)
                break
            except LostPartition as lost:
                logger.error("fenced: %s", lost)
                self._owner.next_offset.pop(lost.partition, None)
                self._untaken.add(lost.partition)
                batch = self._still_ours(batch)
            except UNAVAILABLE as error:
                batch = self._wait_for_database(batch, error)
        self._backoff.reset()
        self._database.set(State.CLOSED)
        self._dead_letters.batch_is_done()
        self._reader.commit({partition: self._owner.next_offset[partition] for partition in batch})

    def _still_ours(self, batch: Batch) -> Batch:
        """What of a batch belongs to partitions that are taken; the rest is read again by whoever takes them."""
        return {partition: records for partition, records in batch.items() if partition in self._owner.next_offset}

    def _tell(self, applied: Applied) -> None:
        if applied.changes or applied.people:
            self._announce(applied.changes, applied.people)

    def _wait_for_database(self, batch: Batch, error: Exception) -> Batch:
        """Stay in the group while the database is away: partitions paused, polling on. Keeps what is still ours."""
        self._database.set(State.OPEN)
        logger.warning("the database is away, %d partitions wait: %s", len(batch), error)
        close_old_connections()
        self._reader.pause(*batch)
        try:
            polled = self._reader.poll(self._backoff.next(), limits.BATCH_RECORDS, limits.BATCH_BYTES)
        except LogUnavailable as away:
            logger.warning("the log is away too: %s", away)
            polled = Polled()
            self._backoff.wait()
        if self._stopping.is_set():
            raise Stopping
        self._untaken.update(polled.gained)
        for partition in polled.lost:
            self._owner.next_offset.pop(partition, None)
        self._rewind(polled.records)
        kept = self._still_ours(batch)
        self._reader.resume(*kept)
        return kept

    def _rewind(self, records: Batch) -> None:
        """Records of other partitions that came while we waited are read again later."""
        for partition in records:
            if partition in self._owner.next_offset:
                self._reader.seek(partition, self._owner.next_offset[partition])


def _hint(head: RoomHead) -> RoomChange:
    return RoomChange(
        room=head.room_id,
        after=head.rev,
        rev=head.rev,
        seq=head.seq,
        meta=0,
        members_version=head.members_version,
        fragments=[],
        counts=[],
    )
