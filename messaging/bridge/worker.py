"""A service that reads `chat.events` in a group of its own: what is derived from what happened, and never holds it up.

Write a subclass with a `name` (its group) and `handle`, and list it in `messaging/bridge/workers.py`. Its offsets stand
in the database like a bridge's and move in the transaction of what `handle` writes: that happens exactly once. What
reaches out of the database (mail, HTTP) belongs into `tick`, from rows that `handle` wrote: that happens at least once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import ClassVar

from django.db import DataError, IntegrityError, transaction

from messaging import metrics
from messaging.bridge.apply import Batch
from messaging.bridge.member import POLL_S, UNAVAILABLE, GroupMember
from messaging.bridge.offsets import move_offset
from messaging.bridge.topics import EVENTS
from messaging.log.port import Log, Record
from messaging.wire.events import RoomEvent, decode_event
from messaging.wire.records import UndecodableRecord

logger = logging.getLogger(__name__)


class Worker(GroupMember):
    """Run any number of them: they share the partitions of `chat.events`."""

    name: ClassVar[str]
    tick_every_s: ClassVar[float] = 5.0
    start_latest = True

    def __init__(self, log: Log, *, instance_id: str | None = None) -> None:
        super().__init__(log, self.name, EVENTS, instance_id)
        self._tick_at = 0.0

    def handle(self, events: Sequence[RoomEvent]) -> None:
        """Write what follows from these events; inside a transaction. The events of a room come in order, once."""
        raise NotImplementedError

    def tick(self) -> None:
        """Do what is due, every `tick_every_s`, in every process: take each piece of work by a compare-and-set."""

    def step(self, timeout_s: float = POLL_S) -> int:
        handled = super().step(timeout_s)
        if time.monotonic() >= self._tick_at:
            self._tick_at = time.monotonic() + self.tick_every_s
            try:
                self.tick()
            except UNAVAILABLE as error:
                self.away("what is due waits: %s", error)
        return handled

    def process(self, batch: Batch) -> None:
        batch, _ = self.until_available(batch, self._apply)
        self._reader.commit({partition: self._owner.next_offset[partition] for partition in batch})

    def _apply(self, batch: Batch) -> None:
        try:
            with transaction.atomic():
                self._move(batch)
                self.handle([event for records in batch.values() for event in self._events(records)])
        except (DataError, IntegrityError) as error:
            logger.warning("%s: a batch failed (%s); its events are handled one by one", self.name, error)
            self._salvage(batch)

    def _salvage(self, batch: Batch) -> None:
        """One event that cannot be handled is skipped, and said; whatever is derived can be made anew."""
        with transaction.atomic():
            self._move(batch)
            for records in batch.values():
                for event in self._events(records):
                    try:
                        with transaction.atomic():
                            self.handle([event])
                    except (DataError, IntegrityError) as error:
                        self._skip(f"room {event.room} rev {event.rev}", error)

    def _move(self, batch: Batch) -> None:
        for partition, records in batch.items():
            move_offset(self._owner, partition, records)

    def _events(self, records: Sequence[Record]) -> list[RoomEvent]:
        events = []
        for record in records:
            try:
                events.append(decode_event(record.value))
            except UndecodableRecord as error:
                self._skip(f"{record.partition.topic}/{record.partition.number}/{record.offset}", error)
        return events

    def _skip(self, what: str, error: Exception) -> None:
        metrics.events_skipped.labels(worker=self.name).inc()
        logger.error("%s: %s is skipped: %s", self.name, what, error)
