"""Durations by thousands, kept in buckets 2 % wide. Pure."""

from __future__ import annotations

import math
from collections import Counter

WIDTH = math.log(1.02)
LEAST_MS = 0.01


class Histogram:
    """Of milliseconds; mergeable, and small enough to be sent between processes."""

    def __init__(self, counts: dict[int, int] | None = None, most: float = 0.0) -> None:
        self.counts = Counter(counts or {})
        self.most = most

    def add(self, ms: float, times: int = 1) -> None:
        self.counts[math.ceil(math.log(max(ms, LEAST_MS)) / WIDTH)] += times
        self.most = max(self.most, ms)

    def merge(self, other: Histogram) -> None:
        self.counts.update(other.counts)
        self.most = max(self.most, other.most)

    @property
    def total(self) -> int:
        return self.counts.total()

    def percentile(self, share: float) -> float:
        """At most 2 % too high; 0 when nothing was added."""
        wanted, seen = math.ceil(share * self.total), 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= wanted:
                return min(self.most, math.exp(bucket * WIDTH))
        return 0.0

    def summary(self) -> dict[str, float]:
        """p50, p90, p99 and max, in milliseconds."""
        found = {f"p{int(100 * share)}": self.percentile(share) for share in (0.5, 0.9, 0.99)}
        return {name: round(ms, 2) for name, ms in {**found, "max": self.most}.items()}
