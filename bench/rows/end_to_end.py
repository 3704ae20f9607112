"""End to end, unloaded: a send to shown at another client, beside the sum of its parts, each measured bare.

The parts: Kafka from the producer to a consumer that polls; a transaction like the bridge's for one message; Redis
from PUBLISH to the subscriber. What is ours is the rest.
"""

from __future__ import annotations

import asyncio
import statistics

from bench.latency import kafka_ways, redis_ways, sends, transactions
from bench.row import Limit, Row, percentile
from bench.stacks import running_stack

NAME = "end_to_end"
ROUNDS = 3


def measure(quick: bool) -> Row:
    count = 25 if quick else 200
    shown: list[list[float]] = []
    parts: dict[str, list[float]] = {"Kafka, p50": [], "transaction, p50": [], "Redis, p50": []}
    with running_stack() as stack:
        for _ in range(ROUNDS):
            shown.append(asyncio.run(sends(stack, count))[1])
            for name, measured in zip(parts, (kafka_ways, transactions, redis_ways), strict=True):
                parts[name].append(percentile(measured(stack, count), 0.5))
    p50, p99 = (statistics.median(percentile(one, share) for one in shown) for share in (0.5, 0.99))
    figures = {name: statistics.median(values) for name, values in parts.items()}
    return Row(
        NAME, "a send to shown at another client, unloaded, p50", "ms", p50, sum(figures.values()),
        "the sum of the parts: Kafka to a bare consumer, a transaction of one message, Redis PUBLISH to its subscriber",
        figures={"p99": p99, **figures},
        must=(Limit("value", "<=", 40), Limit("p99", "<=", 150)), aim=(Limit("value", "<=", 20),),
        conditions={"sends a round, one after the other": count, "rounds": ROUNDS},
    )  # fmt: skip
