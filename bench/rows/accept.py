"""Accept, unloaded: frame in to `accepted` out, beside Kafka's own acks=all round trip in the same run."""

from __future__ import annotations

import asyncio
import statistics

from bench.latency import kafka_round_trips, sends
from bench.row import Limit, Row, percentile
from bench.stacks import running_stack

NAME = "accept"
ROUNDS = 3


def measure(quick: bool) -> Row:
    count = 25 if quick else 200
    accepted: list[list[float]] = []
    kafka: list[list[float]] = []
    with running_stack() as stack:
        for _ in range(ROUNDS):
            accepted.append(asyncio.run(sends(stack, count))[0])
            kafka.append(kafka_round_trips(stack, count))
    p50, p99 = (statistics.median(percentile(one, share) for one in accepted) for share in (0.5, 0.99))
    own = statistics.median(percentile(one, 0.5) for one in kafka)
    return Row(
        NAME, "a frame in to `accepted` out, unloaded, p50", "ms", p50, own, "Kafka's acks=all round trip, p50",
        figures={"p99": p99, "Kafka p99": statistics.median(percentile(one, 0.99) for one in kafka)},
        must=(Limit("value", "<=", 15), Limit("p99", "<=", 60)), aim=(Limit("value", "<=", 8),),
        conditions={"sends a round, one after the other": count, "rounds": ROUNDS},
    )  # fmt: skip
