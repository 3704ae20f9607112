"""python -m bench.processes: the same load on one and two web processes and on one and two bridges, in turn.

Starts its own services. Prints a table; nothing is kept.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections import defaultdict
from typing import Any, NamedTuple

from bench.loadtest import faults, loadtest
from bench.stacks import services_stack
from deploy.services.control import private_folder, running
from tests.stack.stack import ServicesStack

COMBINATIONS = ((1, 1), (2, 1), (1, 2), (2, 2))
"""Web processes and bridges."""
ROUNDS, SECONDS = 3, 12.0
SHARED_OUT_S = 12.0
"""Until partitions have moved to a bridge that has just come."""


class Load(NamedTuple):
    scenario: str
    sockets: int
    rooms: int
    rate: float

    def __str__(self) -> str:
        return f"{self.scenario}, {self.sockets:,} sockets, {self.rate:g} sends/s"


LOADS = (Load("hot-room", 1000, 1, 300), Load("many-rooms", 2000, 200, 600))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds has to be 1 or more")
    with running(private_folder()) as exports:
        os.environ |= exports
        with services_stack() as stack:
            found = _measure(stack, options.rounds)
    print("\n| load | web processes, bridges | deliveries/s | shown p50, p99 | accepted p50, p99 | wrong |")
    print("|---|---|---|---|---|---|")
    for (load, combination), reports in found.items():
        print(f"| {load} | {combination[0]}, {combination[1]} | {_told(reports)} |")


def _measure(stack: ServicesStack, rounds: int) -> dict[tuple[Load, tuple[int, int]], list[dict[str, Any]]]:
    found = defaultdict(list)
    for _ in range(rounds):
        for combination in COMBINATIONS:
            _start(stack, *combination)
            for load in LOADS:
                report = loadtest(stack, **load._asdict(), seconds=SECONDS)
                found[load, combination].append(report)
                print(f"{load}; {combination[0]} web, {combination[1]} bridges: {_told([report])}", flush=True)
            for process in stack.processes:
                process.end()
    return found


def _start(stack: ServicesStack, web: int, bridges: int) -> None:
    for _ in range(bridges):
        stack.start_bridge()
    stack.start_workers(web)
    stack.wait_for_demo()
    time.sleep(SHARED_OUT_S)


def _told(reports: list[dict[str, Any]]) -> str:
    def middle(*names: str) -> float:
        figures: list[Any] = reports
        for name in names:
            figures = [figure[name] for figure in figures]
        return statistics.median(figures)

    late = [f"{middle(what, 'p50'):.0f}, {middle(what, 'p99'):.0f} ms" for what in ("deliver_ms", "accept_ms")]
    return " | ".join([f"{middle('deliveries_per_s'):,.0f}", *late, str(sum(map(faults, reports)))])


if __name__ == "__main__":
    main()
