"""Signals for commands that run until they are told to stop."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType
from typing import Protocol


class Stoppable(Protocol):
    def stop(self) -> None: ...


def end_on_signals(running: Stoppable) -> None:
    """The first signal finishes what is at hand, the second ends the process at once."""
    asked = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            os.write(2, b"second signal: ending at once\n")
            os._exit(1)
        asked.set()
        running.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
