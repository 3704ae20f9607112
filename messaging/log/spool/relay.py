"""Rows of a spool -> Kafka, in order, by whoever holds the owner's lease. Relaying twice is harmless: repeats are
dropped where records are applied."""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future

from messaging import metrics
from messaging.log.lease import HeldLease
from messaging.log.port import Appended, Appender, LogBusy, RecordRefused
from messaging.log.spool import table
from messaging.models import SpooledRecord

logger = logging.getLogger(__name__)

BATCH_ROWS = 500
ACKNOWLEDGE_S = 10.0
TURN_S = 5.0
"""What one call may take: whoever relays for the dead has more to do."""


def lease_of(owner: str, holder: str) -> HeldLease:
    return HeldLease(f"spool:{owner}", holder)


class RowRelay:
    """Relays the rows of one owner without ever waiting for Kafka: call `step` again and again."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._under_way: list[tuple[SpooledRecord, Future[Appended]]] = []

    @property
    def oldest(self) -> Future[Appended] | None:
        return self._under_way[0][1] if self._under_way else None

    def step(self, appender: Appender) -> bool:
        """Take the next steps; False when there is nothing left to relay. Raises Django's database errors."""
        if self._under_way:
            return self._settle()
        rows = table.waiting(self._owner, BATCH_ROWS)
        for row in rows:
            key = None if row.key is None else bytes(row.key)
            try:
                future = appender.append(row.topic, key, bytes(row.value), table.headers_of(row))
            except LogBusy:
                break
            self._under_way.append((row, future))
        return bool(rows)

    def _settle(self) -> bool:
        settled = 0
        relayed = []
        for row, future in self._under_way:
            if not future.done():
                break
            settled += 1
            error = future.exception()
            if error is None:
                relayed.append(row)
            elif isinstance(error, RecordRefused):
                logger.error("Kafka refuses spooled record %d: %s", row.pk, error)
                table.refuse(row, str(error))
            else:  # that appender is gone; what it has not taken is read again
                settled = len(self._under_way)
                break
        if relayed:
            table.done(relayed)
            metrics.spool_relayed.inc(len(relayed))
        del self._under_way[:settled]
        return True


def relay_the_dead(appender: Appender, holder: str) -> None:
    """Relay what owners have left behind whose lease has run out, for TURN_S. Waits for Kafka.

    Raises TimeoutError when Kafka takes nothing for ACKNOWLEDGE_S, and Django's database errors.
    """
    deadline = time.monotonic() + TURN_S
    for owner in table.owners():
        lease = lease_of(owner, holder)
        if not lease.renew():
            continue
        relay = RowRelay(owner)
        while relay.step(appender) and lease.renew():
            if relay.oldest is not None:
                relay.oldest.exception(ACKNOWLEDGE_S)
            elif time.monotonic() > deadline:
                return
        lease.release()
        logger.warning("relayed what %s had spooled", owner)
