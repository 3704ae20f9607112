"""The processes of a load test, from their start to what they found together."""

from __future__ import annotations

import multiprocessing
import re
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import cast

from messaging.management.loadtest.part import OPEN_S, SETTLE_S, run_part
from messaging.management.loadtest.plan import End, Plan, Seat, Second, Step

READY_S = 4 * OPEN_S
BUSY_CPU = 0.9
LATE_MS = 50.0
"""A generator that was later than this with one in a hundred of its own wake-ups measured itself."""

WATCHED = {
    "process_cpu_seconds_total": "cpu", "chat_loop_lag_seconds": "loop lag, s", "chat_bridge_lag_seconds": "lag, s",
}  # fmt: skip


class LoadError(Exception):
    """Why nothing could be measured."""


@dataclass
class Found:
    """Of all processes. `seconds`: one each second; `watched`: what the servers' metrics said then."""

    seconds: list[Second] = field(default_factory=list)
    watched: list[dict[str, float]] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    took_s: float = 0.0
    is_whole: bool = True

    def total(self) -> Second:
        whole = Second()
        for second in self.seconds:
            whole.merge(second)
        return whole

    def of_step(self, number: int) -> Second:
        whole = Second()
        for second in self.seconds:
            if second.step == number:
                whole.merge(second)
        return whole

    def generator_was_limit(self) -> bool:
        """Its own wake-ups were late, or a process of it had no processor left."""
        busy = sum(second.most_cpu > BUSY_CPU for second in self.seconds)
        return self.total().lag.percentile(0.99) > LATE_MS or busy > len(self.seconds) / 4


def run(
    host: str, port: int, seats: Sequence[Seat], steps: Sequence[Step], *, characters: int, processes: int,
    metrics: Mapping[str, str], tell: Callable[[Second], None],
) -> Found:  # fmt: skip
    """Blocks until the schedule is over and everything shown; Ctrl-C ends it with what was found so far."""
    context = multiprocessing.get_context("spawn")
    pipes: list[Connection] = []
    parts = []
    shares = [list(seats[place::processes]) for place in range(processes)]
    for mine in shares:
        here, there = context.Pipe()
        scaled = [Step(step.rate * len(mine) / len(seats), step.seconds, step.cut) for step in steps]
        plan = Plan(host, port, mine, scaled, characters)
        parts.append(context.Process(target=run_part, args=(plan, there), daemon=True))
        pipes.append(here)
    found = Found()
    began = time.monotonic()
    try:
        for part in parts:
            part.start()
        for pipe in pipes:
            _ready(pipe)
        began = time.monotonic()
        for pipe in pipes:
            pipe.send("go")
        _collect(pipes, found, metrics, tell, sum(step.seconds for step in steps) + SETTLE_S + 30)
    except KeyboardInterrupt:
        found.is_whole = False
    finally:
        found.took_s = time.monotonic() - began
        for part in parts:
            if part.pid is not None:
                part.join(0 if not found.is_whole else 10)
                part.kill()
                part.join()
    return found


def _ready(pipe: Connection) -> None:
    if not pipe.poll(READY_S):
        raise LoadError(f"the sockets were not open within {READY_S:g} s")
    try:
        said = pipe.recv()
    except EOFError:
        raise LoadError("a process of the load test ended before it began") from None
    if said != "ready":
        raise LoadError(said)


def _collect(
    pipes: Sequence[Connection],
    found: Found,
    metrics: Mapping[str, str],
    tell: Callable[[Second], None],
    within_s: float,
) -> None:
    deadline = time.monotonic() + within_s
    waiting = list(pipes)
    before, looked_at = _watch(metrics), time.monotonic()
    second, told = Second(), 0
    while waiting:
        if time.monotonic() > deadline:
            raise LoadError("a process of the load test does not end")
        for pipe in wait(waiting, timeout=1):
            try:
                said = cast(Connection, pipe).recv()
            except EOFError:
                raise LoadError("a process of the load test ended in the middle") from None
            if isinstance(said, End):
                found.ends.append(said)
                waiting.remove(cast(Connection, pipe))
            elif isinstance(said, Second):
                second.merge(said)
                told += 1
            else:
                raise LoadError(said)
        if told >= len(pipes) or (told and not waiting):  # the last of them tell what is left
            now, at = _watch(metrics), time.monotonic()
            found.watched.append(_since(before, now, at - looked_at))
            before, looked_at = now, at
            found.seconds.append(second)
            tell(second)
            second, told = Second(), 0


def _watch(metrics: Mapping[str, str]) -> dict[str, float]:
    """What is watched of each process that answers, as "NAME cpu" (seconds so far) and so on."""
    found: dict[str, float] = {}
    for name, address in metrics.items():
        with suppress(OSError, ValueError), urllib.request.urlopen(address, timeout=0.5) as answer:  # noqa: S310
            text = answer.read().decode()
            for metric, short in WATCHED.items():
                if value := re.search(rf"^{metric} (\S+)$", text, re.MULTILINE):
                    found[f"{name} {short}"] = float(value[1])
    return found


def _since(before: Mapping[str, float], now: Mapping[str, float], passed_s: float) -> dict[str, float]:
    """Processor time as a share of one processor; everything else as it is."""
    return {
        name: (value - before[name]) / passed_s if name.endswith(" cpu") else value
        for name, value in now.items()
        if name in before
    }
