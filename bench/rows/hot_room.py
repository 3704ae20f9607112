"""A hot room: the most deliveries a second at p99 below 250 ms, beside the chat of the Channels tutorial.

Ours by `manage.py loadtest`, which verifies every delivery at its client; the tutorial's by plain sockets of the
same number, with the same text, at the most it keeps up with at all.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from bench.filling import BODY
from bench.loadtest import IN_TIME_MS, faults, highest, is_in_time, loadtest, require_loadtest
from bench.readers import Heard, Readers
from bench.row import Limit, Row
from bench.stacks import running_stack
from bench.tutorial.server import CHAT, tutorial

NAME = "hot_room"
FIRST_RATE = 200.0
FIRST_DELIVERIES_TUTORIAL = 1000.0
KEPT_UP = 0.9
RECOVERIES, RECOVERS_S = 6, 10.0
KEPT_UP_MS = 2_000.0
"""The tutorial's chat needs longer than our bound to reach a thousand sockets once: it may, as long as it keeps up."""


def measure(quick: bool) -> Row:
    require_loadtest()
    sockets, seconds, steps = (100, 2.0, 2) if quick else (1000, 15.0, 8)
    theirs = _tutorial(sockets, 2.0 if quick else 10.0, 4 if quick else 6)
    (ours, wrong), (uvicorn, wrong_there) = (_ours(server, sockets, seconds, steps) for server in ("daphne", "uvicorn"))
    return Row(
        NAME, f"deliveries in one room, each verified at its client, p99 below {IN_TIME_MS:g} ms", "deliveries/s",
        ours["deliveries_per_s"], theirs.deliveries / theirs.seconds, "the Channels tutorial's chat, over Redis",
        figures={"sends a second": ours["sends_per_s"], "p50, ms": ours["deliver_ms"]["p50"],
                 "p99, ms": ours["deliver_ms"]["p99"], "accepted p99, ms": ours["accept_ms"]["p99"],
                 "under uvicorn, deliveries/s": uvicorn["deliveries_per_s"],
                 "under uvicorn, p99, ms": uvicorn["deliver_ms"]["p99"],
                 "tutorial p99, ms": theirs.p99_ms, "generator was the limit": float(ours["generator_was_limit"]),
                 "holes, doubles, disorder, lost, at all rates tried": float(wrong + wrong_there)},
        must=(Limit("value", ">=", 400_000), Limit("under uvicorn, deliveries/s", ">=", 400_000),
              Limit("ratio", ">=", 150)),
        aim=(Limit("value", ">=", 1_000_000), Limit("ratio", ">=", 500)),
        conditions={"sockets": sockets, "characters": len(BODY), "seconds a rate": seconds, "rates tried": steps},
    )  # fmt: skip


def _ours(server: str, sockets: int, seconds: float, steps: int) -> tuple[dict[str, Any], int]:
    """The report of the highest rate that is in time; and what was wrong at any."""
    wrong: list[int] = []
    with running_stack(server) as stack:

        def at(rate: float) -> tuple[bool, dict[str, Any]]:
            report = loadtest(stack, "hot-room", sockets=sockets, rooms=1, rate=rate, seconds=seconds)
            wrong.append(faults(report))
            return is_in_time(report), report

        found = highest(at, FIRST_RATE, steps)
    if found is None:
        raise RuntimeError(f"no rate down to {FIRST_RATE / 2 ** (steps - 1):g}/s was delivered in {IN_TIME_MS:g} ms")
    return found, sum(wrong)


def _tutorial(sockets: int, seconds: float, steps: int) -> Heard:
    with tutorial() as server:
        first = FIRST_DELIVERIES_TUTORIAL / sockets
        found = highest(partial(_try, server.port, sockets, seconds), first, steps)
    if found is None:
        raise RuntimeError("the tutorial's chat kept up with no rate")
    return found


def _try(port: int, sockets: int, seconds: float, rate: float) -> tuple[bool, Heard]:
    """With new sockets: where it was too much, it cuts some off, and what has queued up would be late again."""
    with _opened(port, sockets) as readers:
        heard = readers.say(rate, seconds, BODY)
    return heard.p99_ms < KEPT_UP_MS and heard.deliveries >= KEPT_UP * int(rate * (seconds - 0.5)) * sockets, heard


@contextmanager
def _opened(port: int, sockets: int) -> Iterator[Readers]:
    """A server that was asked for too much just now lets nobody in until it has recovered."""
    for patience in range(RECOVERIES, -1, -1):
        with ExitStack() as stack:
            try:
                readers = stack.enter_context(Readers(port, CHAT, sockets))
            except ConnectionError:
                if not patience:
                    raise
                time.sleep(RECOVERS_S)
                continue
            yield readers
            return
