"""The bridge: strictly poll, apply, announce, publish, so that nothing is in flight when partitions move.

A crash anywhere repeats work and changes nothing: offsets move in the transaction of their effects, repeats are
dropped, events and the group's offsets are one transaction of the log, and what may not have been told is told again by
whoever takes the partition.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db import InterfaceError, OperationalError, close_old_connections

from messaging import limits, metrics
from messaging.breaker import State
from messaging.bridge.announcer import Announcer
from messaging.bridge.apply import Applied, Batch, apply_batch
from messaging.bridge.backoff import Backoff, Stopping
from messaging.bridge.dead_letters import copies_again, note
from messaging.bridge.events import events_again
from messaging.bridge.offsets import LostPartition, OffsetTrouble, Ownership, take_partition
from messaging.bridge.pace import Pace
from messaging.bridge.report import Reporter
from messaging.bridge.topics import COMMANDS
from messaging.live.broadcast import PeopleNews, RoomChange
from messaging.log.port import Log, LogUnavailable, Outgoing, Partition, Polled, Reader
from messaging.models import RoomHead, StoredOffset
from messaging.selectors.standing import heads

logger = logging.getLogger(__name__)

POLL_S = 0.5
UNAVAILABLE = (OperationalError, InterfaceError)
"""The database is away or overloaded: the same batch is tried again."""


class Bridge:
    """One member of the group. `run` blocks until `stop` is called from another thread or a signal handler."""

    def __init__(self, log: Log, group: str, announcer: Announcer, *, instance_id: str | None = None) -> None:
        self._log = log
        self._reader: Reader = log.reader(group, [COMMANDS], instance_id)
        self._owner = Ownership(group, self._reader.publisher)
        self._announce = announcer
        self._stopping = threading.Event()
        self._backoff = Backoff(self._stopping)
        self._pace = Pace()
        self._reporter = Reporter(group, instance_id or "")
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
        self._reporter.leave()

    def step(self, timeout_s: float = POLL_S) -> int:
        """One round; returns the number of records applied."""
        try:
            polled = self._reader.poll(timeout_s, limits.BATCH_RECORDS, limits.BATCH_BYTES)
        except LogUnavailable as error:
            self._away("the log is away: %s", error)
            self._backoff.wait()
            return 0
        self._follow(polled.gained, polled.lost)
        batch = {partition: records for partition, records in polled.records.items() if records}
        if batch:
            self._process(batch)
            oldest_ms = min(records[0].timestamp_ms for records in batch.values())
            self._pace.note(sum(map(len, batch.values())), oldest_ms, sum(self._reader.lag().values()))
        else:
            self._pace.note_idle()
        self._report()
        return sum(map(len, batch.values()))

    def _report(self) -> None:
        if self._reporter.is_due:
            self._reporter.say(
                partitions=sorted(partition.number for partition in self._owner.next_offset),
                halted={f"{one.topic}/{one.number}": why for one, why in self.halted.items()},
                applied=self._pace.applied,
                rate=round(self._pace.rate(), 1),
                lag_records=sum(self._reader.lag().values()),
                lag_s=round(self._pace.lag_s, 1),
            )

    def _away(self, what: str, *about: object) -> None:
        """Say that something is away: in the log, and as the last error of this bridge."""
        logger.warning(what, *about)
        self._reporter.note_error(what % about)

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
        if self._untaken:
            try:
                self._take_all(sorted(self._untaken))
            except (*UNAVAILABLE, LogUnavailable) as error:
                self._away("cannot take %d partitions yet: %s", len(self._untaken), error)
                close_old_connections()
                self._backoff.wait()
        metrics.bridge_partitions.set(len(self._owner.next_offset))
        metrics.bridge_halted.set(len(self.halted))
        metrics.bridge_lag_records.set(sum(self._reader.lag().values()))

    def _take_all(self, partitions: list[Partition]) -> None:
        topic_id = self._log.topic(COMMANDS).id
        bounds = self._reader.bounds(partitions)
        for partition in partitions:
            self._take(partition, topic_id, bounds[partition])
            self._untaken.discard(partition)

    def _take(self, partition: Partition, topic_id: str, bounds: tuple[int, int]) -> None:
        """Go on where the database says. What was stored but perhaps not told is told first."""
        try:
            row = take_partition(self._owner, topic_id, partition, bounds)
        except OffsetTrouble as trouble:
            self.halted[partition] = str(trouble)
            logger.critical("partition stopped: %s", trouble)
            self._reporter.note_error(trouble)
            return
        committed = self._reader.committed(partition, row.publisher)
        if (committed is not None and committed < row.next_offset) or (committed is None and row.rooms_before):
            self._tell_again(partition, row, committed or 0)
        elif committed != row.next_offset:
            self._reader.commit({partition: row.next_offset})
        self._reader.seek(partition, row.next_offset)

    def _tell_again(self, partition: Partition, row: StoredOffset, committed: int) -> None:
        self._announce_again({int(room): rev for room, rev in row.rooms_before.items()})
        outgoing = [*events_again(row), *copies_again(self._owner.group, partition, committed)]
        self._reader.publish(outgoing, {partition: row.next_offset})

    def _announce_again(self, revs: dict[int, int]) -> None:
        """A hint without content (`after` = `rev`): hubs that are behind read the rest from the database."""
        moved = [head for room, head in heads(revs).items() if head.rev > revs[room]]
        self._announce([_hint(head) for head in moved], PeopleNews())

    # Batches

    def _process(self, batch: Batch) -> None:
        batch = self._still_ours(batch)
        while batch:
            try:
                done = apply_batch(batch, self._owner)
                break
            except LostPartition as lost:
                logger.error("fenced: %s", lost)
                self._reporter.note_error(f"fenced: {lost}")
                self._owner.next_offset.pop(lost.partition, None)
                self._untaken.add(lost.partition)
                batch = self._still_ours(batch)
            except UNAVAILABLE as error:
                batch = self._wait_for_database(batch, error)
        else:
            return
        self._backoff.reset()
        self._database.set(State.CLOSED)
        outgoing: dict[Partition, list[Outgoing]] = defaultdict(list)
        for applied in done:
            self._tell(applied)
            note(applied.letters)
            for partition, records in applied.outgoing.items():
                outgoing[partition] += records
        self._publish(batch, outgoing)

    def _publish(self, batch: Batch, outgoing: Mapping[Partition, list[Outgoing]]) -> None:
        """Events, copies of dead letters and the group's offsets, before anything else is applied."""
        waiting = set(batch)
        while waiting:
            records = [record for partition in sorted(waiting) for record in outgoing.get(partition, ())]
            offsets = {partition: self._owner.next_offset[partition] for partition in waiting}
            try:
                if records:
                    self._reader.publish(records, offsets)
                else:
                    self._reader.commit(offsets)
                return
            except LogUnavailable as error:
                self._away("the events of %d partitions wait: %s", len(waiting), error)
                self._poll_in_vain()
                waiting = self._unpublished(waiting)

    def _unpublished(self, partitions: Iterable[Partition]) -> set[Partition]:
        """Those of which the log does not have the last batch's events; who lost one leaves it to its successor."""
        ours = {partition for partition in partitions if partition in self._owner.next_offset}
        try:
            return {one for one in ours if (self._reader.committed(one) or 0) < self._owner.next_offset[one]}
        except LogUnavailable as error:
            self._away("it is not known what was published: %s", error)
            return ours

    def _still_ours(self, batch: Batch) -> Batch:
        """What of a batch belongs to partitions that are taken; the rest is read again by whoever takes them."""
        return {partition: records for partition, records in batch.items() if partition in self._owner.next_offset}

    def _tell(self, applied: Applied) -> None:
        if applied.changes or applied.people:
            self._announce(applied.changes, applied.people)

    def _wait_for_database(self, batch: Batch, error: Exception) -> Batch:
        """Returns what of the batch is still ours after a while."""
        self._database.set(State.OPEN)
        self._away("the database is away, %d partitions wait: %s", len(batch), error)
        close_old_connections()
        self._reader.pause(*batch)
        self._poll_in_vain()
        kept = self._still_ours(batch)
        self._reader.resume(*kept)
        return kept

    def _poll_in_vain(self) -> None:
        """Stay in the group while something is away: poll, and leave what comes for later. Raises Stopping."""
        try:
            polled = self._reader.poll(self._backoff.next(), limits.BATCH_RECORDS, limits.BATCH_BYTES)
        except LogUnavailable as away:
            self._away("the log is away too: %s", away)
            polled = Polled()
            self._backoff.wait()
        if self._stopping.is_set():
            raise Stopping
        self._untaken.update(polled.gained)
        for partition in polled.lost:
            self._owner.next_offset.pop(partition, None)
        self._rewind(polled.records)
        self._report()

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
