"""How a long job on the event loop lets others run."""

from __future__ import annotations

import asyncio
import time

SLICE_S = 0.002
"""A job goes on this long before it lets others run,"""
SHARE = 0.5
"""or as long as this share of what the others took, where a pass of the loop takes long: a job of fixed slices would
stand still there, and what it hands out would come seconds late,"""
MOST_S = 0.1
"""but never longer."""


class Turn:
    """Of one job, from now on."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._slice_s = SLICE_S

    async def share(self) -> bool:
        """Let others run if it is time for them; whether they did."""
        now = time.perf_counter()
        if now - self._began <= self._slice_s:
            return False
        await asyncio.sleep(0)
        self._began = time.perf_counter()
        self._slice_s = min(MOST_S, max(SLICE_S, SHARE * (self._began - now)))
        return True
