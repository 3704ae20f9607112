"""Growth: what one more watcher costs, from 10 to 5,000; and what of a message does not depend on watchers at all."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from django.conf import settings

from bench.row import Limit, Row
from bench.sink import Sink, client_frame
from bench.stacks import running_stack
from bench.watched_room import LONE, ROOM, WatchedRoom, serve, until
from tests.stack.client import ChatClient
from tests.stack.stack import Person, ServicesStack

NAME = "growth"
PROCESSES = 3
DELIVERIES = 200_000
BURST = 20
"""Messages at once where few watch: woken for each of them, the process would spend more on that than on watchers."""

PAUSE_S = 0.02

Work = Callable[[Sink, int, int, int], Awaitable[float]]


def measure(quick: bool) -> Row:
    sizes = (10, 500) if quick else (10, 100, 1000, 5000)
    work = partial(_costs, sizes=sizes, deliveries=10_000 if quick else DELIVERIES)
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as processes:  # a reactor runs but once
        found = list(processes.map(serve, [work] * (1 if quick else PROCESSES)))
    costs = {size: _medians([one[size] for one in found]) for size in sizes}
    few, many = _per_message((5, 50) if quick else (10, 500), 50 if quick else 200)
    figures = {f"µs at {size:,}": ours for size, (ours, _) in costs.items()}
    figures |= {f"bare send, µs at {size:,}": bare for size, (_, bare) in costs.items()}
    in_bare = [ours / bare for ours, bare in costs.values()]
    figures["in bare sends, % from flat"] = _spread(in_bare)
    figures["the µs themselves, % from flat"] = _spread([ours for ours, _ in costs.values()])
    figures |= {"statements a message, few watchers": few[0], "statements a message, many watchers": many[0],
                "layer events a message, few": few[1], "layer events a message, many": many[1],
                "statements added": many[0] - few[0], "events added": many[1] - few[1]}  # fmt: skip
    return Row(
        NAME, "how much more bare sends to the same sockets one more delivery costs with more watchers than with fewer",
        "%", _growth(in_bare),
        figures=figures,
        must=(Limit("value", "<=", 15), Limit("statements added", "<=", 1), Limit("events added", "<=", 0.2)),
        conditions={"watchers": list(sizes), "processes": len(found)},
    )  # fmt: skip


def _medians(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    ours, bare = (statistics.median(values) for values in zip(*pairs, strict=True))
    return ours, bare


def _growth(values: Sequence[float]) -> float:
    """How far any is above one before it, at most, in percent; 0 where none is."""
    return max(late / early - 1 for place, late in enumerate(values) for early in values[: place + 1]) * 100


def _spread(values: Sequence[float]) -> float:
    """How far the farthest is from the one in the middle, in percent."""
    flat = statistics.median(values)
    return max(abs(value / flat - 1) for value in values) * 100


async def _costs(
    room: WatchedRoom, port: int, *, sizes: Sequence[int], deliveries: int
) -> dict[int, tuple[float, float]]:
    """Microseconds of one more delivery at each size, beyond what a message costs with a single watcher: ours, and of a
    bare send. Everything leaves at once: what a window costs a message, and the looks that are taken meanwhile, come
    with any number of watchers but one, and would count as theirs."""
    settings.CHAT_FANOUT_WINDOW_MS = 0
    with Sink(port) as sink:
        await room.grow(sink, 1, LONE)
        await room.deliver(sink, 1000, BURST, LONE)
        found = {}
        for size in sizes:
            await room.grow(sink, size)
            found[size] = await _cost(room, sink, size, deliveries)
        return found


async def _cost(room: WatchedRoom, sink: Sink, watchers: int, deliveries: int) -> tuple[float, float]:
    """All four take turns, burst by burst: by itself a message costs as much as twenty to fifty watchers, and the
    machine's mood changes within the second, which would be taken for what watchers cost."""
    burst = max(1, min(BURST, 500 // watchers))
    turns = max(10, min(deliveries // BURST, deliveries // watchers) // burst)

    async def spent(work: Work, number: int) -> float:
        return await work(sink, burst, burst, number) / burst * 1e6

    more: list[tuple[float, float]] = []
    for _ in range(turns):
        alone = await spent(room.deliver, LONE), await spent(room.send_bare, LONE)
        many = await spent(room.deliver, ROOM), await spent(room.send_bare, ROOM)
        more.append((many[0] - alone[0], many[1] - alone[1]))
    ours, bare = _medians(more)
    return ours / (watchers - 1), bare / (watchers - 1)


def _per_message(sizes: tuple[int, int], messages: int) -> list[tuple[float, float]]:
    """(statements, layer events) of a message with few and with many watchers, in a deployment on the services."""
    with running_stack() as stack:
        people = stack.people(max(sizes), 1)
        return [asyncio.run(_count(stack, people[:size], messages)) for size in sizes]


async def _count(stack: ServicesStack, people: list[Person], messages: int) -> tuple[float, float]:
    """What an idle deployment does in the same time is taken off."""
    hello = client_frame(json.dumps({"type": "hello", "watch": {str(people[0].room): 0}}).encode())
    talker = ChatClient(stack, people[0].name, people[0].room, session=people[0].session)
    async with talker:
        with Sink(stack.port) as sink:
            sink.open(len(people), [hello], [person.session for person in people], protocol="chat.v1")
            await until(sink.has_opened, "the handshakes")
            await asyncio.sleep(2)
            started, before = time.monotonic(), _counters(stack)
            for number in range(messages):
                await talker.say(f"message {number}")
                await asyncio.sleep(PAUSE_S)
            await talker.until(lambda: len(talker.shown_after) == messages, "the messages", 60)
            spent, after = time.monotonic() - started, _counters(stack)
            await asyncio.sleep(spent)
            idle = _counters(stack)
    statements, events = ((b - a - (c - b)) / messages for a, b, c in zip(before, after, idle, strict=True))
    return statements, events


def _counters(stack: ServicesStack) -> tuple[float, float]:
    return stack.queries(), stack.metric("chat_layer_events_total")
