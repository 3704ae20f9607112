"""How fast a bridge is, and how far behind."""

from __future__ import annotations

import logging
import math
import statistics
import time
from collections import deque
from collections.abc import Callable

from messaging import limits, metrics

logger = logging.getLogger(__name__)

RATE_OVER_S = 10.0
BATCHES_JUDGED = 5
REST = 2
"""In times of what a batch took: a bridge that is not behind works a third of the time."""


class Pace:
    """Told of every batch; tells the rate, the lag in seconds, and, on a long catch-up, when it will be over."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._batches: deque[tuple[float, int]] = deque()
        self._began: tuple[float, int] | None = None
        """When the catch-up at hand began, and how many records it has applied."""
        self._progress_at = 0.0
        self.applied = 0
        self.lag_s = 0.0
        self.batch_records = limits.BATCH_RECORDS
        """How many records to take at once: fewer while batches take long."""
        self.rest_s = 0.0
        """How long to wait with the next batch: a small one has its price as well."""
        self._took_s: deque[float] = deque(maxlen=BATCHES_JUDGED)
        self._heard: tuple[float, int, int] = (clock(), 0, 0)
        """When the rates were asked for last, and what was applied and had come in until then."""

    def note(self, records: int, oldest_ms: int, waiting: int, took_s: float) -> None:
        """A batch was applied: its size, the time of its oldest record, how many records still wait, what it took."""
        now = self._clock()
        self.applied += records
        self._batches.append((now, records))
        is_behind = waiting > max(records, limits.BATCH_LEAST)
        self.rest_s = 0.0 if is_behind else max(0.0, min(REST * took_s, limits.BATCH_WINDOW_S - took_s))
        self._size_batches(records, took_s)
        self._set_lag(max(0.0, time.time() - oldest_ms / 1000))
        self._tell_progress(now, records, waiting)

    def note_idle(self) -> None:
        """A poll came back empty: there is nothing to apply."""
        self.rest_s = 0.0
        self._set_lag(0.0)
        if self._began is not None:
            began, applied = self._began
            logger.info("caught up: %s records in %.0f s", f"{applied:,}", self._clock() - began)
            self._began = None

    def rate(self) -> float:
        """Records a second over the last ten."""
        since = self._clock() - RATE_OVER_S
        while self._batches and self._batches[0][0] < since:
            self._batches.popleft()
        return sum(records for _, records in self._batches) / RATE_OVER_S

    def backlog_s(self, waiting: int) -> float:
        """How long what waits will take. (Its age is something else: after an outage old records are applied fast.)"""
        return math.ceil(waiting / self.batch_records) * self._batch_s()

    def _batch_s(self) -> float:
        """What a batch takes: in the middle of the last ones, for one may have stood still with its database."""
        return statistics.median(self._took_s) if self._took_s else 0.0

    def rates(self, waiting: int) -> tuple[float, float]:
        """Records a second since this was asked last: (that came in, that were applied)."""
        now, came = self._clock(), self.applied + waiting
        (at, applied_before, came_before), self._heard = self._heard, (now, self.applied, came)
        passed = max(1e-6, now - at)
        return max(0.0, (came - came_before) / passed), (self.applied - applied_before) / passed

    def _size_batches(self, records: int, took_s: float) -> None:
        """Down at once, up slowly, and only where it was the size that bounded the batch."""
        self._took_s.append(took_s)
        if self._batch_s() > 2 * limits.BATCH_TARGET_S:
            self.batch_records = max(limits.BATCH_LEAST, min(records, self.batch_records) // 2)
        elif self._batch_s() < limits.BATCH_TARGET_S and records >= self.batch_records:
            self.batch_records = min(limits.BATCH_RECORDS, self.batch_records + self.batch_records // 10 + 1)

    def _set_lag(self, seconds: float) -> None:
        self.lag_s = seconds
        metrics.bridge_lag_seconds.set(seconds)

    def _tell_progress(self, now: float, records: int, waiting: int) -> None:
        if self._began is None:
            if waiting > limits.CATCH_UP_RECORDS:
                self._began, self._progress_at = (now, 0), now
            return
        began, applied = self._began[0], self._began[1] + records
        self._began = began, applied
        if now - self._progress_at >= limits.PROGRESS_EVERY_S:
            self._progress_at = now
            rate = applied / (now - began)
            logger.info(
                "catching up: %s of %s records applied (%d %%), %.0f/s, %s to go",
                f"{applied:,}", f"{applied + waiting:,}", 100 * applied / (applied + waiting), rate,
                _duration(waiting / rate),
            )  # fmt: skip


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
