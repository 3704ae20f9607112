"""The relay: outbox rows -> the log, in order, by one process at a time; dead letters that are to be replayed; and the
spools of processes that died.

Relaying twice is harmless: repeats are dropped.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future

from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from messaging import limits, metrics, tracing
from messaging.actions.outbox import written
from messaging.bridge.dead_letters import replay_asked
from messaging.bridge.topics import COMMANDS
from messaging.log.lease import HeldLease
from messaging.log.port import Appended, Appender, LogError
from messaging.log.spool import relay_the_dead
from messaging.models import OutboxCommand
from messaging.process_name import process_name
from messaging.wire.records import COMMAND_HEADERS, record_key

logger = logging.getLogger(__name__)

BATCH_ROWS = 500
ACKNOWLEDGE_S = 10.0


class Relay:
    """Runs on a thread of its own in a bridge, or in the embedded process."""

    def __init__(self, appender: Appender) -> None:
        self._appender = appender
        self._name = process_name()
        self._lease = HeldLease("relay", self._name)
        self._spools_at = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        written.set()
        self._thread.join(ACKNOWLEDGE_S)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                relayed = self.step()
                self._look_after_spools()
            except (LogError, TimeoutError, OperationalError, InterfaceError) as error:
                logger.warning("the outbox waits: %s", error)
                close_old_connections()
                self._stopping.wait(1.0)
                continue
            if not relayed:
                written.wait(limits.OUTBOX_POLL_S)
                written.clear()
        self._release()

    def step(self) -> int:
        """Relay what is waiting, if the lease is ours; returns the number of rows."""
        if not self._lease.renew():
            return 0
        rows = list(OutboxCommand.objects.filter(relayed_at=None).order_by("id")[:BATCH_ROWS])
        for future in [self._append(row) for row in rows]:
            future.result(ACKNOWLEDGE_S)
        OutboxCommand.objects.filter(pk__in=[row.pk for row in rows]).update(relayed_at=timezone.now())
        metrics.relayed.inc(len(rows))
        return len(rows) + replay_asked(self._appender)

    def _append(self, row: OutboxCommand) -> Future[Appended]:
        headers = (*COMMAND_HEADERS, *tracing.headers(row.trace))
        return self._appender.append(COMMANDS, record_key(row.room_id), bytes(row.record), headers)

    def _look_after_spools(self) -> None:
        if time.monotonic() >= self._spools_at:
            relay_the_dead(self._appender, self._name)
            self._spools_at = time.monotonic() + limits.SPOOL_CHECK_S

    def _release(self) -> None:
        try:
            self._lease.release()
        except (OperationalError, InterfaceError):
            logger.info("the relay's lease is left to run out")
