"""Services of a test's own, to be killed and started again: nobody else's are harmed."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import ModuleType

from deploy.services import kafka, mariadb, redis
from deploy.services.processes import Running, free_port, stop

MODULES: dict[str, ModuleType] = {"kafka": kafka, "mariadb": mariadb, "redis": redis}


class OwnService:
    """A broker, database or Redis on a port that it keeps over its deaths. Start, kill and end block for seconds."""

    def __init__(self, name: str, folder: Path) -> None:
        self._module = MODULES[name]
        self._folder = folder / name
        self._folder.mkdir()
        self._state = folder / f"{name}.json"
        self._running: Running
        self.port = free_port()

    def start(self) -> None:
        self._running = self._module.start(self._folder, self._state, self.port)

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def exports(self) -> dict[str, str]:
        """What points to it."""
        found: dict[str, str] = self._module.exports(self._running)
        return found

    def kill(self) -> None:
        """As the kernel does: no last words."""
        os.kill(self.pid, signal.SIGKILL)
        stop(self._state)

    def end(self) -> None:
        stop(self._state)
