"""Many rooms: the most sends a second through Kafka, MariaDB and Redis, delivered in time, in rooms of ten.

Without a reference of the same run: there is none to be started here. OpenIM has published 190 a second and core.
"""

from __future__ import annotations

from typing import Any

from bench.loadtest import IN_TIME_MS, faults, highest, is_in_time, loadtest, require_loadtest
from bench.row import Limit, Row
from bench.stacks import running_stack

NAME = "many_rooms"
FIRST_RATE = 200.0


def measure(quick: bool) -> Row:
    require_loadtest()
    sockets, seconds, steps = (200, 2.0, 3) if quick else (2000, 15.0, 8)
    wrong: list[int] = []
    with running_stack() as stack:

        def at(rate: float) -> tuple[bool, dict[str, Any]]:
            report = loadtest(stack, "many-rooms", sockets=sockets, rooms=sockets // 10, rate=rate, seconds=seconds)
            wrong.append(faults(report))
            return is_in_time(report), report

        found = highest(at, FIRST_RATE, steps)
    if found is None:
        raise RuntimeError(f"no rate down to {FIRST_RATE / 2 ** (steps - 1):g}/s was delivered in {IN_TIME_MS:g} ms")
    return Row(
        NAME, f"durable sends in rooms of ten, delivered at p99 below {IN_TIME_MS:g} ms", "sends/s",
        found["sends_per_s"],
        figures={"deliveries a second": found["deliveries_per_s"], "p50, ms": found["deliver_ms"]["p50"],
                 "p99, ms": found["deliver_ms"]["p99"], "accepted p99, ms": found["accept_ms"]["p99"],
                 "generator was the limit": float(found["generator_was_limit"]),
                 "holes, doubles, disorder, lost, at all rates tried": float(sum(wrong))},
        must=(Limit("value", ">=", 700), Limit("deliveries a second", ">=", 7000)), aim=(Limit("value", ">=", 1500),),
        conditions={"sockets": sockets, "rooms": sockets // 10, "seconds a rate": seconds, "rates tried": steps},
    )  # fmt: skip
