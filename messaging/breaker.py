"""A circuit breaker: what is away is not asked again and again.

(By the monotonic clock, unlike pybreaker's: a clock that is set back would keep that one open.)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from enum import IntEnum
from typing import TypeVar

from messaging import metrics

T = TypeVar("T")


class State(IntEnum):
    """As the metric `chat_breaker_state` has it."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class BreakerOpen(Exception):
    """Not asked: the last failure is too recent, or somebody else is asking just now."""


class Breaker:
    """Opens after `failures` in a row; after `rest_s` ONE call may probe: it closes the breaker, or opens it again.

    Thread-safe; calls run side by side while it is closed.
    """

    def __init__(self, dependency: str, failures: int = 1, rest_s: float = 2.0) -> None:
        self._failures, self._rest_s = failures, rest_s
        self._failed = 0
        self._opened_at = 0.0
        self._lock = threading.Lock()
        self._metric = metrics.breaker_state.labels(dependency=dependency)
        self.state = State.CLOSED
        self._become(State.CLOSED)

    def call(self, function: Callable[[], T]) -> T:
        """Raises BreakerOpen without asking, or whatever the function raises."""
        self._ask()
        try:
            result = function()
        except Exception:
            self._note_failure()
            raise
        self._note_success()
        return result

    def _ask(self) -> None:
        with self._lock:
            if self.state is State.CLOSED:
                return
            if self.state is State.HALF_OPEN or time.monotonic() - self._opened_at < self._rest_s:
                raise BreakerOpen
            self._become(State.HALF_OPEN)

    def _note_failure(self) -> None:
        with self._lock:
            self._failed += 1
            if self.state is State.HALF_OPEN or self._failed >= self._failures:
                self._opened_at = time.monotonic()
                self._become(State.OPEN)

    def _note_success(self) -> None:
        with self._lock:
            self._failed = 0
            self._become(State.CLOSED)

    def _become(self, state: State) -> None:
        self.state = state
        self._metric.set(state)
