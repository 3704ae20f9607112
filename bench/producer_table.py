"""python -m bench.producer_table [--messages N]: batch size x linger x compression of the producer that accepts.

Prints the rows of the table in docs/kafka.md: messages a second through the appender, and the median and 99th
percentile of the wait for an acknowledgement at a steady rate. Every value is the median of so many rounds, the
combinations taking turns, so that a machine that is busy for a while is so for all of them.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import NamedTuple, TypeVar
from uuid import uuid4

from deploy.services.control import private_folder, running
from messaging.log.kafka import KafkaLog, producer
from messaging.log.port import Appender, LogBusy, TopicSpec

TOPIC = "chat.commands"
PARTITIONS = 32
ROOMS = 200
BODY = b"A message of about a hundred and fifty characters, as people write them when they have something to say. " * 3
BATCH_BYTES = (16_384, 131_072, 262_144)
LINGER_MS = (0, 5, 20)
COMPRESSION = (None, "lz4")
STEADY_PER_SECOND = 500


Tried = TypeVar("Tried")


class Way(NamedTuple):
    batch_size: int
    linger_ms: int
    compression_type: str | None


class Seen(NamedTuple):
    per_second: float
    p50_ms: float
    p99_ms: float


def main() -> None:
    options = parsed(__doc__)
    ways = [Way(*one) for one in itertools.product(BATCH_BYTES, LINGER_MS, COMPRESSION)]
    with running(private_folder()) as exports:
        os.environ.update(exports)
        table(measured(ways, appender, options))


def parsed(description: str | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--messages", type=int, default=20_000, help="of each combination and round")
    parser.add_argument("--steady-s", type=float, default=2.0, help="how long acknowledgements are timed")
    parser.add_argument("--times", type=int, default=3, help="medians of so many rounds")
    options = parser.parse_args()
    if min(options.messages, options.steady_s, options.times) <= 0:
        parser.error("all of these have to be above 0")
    return options


def measured(
    tried: Sequence[Tried], through: Callable[[Tried], AbstractContextManager[Appender]], options: argparse.Namespace
) -> dict[Tried, Seen]:
    """Of everything that is tried, in turn, with the appender that `through` gives for it."""
    rounds: dict[Tried, list[Seen]] = defaultdict(list)
    for _ in range(options.times):
        for one in tried:
            with through(one) as opened:
                per_second, waits = burst(opened, options.messages), steady(opened, options.steady_s)
            rounds[one].append(Seen(per_second, percentile(waits, 0.5), percentile(waits, 0.99)))
    return {one: Seen(*map(statistics.median, zip(*seen, strict=True))) for one, seen in rounds.items()}


def in_use() -> Way:
    return Way(*(producer.SETTINGS[name] for name in Way._fields))


@contextmanager
def appender(way: Way) -> Iterator[Appender]:
    """The product's own, with other settings; warm."""
    before = dict(producer.SETTINGS)
    producer.SETTINGS.update(way._asdict())
    log = KafkaLog([os.environ["KAFKA_BOOTSTRAP_SERVERS"]], topic_prefix=f"b{uuid4().hex[:8]}-")
    try:
        log.ensure_topics([TopicSpec(TOPIC, PARTITIONS, {"message.timestamp.type": "LogAppendTime"})])
        through = log.appender()
        for future in [through.append(TOPIC, b"%d" % room, BODY) for room in range(ROOMS)]:
            future.result(30)
        yield through
    finally:
        log.close()
        producer.SETTINGS.clear()
        producer.SETTINGS.update(before)


def burst(through: Appender, count: int) -> float:
    """As many as it takes; messages a second from the first append to the last acknowledgement."""
    started = time.perf_counter()
    futures = []
    for number in range(count):
        while True:
            try:
                futures.append(through.append(TOPIC, b"%d" % (number % ROOMS), BODY))
                break
            except LogBusy:
                time.sleep(0.002)
    for future in futures:
        future.result(60)
    return count / (time.perf_counter() - started)


def steady(through: Appender, seconds: float) -> list[float]:
    """Milliseconds that each acknowledgement took, at STEADY_PER_SECOND."""
    waits: list[float] = []
    futures = []

    def note(began: float, _: object) -> None:
        waits.append(1000 * (time.perf_counter() - began))

    started = time.perf_counter()
    for number in range(int(seconds * STEADY_PER_SECOND)):
        time.sleep(max(0.0, started + number / STEADY_PER_SECOND - time.perf_counter()))
        noted = partial(note, time.perf_counter())
        future = through.append(TOPIC, b"%d" % (number % ROOMS), BODY)
        future.add_done_callback(noted)
        futures.append(future)
    for future in futures:
        future.result(60)
    return waits


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def table(seen: dict[Way, Seen]) -> None:
    """`ratio` is to the settings in use, in the same run."""
    own = seen[in_use()]
    print("| `batch_size` | `linger_ms` | `compression_type` | messages/s | ratio | acknowledged p50 / p99, ms |")
    print("|---|---|---|---|---|---|")
    for way, one in seen.items():
        figures = f"{one.per_second:,.0f} | {one.per_second / own.per_second:.2f} | {one.p50_ms:.1f} / {one.p99_ms:.1f}"
        print(f"| {way.batch_size} | {way.linger_ms} | {way.compression_type or 'none'} | {figures} |")


if __name__ == "__main__":
    main()
