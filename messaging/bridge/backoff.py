"""Waiting before trying again."""

from __future__ import annotations

import random
import threading


class Backoff:
    """Full jitter: a random time up to a bound that doubles (0.1 s ... 10 s). `stopping` ends a wait early."""

    FIRST_S, MOST_S = 0.1, 10.0

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._tries = 0

    def next(self) -> float:
        bound = min(self.MOST_S, self.FIRST_S * 2**self._tries)
        self._tries = min(self._tries + 1, 10)
        return random.uniform(0, bound)

    def wait(self) -> None:
        """Raises Stopping when the process is to end: what is at hand stays in the log for the next one."""
        if self._stopping.wait(self.next()):
            raise Stopping

    def reset(self) -> None:
        self._tries = 0


class Stopping(Exception):
    """The bridge was told to stop while it waited for something that is away."""
