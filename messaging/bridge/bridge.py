"""The bridge: poll, apply, announce, publish, one after the other, so that nothing is in flight when partitions move.

A crash anywhere repeats work and changes nothing: offsets move in the transaction of their effects, repeats are
dropped, events and the group's offsets are one transaction of the log, and what may not have been told is told again by
whoever takes the partition.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db import close_old_connections

from messaging import limits, metrics
from messaging.bridge.announcer import Announcer
from messaging.bridge.apply import Applied, Batch, apply_batch
from messaging.bridge.dead_letters import copies_again, note
from messaging.bridge.events import events_again
from messaging.bridge.generations import generations, readable
from messaging.bridge.member import POLL_S, UNAVAILABLE, GroupMember
from messaging.bridge.topics import COMMANDS
from messaging.live.broadcast import PeopleNews, Pressure, RoomChange
from messaging.log.port import Log, LogUnavailable, Outgoing, Partition
from messaging.models import RoomHead, StoredOffset
from messaging.selectors.standing import heads

logger = logging.getLogger(__name__)


class Bridge(GroupMember):
    """One member of the group that applies commands."""

    def __init__(self, log: Log, group: str, announcer: Announcer, *, instance_id: str | None = None) -> None:
        super().__init__(log, group, COMMANDS, instance_id)
        self._announce = announcer
        self._pressure_at = 0.0
        self._topics, self._readable, self._looked_at = [COMMANDS], {COMMANDS}, float("-inf")

    def step(self, timeout_s: float = POLL_S) -> int:
        if time.monotonic() - self._looked_at > limits.GENERATIONS_EVERY_S:
            self._look_for_generations()
        applied = super().step(timeout_s)
        metrics.bridge_partitions.set(len(self._owner.next_offset))
        metrics.bridge_halted.set(len(self.halted))
        metrics.bridge_lag_records.set(self._waiting())
        if time.monotonic() >= self._pressure_at:
            self._tell_pressure()
        return applied

    def _tell_pressure(self) -> None:
        """To the web processes, which admit less when bridges do not keep up. Silence means nothing."""
        self._pressure_at = time.monotonic() + limits.PRESSURE_EVERY_S
        waiting = self._waiting()
        arriving, applied = self._pace.rates(waiting)
        backlog_s = self._pace.backlog_s(waiting)
        said = Pressure(self._reporter.name, round(backlog_s, 2), round(arriving, 1), round(applied, 1))
        self._announce([], PeopleNews(pressure=[said]))

    # Partitions

    def may_take(self, topic: str) -> bool:
        return topic in self._readable

    def _look_for_generations(self) -> None:
        """Commands may have grown into another topic, and what comes before that may be applied by now."""
        try:
            known = generations()
            names = [one.name for one in known] or [COMMANDS]
            if names != self._topics:
                logger.info("commands stand in %s", ", ".join(names))
                self._reader.follow(names)
                self._topics = names
            if len(self._readable) < len(names):
                self._readable |= readable(self._log, self._owner.group, known)
        except (*UNAVAILABLE, LogUnavailable) as error:
            self.away("it is not known in which topics commands stand: %s", error)
            close_old_connections()
        self._looked_at = time.monotonic()

    def settle(self, partition: Partition, stored: StoredOffset) -> None:
        """What was stored but perhaps not told is told first."""
        committed = self._reader.committed(partition, stored.publisher)
        if (committed is not None and committed < stored.next_offset) or (committed is None and stored.rooms_before):
            self._tell_again(partition, stored, committed or 0)
        elif committed != stored.next_offset:
            self._reader.commit({partition: stored.next_offset})

    def _tell_again(self, partition: Partition, row: StoredOffset, committed: int) -> None:
        self._announce_again({int(room): rev for room, rev in row.rooms_before.items()})
        outgoing = [*events_again(row), *copies_again(self._owner.group, partition, committed)]
        self._reader.publish(outgoing, {partition: row.next_offset})

    def _announce_again(self, revs: dict[int, int]) -> None:
        """A hint without content (`after` = `rev`): hubs that are behind read the rest from the database."""
        moved = [head for room, head in heads(revs).items() if head.rev > revs[room]]
        self._announce([_hint(head) for head in moved], PeopleNews())

    # Batches

    def process(self, batch: Batch) -> None:
        batch, done = self.until_available(batch, lambda ours: apply_batch(ours, self._owner))
        outgoing: dict[Partition, list[Outgoing]] = defaultdict(list)
        for applied in done or ():
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
                self.away("the events of %d partitions wait: %s", len(waiting), error)
                self.poll_in_vain()
                waiting = self._unpublished(waiting)

    def _unpublished(self, partitions: Iterable[Partition]) -> set[Partition]:
        """Those of which the log does not have the last batch's events; who lost one leaves it to its successor."""
        ours = {partition for partition in partitions if partition in self._owner.next_offset}
        try:
            return {one for one in ours if (self._reader.committed(one) or 0) < self._owner.next_offset[one]}
        except LogUnavailable as error:
            self.away("it is not known what was published: %s", error)
            return ours

    def _tell(self, applied: Applied) -> None:
        if applied.changes or applied.people:
            self._announce(applied.changes, applied.people)


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
