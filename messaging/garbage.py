"""The garbage collector of a process that has started: what it loaded stays for good, and is not looked through again.

A bridge makes thousands of objects a batch; at Python's own threshold of 700 they would be looked through all the time,
with everything that Django has loaded (`make bench ROWS=gc_frozen`, docs/performance.md)."""

from __future__ import annotations

import gc

YOUNG = 5_000
"""New objects that are looked through at once."""


def spare_the_start() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)
