"""python -m bench.broker_table [--messages N]: network and I/O threads of the broker, under our own producer.

Prints the rows of the table in docs/kafka.md: messages a second through the appender, and the median and 99th
percentile of the wait for an acknowledgement at a steady rate. Brokers are started anew by turns; every value is the
median of so many rounds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from bench.producer_table import Seen, appender, in_use, measured, parsed
from deploy.services import kafka
from deploy.services.control import private_folder, running
from messaging.log.port import Appender


class Threads(NamedTuple):
    network: int
    io: int


TRIED = (Threads(1, 1), Threads(2, 2), Threads(3, 8), Threads(8, 16))
"""The third is Kafka's default."""


def main() -> None:
    table(measured(TRIED, broker, parsed(__doc__)))


@contextmanager
def broker(threads: Threads) -> Iterator[Appender]:
    """The product's own appender, before the services of the tests, their broker with so many threads."""
    before = kafka.PROPERTIES
    for name, count in threads._asdict().items():
        kafka.PROPERTIES = re.sub(rf"num\.{name}\.threads=\d+", f"num.{name}.threads={count}", kafka.PROPERTIES)
    try:
        with running(private_folder()) as exports:
            os.environ.update(exports)
            with appender(in_use()) as through:
                yield through
    finally:
        kafka.PROPERTIES = before


def table(seen: dict[Threads, Seen]) -> None:
    print("| `num.network.threads` | `num.io.threads` | messages/s | acknowledged p50 / p99, ms |")
    print("|---|---|---|---|")
    for threads, one in seen.items():
        print(f"| {threads.network} | {threads.io} | {one.per_second:,.0f} | {one.p50_ms:.1f} / {one.p99_ms:.1f} |")


if __name__ == "__main__":
    main()
