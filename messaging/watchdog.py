"""What goes in rounds and has stopped going is ended: its partitions go to others, and its supervisor starts it again.

A process that hangs looks alive from outside: it holds its port or its place in the group, and does nothing. Every
thread's stack is printed first. It ends at most one process in CHAT_STUCK_S; 0 switches it off.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import threading
from collections.abc import Callable

logger = logging.getLogger(__name__)

LOOK_S = 1.0
STUCK_CODE = 70
"""Exit code: an internal error, as sysexits.h has it."""


class Watchdog:
    """Watches inside a `with`. `rounds` gives another number after each round. Time in which the whole process is
    stopped does not count."""

    def __init__(self, what: str, rounds: Callable[[], int], stuck_s: float) -> None:
        self._what, self._rounds, self._stuck_s = what, rounds, stuck_s
        self._stopping = threading.Event()

    def __enter__(self) -> None:
        if self._stuck_s > 0:
            threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self._stopping.set()

    def _run(self) -> None:
        seen, silent_s = self._rounds(), 0.0
        while silent_s < self._stuck_s:
            if self._stopping.wait(LOOK_S):
                return
            before, seen = seen, self._rounds()
            silent_s = silent_s + LOOK_S if seen == before else 0.0
        logger.critical("%s is stuck: nothing went on for %g s; this process ends", self._what, silent_s)
        faulthandler.dump_traceback(sys.stderr)
        os._exit(STUCK_CODE)
