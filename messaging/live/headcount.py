"""How many sockets each web process holds, written down: the dashboard is served by any one of them."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from messaging.models import WebReport
from messaging.process_name import process_name
from messaging.threads import in_database

logger = logging.getLogger(__name__)

EVERY_S = 5.0
FORGET_AFTER = timedelta(days=1)


class Headcount:
    """What cannot be written is left out; the next one follows soon."""

    def __init__(self, sockets: Callable[[], int]) -> None:
        self._sockets = sockets
        self._name = process_name()
        self._task: asyncio.Task[None] | None = None
        self._writing = threading.Lock()
        """A cancelled task leaves its thread: what that says must not come after the end."""
        self._is_gone = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Say nothing more; and forget those who left without a word long ago."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._try(self._forget)

    async def _watch(self) -> None:
        while True:
            await self._try(self._say)
            await asyncio.sleep(EVERY_S)

    async def _try(self, write: Callable[[], None]) -> None:
        try:
            await in_database(write)
        except (DatabaseError, InterfaceError) as error:
            logger.info("the number of sockets is not written down: %s", error)

    def _say(self) -> None:
        with self._writing:
            said = {"seen_at": timezone.now(), "sockets": self._sockets()}
            if not self._is_gone and not WebReport.objects.filter(pk=self._name).update(**said):
                WebReport.objects.create(name=self._name, **said)

    def _forget(self) -> None:
        with self._writing:
            self._is_gone = True
            WebReport.objects.filter(pk=self._name).delete()
        WebReport.objects.filter(seen_at__lt=timezone.now() - FORGET_AFTER).delete()
