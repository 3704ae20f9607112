"""python -m bench.broker_table [--messages N]: network and I/O threads of the broker, under our own producer.

Prints the rows of the table in docs/kafka.md: messages a second through the appender, and the median and 99th
percentile of the wait for an acknowledgement at a steady rate. Brokers are started anew by turns; every value is the
median of so many rounds.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from bench.producer_table import Seen, Way, appender, seen_through
from deploy.services import kafka
from deploy.services.control import private_folder, running
from messaging.log.kafka import producer


class Threads(NamedTuple):
    network: int
    io: int


TRIED = (Threads(1, 1), Threads(2, 2), Threads(3, 8), Threads(8, 16))
"""The third is Kafka's default."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000, help="of each broker and round")
    parser.add_argument("--steady-s", type=float, default=2.0, help="how long acknowledgements are timed")
    parser.add_argument("--times", type=int, default=3, help="medians of so many rounds")
    options = parser.parse_args()
    table(measured(options.messages, options.steady_s, options.times))


def measured(messages: int, steady_s: float, times: int) -> dict[Threads, Seen]:
    own = Way(*(producer.SETTINGS[name] for name in Way._fields))
    rounds: dict[Threads, list[Seen]] = defaultdict(list)
    for _ in range(times):
        for threads in TRIED:
            with broker(threads), appender(own) as through:
                rounds[threads].append(seen_through(through, messages, steady_s))
    return {threads: Seen(*map(statistics.median, zip(*seen, strict=True))) for threads, seen in rounds.items()}


@contextmanager
def broker(threads: Threads) -> Iterator[None]:
    """The services of the tests, their broker with so many threads."""
    before = kafka.PROPERTIES
    for name, count in threads._asdict().items():
        kafka.PROPERTIES = re.sub(rf"num\.{name}\.threads=\d+", f"num.{name}.threads={count}", kafka.PROPERTIES)
    try:
        with running(private_folder()) as exports:
            os.environ.update(exports)
            yield
    finally:
        kafka.PROPERTIES = before


def table(seen: dict[Threads, Seen]) -> None:
    print("| `num.network.threads` | `num.io.threads` | messages/s | acknowledged p50 / p99, ms |")
    print("|---|---|---|---|")
    for threads, one in seen.items():
        print(f"| {threads.network} | {threads.io} | {one.per_second:,.0f} | {one.p50_ms:.1f} / {one.p99_ms:.1f} |")


if __name__ == "__main__":
    main()
