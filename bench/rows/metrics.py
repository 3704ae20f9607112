"""What metrics cost, and tracing that is off: how often they are called for a message, times what a call takes.

Two runs with and without would differ by more than this from one to the next. The embedded chat is the worst case: a
message passes every metric of web and bridge in one process, for a handful of readers.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
import timeit
from collections.abc import Callable
from functools import partial
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from bench.counted import CALLS_FILE, EVERY_S
from bench.row import Limit, Row
from bench.stacks import embedded_stack
from messaging import tracing
from messaging.metrics import FAST
from tests.stack.client import ChatClient
from tests.stack.stack import EmbeddedStack

NAME = "metrics"
ROUNDS = 3
READERS = 10
AT_ONCE = 20
REPEATS = 20_000


def measure(quick: bool) -> Row:
    messages = 400 if quick else 3_000
    costs = {name: _cost_s(call) for name, call in _calls().items()}
    with embedded_stack(web=("-m", "bench.counted")) as stack:
        rounds = asyncio.run(_load(stack, messages))
    shares = [_shares(costs, cpu_s, calls) for cpu_s, calls in rounds]
    share, traced = (statistics.median(one) for one in zip(*shares, strict=True))
    cpu_us = statistics.median(cpu_s for cpu_s, _ in rounds) / messages * 1e6
    count = statistics.median(sum(calls.values()) for _, calls in rounds) / messages
    figures = {"tracing that is off, %": traced, "calls of both a message": count, "CPU of a message, µs": cpu_us}
    return Row(
        NAME, "metrics, of the CPU of a message in the embedded chat", "%", share, figures=figures,
        must=(Limit("value", "<=", 2),),
        conditions={"readers": READERS, "messages a round": messages, "at once": AT_ONCE, "rounds": ROUNDS},
    )  # fmt: skip


async def _load(stack: EmbeddedStack, messages: int) -> list[tuple[float, dict[str, int]]]:
    """(seconds of CPU, calls by name) of each round."""
    people = stack.people(READERS, 1)
    clients = [ChatClient(stack, one.name, one.room, session=one.session) for one in people]
    for client in clients:
        await client.__aenter__()
    found = []
    for number in range(1 + ROUNDS):  # the first one warms up
        before = await _told(stack)
        for first in range(0, messages, AT_ONCE):
            for n in range(AT_ONCE):
                await clients[n % READERS].say(f"{first + n} of round {number}, " + "as people write " * 6)
            shown = number * messages + first + AT_ONCE
            await asyncio.gather(*(one.until(partial(_shows, one, shown), "the messages", 60) for one in clients))
        after = await _told(stack)
        calls = {name: count - before["calls"].get(name, 0) for name, count in after["calls"].items()}
        found.append((after["cpu_s"] - before["cpu_s"], calls))
    for client in clients:
        await client.close()
    return found[1:]


def _shows(client: ChatClient, count: int) -> bool:
    return len(client.messages) >= count


async def _told(stack: EmbeddedStack) -> dict[str, Any]:
    """What the process says after this moment."""
    file, asked = stack.folder / CALLS_FILE, time.time()
    while not file.exists() or file.stat().st_mtime <= asked:  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(EVERY_S / 10)
    told: dict[str, Any] = json.loads(file.read_text())
    return told


def _shares(costs: dict[str, float], cpu_s: float, calls: dict[str, int]) -> tuple[float, float]:
    """(metrics, tracing) in percent of the CPU."""
    spent = {name: count * costs[name] for name, count in calls.items()}
    traced = sum(seconds for name, seconds in spent.items() if name.startswith("tracing."))
    return 100 * (sum(spent.values()) - traced) / cpu_s, 100 * traced / cpu_s


def _cost_s(call: Callable[[], object]) -> float:
    return min(timeit.repeat(call, number=REPEATS, repeat=5)) / REPEATS


def _calls() -> dict[str, Callable[[], object]]:
    """As they are called in the chat, on metrics of our own."""
    registry = CollectorRegistry()
    counter, labelled = Counter("a", "a", registry=registry), Counter("b", "b", ["kind"], registry=registry)
    gauge, labelled_gauge = Gauge("c", "c", registry=registry), Gauge("d", "d", ["kind"], registry=registry)
    histogram = Histogram("e", "e", registry=registry, buckets=FAST)
    labelled_histogram = Histogram("f", "f", ["kind"], registry=registry, buckets=FAST)
    return {
        "Counter.inc": counter.inc,
        "Counter.labels": partial(labelled.labels, kind="send"),
        "Gauge.inc": gauge.inc,
        "Gauge.dec": gauge.dec,
        "Gauge.set": partial(gauge.set, 0.5),
        "Gauge.labels": partial(labelled_gauge.labels, kind="send"),
        "Histogram.observe": partial(histogram.observe, 0.03),
        "Histogram.labels": partial(labelled_histogram.labels, kind="send"),
        "tracing.begin": partial(tracing.begin, "chat.send", room=1),
        "tracing.end": partial(tracing.end, None, room=1),
        "tracing.traceparent": partial(tracing.traceparent, None),
        "tracing.headers": partial(tracing.headers, ""),
        "tracing.parent_in": partial(tracing.parent_in, ()),
        "tracing.note": partial(tracing.note, "chat.push", "", 0, room=1),
        "tracing.forget": tracing.forget,
    }
