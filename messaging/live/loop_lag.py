"""How late the event loop runs: the first thing to look at when a server feels slow."""

from __future__ import annotations

import asyncio
import statistics
import time

from messaging import metrics

SAMPLE_S = 0.01
REPORT_S = 1.0


class LoopLag:
    """`worst_s` is the worst of the last second, `usual_s` its median: one late sample is not a loop that waits."""

    def __init__(self) -> None:
        self.worst_s = self.usual_s = 0.0
        self.looks = 0
        """How often it was looked at: it rises while the loop goes on."""

    async def watch(self) -> None:
        """Sleep a little, look how much longer it took, over and over."""
        samples, since = [0.0], time.monotonic()
        while True:
            before = time.perf_counter()
            await asyncio.sleep(SAMPLE_S)
            self.looks += 1
            samples.append(time.perf_counter() - before - SAMPLE_S)
            if time.monotonic() - since >= REPORT_S:
                self.worst_s, self.usual_s = max(samples), statistics.median_low(samples)
                metrics.loop_lag_seconds.set(self.worst_s)
                samples, since = [0.0], time.monotonic()
