"""The last half hour of this process' main metrics, in memory: for `/ops/`, where no Prometheus is at hand."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.samples import Sample as MetricSample

from messaging import metrics

EVERY_S = 5.0
KEPT = 360
RATE_OVER = 3
"""Samples that a rate spans."""

PERCENTILE_OVER = 12
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

Buckets = tuple[tuple[float, float], ...]
"""(upper bound, observations up to it), rising."""


class Sample(NamedTuple):
    """As it stood at one moment; counters and buckets since the start of the process."""

    at: float
    sockets: float
    sends: float
    deliveries: float
    loop_lag: float
    pressure: float
    memory: float
    waiting: float
    accepting: Buckets
    storing: Buckets


Point = tuple[float, float]
"""(seconds ago, value)"""


class History:
    """Event-loop only for taking samples; reading is safe from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._samples: deque[Sample] = deque(maxlen=KEPT)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._watch())

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def take(self) -> None:
        self._samples.append(_read(self._clock()))

    def curves(self) -> dict[str, list[Point]]:
        """By name, oldest point first. A percentile has no point for a time in which nothing was measured."""
        samples, now = list(self._samples), self._clock()
        found: dict[str, list[Point]] = {
            name: [(now - sample.at, getattr(sample, name)) for sample in samples]
            for name in ("sockets", "loop_lag", "pressure", "memory", "waiting")
        }
        for name in ("sends", "deliveries"):
            found[name] = [
                (now - after.at, (getattr(after, name) - getattr(before, name)) / (after.at - before.at))
                for before, after in _pairs(samples, RATE_OVER)
            ]
        for name in ("accepting", "storing"):
            found[name] = [
                (now - after.at, value)
                for before, after in _pairs(samples, PERCENTILE_OVER)
                if (value := percentile(getattr(before, name), getattr(after, name), 0.99)) is not None
            ]
        return found

    async def _watch(self) -> None:
        while True:
            self.take()
            await asyncio.sleep(EVERY_S)


def percentile(before: Buckets, after: Buckets, share: float) -> float | None:
    """Of what was observed between the two, interpolated within its bucket as Prometheus does; None: nothing was."""
    grown = [(bound, count - earlier) for (bound, count), (_, earlier) in zip(after, before, strict=True)]
    wanted = grown[-1][1] * share
    if wanted <= 0:
        return None
    lower, below = 0.0, 0.0
    for bound, count in grown:
        if count >= wanted:
            return lower if bound == float("inf") else lower + (bound - lower) * (wanted - below) / (count - below)
        lower, below = bound, count
    return lower


def _pairs(samples: Sequence[Sample], apart: int) -> list[tuple[Sample, Sample]]:
    """Each sample with the one `apart` places before it, or with the first while there are fewer."""
    return [(samples[max(0, number - apart)], sample) for number, sample in enumerate(samples) if number]


def _read(at: float) -> Sample:
    return Sample(
        at=at,
        sockets=_total(metrics.sockets),
        sends=_total(metrics.frames_received, type="send"),
        deliveries=_total(metrics.deliveries),
        loop_lag=_total(metrics.loop_lag_seconds),
        pressure=max((one.value for one in _samples(metrics.pressure)), default=0.0),
        memory=_resident_bytes(),
        waiting=_total(metrics.bridge_lag_records),
        accepting=_buckets(metrics.accept_seconds),
        storing=_buckets(metrics.store_seconds),
    )


def _total(metric: Counter | Gauge, **labels: str) -> float:
    """Sum of what has these labels."""
    return sum(one.value for one in _samples(metric) if labels.items() <= one.labels.items())


def _buckets(metric: Histogram) -> Buckets:
    return tuple((float(one.labels["le"]), one.value) for one in _samples(metric) if one.name.endswith("_bucket"))


def _samples(metric: Counter | Gauge | Histogram) -> list[MetricSample]:
    """Without the times at which they were made."""
    found = [one for family in metric.collect() for one in family.samples]
    return [one for one in found if not one.name.endswith("_created")]


def _resident_bytes() -> float:
    return float(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES
