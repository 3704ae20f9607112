"""How late the event loop runs: the first thing to look at when a server feels slow."""

from __future__ import annotations

import asyncio
import time

from messaging import metrics

SAMPLE_S = 0.01
REPORT_S = 1.0


async def watch_loop_lag() -> None:
    """Sleep a little, look how much longer it took, report the worst of each second."""
    worst, since = 0.0, time.monotonic()
    while True:
        before = time.perf_counter()
        await asyncio.sleep(SAMPLE_S)
        worst = max(worst, time.perf_counter() - before - SAMPLE_S)
        if time.monotonic() - since >= REPORT_S:
            metrics.loop_lag_seconds.set(worst)
            worst, since = 0.0, time.monotonic()
