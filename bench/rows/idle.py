"""The memory of an idle socket, signed in and looking at a room; beside a bare Channels consumer with sessions. And how
late others' messages are while thousands are held, over Kafka, MariaDB and Redis."""

from __future__ import annotations

import json
import statistics
import time

from bench.loadtest import faults, loadtest
from bench.row import Limit, Row
from bench.sink import Sink, client_frame
from bench.stacks import embedded_stack, resident_kib, running_stack
from bench.tutorial.server import BARE, tutorial
from tests.stack.processes import wait_for

NAME = "idle"
WARM = 50
"""Sockets that are there before: what the first ones cost once is no other's."""
WAIT_S = 120
SETTLE_S = 3.0


def measure(quick: bool) -> Row:
    count, rounds, held, rate = (200, 1, 200, 20.0) if quick else (1000, 3, 5000, 100.0)
    found = [(_ours(count), _bare(count)) for _ in range(rounds)]
    ours, bare = (statistics.median(values) for values in zip(*found, strict=True))
    with running_stack() as stack:
        load = loadtest(stack, "idle", sockets=held, rooms=held // 10, rate=rate, seconds=5 if quick else 20)
    return Row(
        NAME, "memory of an idle socket that watches a room of ten", "KB", ours, bare,
        "a bare Channels consumer behind `AuthMiddlewareStack`, under daphne",
        figures={"sockets held": float(held), "sends a second": load["sends_per_s"],
                 "p50, ms": load["deliver_ms"]["p50"], "p99, ms": load["deliver_ms"]["p99"],
                 "holes, doubles, disorder, lost": float(faults(load))},
        must=(Limit("value", "<=", 60), Limit("p99, ms", "<=", 150), Limit("holes, doubles, disorder, lost", "<=", 0)),
        aim=(Limit("value", "<=", 40),),
        conditions={"sockets": count, "rounds": rounds},
    )  # fmt: skip


def _ours(count: int) -> float:
    with embedded_stack() as stack:
        people = stack.people(count + WARM, (count + WARM) // 10)
        with Sink(stack.port) as sink:
            before = 0.0
            for start, size in ((0, WARM), (WARM, count)):
                before = resident_kib(stack.web.process.pid)
                some = people[start : start + size]
                sink.open(size, [_hello(person.room) for person in some], [person.session for person in some],
                          protocol="chat.v1")  # fmt: skip
                wait_for(sink.has_opened, WAIT_S, "the handshakes")
                wait_for(lambda: stack.metric("chat_sockets") == start + size, WAIT_S, "the sockets")  # noqa: B023
                time.sleep(SETTLE_S)
            return (resident_kib(stack.web.process.pid) - before) * 1.024 / count


def _hello(room: int) -> bytes:
    return client_frame(json.dumps({"type": "hello", "watch": {str(room): 0}}).encode())


def _bare(count: int) -> float:
    with tutorial() as server, Sink(server.port) as sink:
        before = 0.0
        for size in (WARM, count):
            before = resident_kib(server.pid)
            sink.open(size, cookies=[server.session], path=BARE)
            wait_for(sink.has_opened, WAIT_S, "the handshakes")
            time.sleep(SETTLE_S)
        return (resident_kib(server.pid) - before) * 1.024 / count
