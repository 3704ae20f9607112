"""Fan-out, uncoalesced: the CPU of a delivery, beside the bare send of the same bytes to the same sockets."""

from __future__ import annotations

import statistics
from functools import partial

from bench.row import Limit, Row
from bench.sink import Sink
from bench.watched_room import WatchedRoom, serve

NAME = "fanout"
ROUNDS = 3


def measure(quick: bool) -> Row:
    return measure_under("daphne", NAME, quick)


def measure_under(server: str, name: str, quick: bool) -> Row:
    watchers, messages = (200, 60) if quick else (1000, 200)
    rounds = serve(partial(_work, watchers=watchers, messages=messages), server)
    ours = [one for one, _ in rounds]
    ratio = statistics.median(one / other for one, other in rounds)
    value = statistics.median(ours)
    return Row(
        name, f"CPU of the serving process for one delivery under {server}, one frame a write", "µs", value,
        value / ratio, "bare `socket.send` of the same bytes to the same sockets",
        figures={"highest of the rounds": max(ours)},
        must=(Limit("value", "<=", 20), Limit("ratio", "<=", 2.5)),
        aim=(Limit("value", "<=", 9), Limit("ratio", "<=", 1.2)),
        conditions={"watchers": watchers, "messages a round": messages, "rounds": ROUNDS, "server": server},
    )  # fmt: skip


async def _work(room: WatchedRoom, port: int, *, watchers: int, messages: int) -> list[tuple[float, float]]:
    """(ours, bare) in microseconds, for each round."""
    with Sink(port) as sink:
        await room.grow(sink, watchers)
        await room.deliver(sink, messages // 4)
        found = []
        for _ in range(ROUNDS):
            ours = await room.deliver(sink, messages)
            bare = await room.send_bare(sink, messages)
            found.append((ours / (messages * watchers) * 1e6, bare / (messages * watchers) * 1e6))
        return found
