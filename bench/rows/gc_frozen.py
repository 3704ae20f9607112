"""What `gc.freeze` after the start is good for: the pause of a full collection, with it and without."""

from __future__ import annotations

import gc
import statistics
import time
from functools import partial
from typing import Any

from bench.row import Limit, Row
from bench.sink import Sink
from bench.watched_room import WatchedRoom, serve

NAME = "gc_frozen"
PAUSES = 9


def measure(quick: bool) -> Row:
    sockets = 50 if quick else 1000
    frozen, thawed, kept = serve(partial(_work, sockets=sockets))
    return Row(
        NAME, f"pause of a full collection with {sockets:,} sockets, when the start is frozen", "ms", frozen,
        thawed, "the same process after `gc.unfreeze()`",
        figures={"objects spared": kept}, must=(Limit("ratio", "<=", 0.9),),
        conditions={"sockets": sockets, "collections": PAUSES},
    )  # fmt: skip


async def _work(room: WatchedRoom, port: int, *, sockets: int) -> tuple[float, float, float]:
    """Everything a web process has at its start is loaded, and frozen as `WebProcess.start` does it."""
    _load_all()
    gc.collect()
    gc.freeze()
    kept = gc.get_freeze_count()
    with Sink(port) as sink:
        await room.grow(sink, sockets)
        await room.deliver(sink, 20)
        frozen = _pause()
        gc.unfreeze()
        return frozen, _pause(), kept


def _load_all() -> Any:
    from django.urls import get_resolver

    from chatsite.asgi import application

    assert get_resolver().url_patterns
    return application


def _pause() -> float:
    """Milliseconds."""
    found = []
    for _ in range(PAUSES):
        started = time.perf_counter()
        gc.collect()
        found.append((time.perf_counter() - started) * 1000)
    return statistics.median(found)
