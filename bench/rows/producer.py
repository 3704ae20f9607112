"""The producer path of a web process: messages a second that leave its event loop in time, beside bare kafka-python.

Open loop: records are due at fixed times, whatever the log does. The rate is the highest of a ladder at which the
loop's lag stays below 20 ms at p99 and what is due does go out.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import time
from concurrent.futures import Future

from kafka import KafkaProducer

from bench.filling import BODY
from bench.row import Limit, Row, percentile
from bench.topics import bare_topic
from messaging.log.kafka.producer import SETTINGS, SupervisedProducer
from messaging.log.loop import LoopAppender
from messaging.log.port import Appended, LogBusy

NAME = "producer"
ROUNDS = 3
RATES = (1000, 2000, 3000, 4000, 5000, 6000, 8000, 10_000, 12_000, 16_000)
TRIES = 2
"""Of each step: one bad moment of the machine is no knee."""

TICK_S = 0.005
LAG_MS = 20.0
LATE_S = 0.5
"""What is acknowledged later than this after the last one was due has queued up."""

VALUE = (BODY * 2).encode()
"""As large as an encoded send of 150 characters."""


def measure(quick: bool) -> Row:
    seconds = 0.5 if quick else 4.0
    rounds = []
    servers = os.environ["KAFKA_BOOTSTRAP_SERVERS"]
    with bare_topic(servers) as topic:
        for _ in range(ROUNDS):
            rate, lag = asyncio.run(_ladder(servers, topic, seconds))
            rounds.append((rate, lag, _bare(servers, topic, 5_000 if quick else 30_000)))
    value, lag, bare = (statistics.median(values) for values in zip(*rounds, strict=True))
    return Row(
        NAME, "records through `SupervisedProducer` and back to the loop, at a loop lag p99 below 20 ms", "messages/s",
        value, bare, "bare kafka-python in a tight loop, the same settings, until all are acknowledged",
        figures={"loop lag p99 at that rate, ms": lag},
        must=(Limit("value", ">=", 3000),), aim=(Limit("value", ">=", 6000),),
        conditions={"bytes": len(VALUE), "seconds a rate": seconds, "rates": list(RATES), "rounds": ROUNDS},
    )  # fmt: skip


async def _ladder(servers: str, topic: str, seconds: float) -> tuple[float, float]:
    """(the rate that came out, loop lag p99 in ms) of the highest step that holds; 0 and the lag of the
    lowest if none does."""
    held: tuple[float, float] | None = None
    producer = SupervisedProducer({"bootstrap_servers": servers}, "")
    try:
        appender = LoopAppender(producer, asyncio.get_running_loop())
        await _append(appender, topic, b"1")
        await _step(appender, topic, RATES[0], seconds)  # what is first done once is no step's
        for rate in RATES:
            for _ in range(TRIES):
                out, lag, late_s = await _step(appender, topic, rate, seconds)
                holds = lag < LAG_MS and out >= 0.95 * rate and late_s <= LATE_S
                if holds:
                    break
            if not holds:
                return held or (0.0, lag)
            held = (out, lag)
    finally:
        await asyncio.to_thread(producer.close, 30)
    assert held is not None
    return held


async def _step(appender: LoopAppender, topic: str, rate: int, seconds: float) -> tuple[float, float, float]:
    """(taken a second, loop lag p99 in ms, seconds until the last of them was acknowledged)"""
    lags: list[float] = []
    watching = asyncio.create_task(_watch(lags))
    waiting, due = [], 0
    started = time.perf_counter()
    while (spent := time.perf_counter() - started) < seconds:
        while due < spent * rate:
            due += 1
            with contextlib.suppress(LogBusy):
                waiting.append(_append(appender, topic, str(due % 200).encode()))
        await asyncio.sleep(TICK_S)
    watching.cancel()
    await asyncio.gather(*waiting)
    return len(waiting) / spent, percentile(lags, 0.99) * 1000, time.perf_counter() - started - spent


def _append(appender: LoopAppender, topic: str, key: bytes) -> asyncio.Future[Appended]:
    waiting: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()

    def settled(done: Future[Appended]) -> None:
        error = done.exception()
        if error is None:
            waiting.set_result(done.result())
        else:
            waiting.set_exception(error)

    appender.append(topic, key, VALUE, (), settled)
    return waiting


async def _watch(lags: list[float]) -> None:
    while True:
        before = time.perf_counter()
        await asyncio.sleep(TICK_S)
        lags.append(time.perf_counter() - before - TICK_S)


def _bare(servers: str, topic: str, count: int) -> float:
    """Messages a second."""
    producer = KafkaProducer(bootstrap_servers=servers, **{**SETTINGS, "max_block_ms": 30_000})
    try:
        producer.send(topic, VALUE).get(10)
        started = time.perf_counter()
        sent = [producer.send(topic, VALUE, str(n % 200).encode()) for n in range(count)]
        producer.flush()
        spent = time.perf_counter() - started
        assert all(one.succeeded() for one in sent)
        return count / spent
    finally:
        producer.close()
