"""Nothing waits for Kafka or the database on the event loop: with both frozen, the loop runs on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.stack.client import ChatClient
from tests.stack.invariants import check
from tests.stack.stack import ServicesStack

pytestmark = [pytest.mark.asyncio, pytest.mark.services]

FROZEN_S = 5.0
MOST_LAG_S = 0.05


def listener(port: int) -> int:
    """The pid of the process that listens on a loopback port."""
    wanted = f"0100007F:{port:04X}"
    lines = [
        line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    inodes = {line[9] for line in lines if line[3] == "0A" and line[1].endswith(wanted[-5:])}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for descriptor in (process / "fd").iterdir():
                target = os.readlink(descriptor)
                if target.startswith("socket:[") and target[8:-1] in inodes:
                    return int(process.name)
    raise AssertionError(f"nobody listens on {port}")


@contextlib.contextmanager
def frozen(*pids: int) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def test_the_loop_runs_on_while_mariadb_and_kafka_are_frozen(services_stack: ServicesStack) -> None:
    mariadb = listener(urlsplit(os.environ["DATABASE_URL"]).port or 3306)
    kafka = listener(int(os.environ["KAFKA_BOOTSTRAP_SERVERS"].rpartition(":")[2]))
    async with (
        ChatClient(services_stack, "ada") as ada,
        ChatClient(services_stack, "bo") as bo,
        httpx.AsyncClient() as http,
    ):
        await ada.say("before")
        await bo.until(lambda: bo.shows("before"), "before")
        lags: list[float] = []
        pongs: list[float] = []
        with frozen(mariadb, kafka):
            until = time.monotonic() + FROZEN_S
            number = 0
            while time.monotonic() < until:
                await ada.say(f"frozen {number}")
                await bo.write(type="sync", room=1, after=0)
                number += 1
                pongs.append(await _ping(ada))
                await asyncio.sleep(0.02)
                if number % 40 == 0:
                    lags.append(await _lag(services_stack, http))
            assert not ada.shows("frozen 0"), "the premise: nothing is stored while the services are frozen"
        assert len(lags) >= 3
        assert max(lags) < MOST_LAG_S, lags
        assert sorted(pongs)[int(len(pongs) * 0.99)] < 0.1
        await ada.until(lambda: len(ada.accepted) == number + 1, "accepted after the thaw", within_s=30)
        await bo.until(lambda: bo.shows(f"frozen {number - 1}"), "shown after the thaw", within_s=30)
        await ada.until(lambda: ada.rev == bo.rev, "the same rev", within_s=30)
        check(services_stack, ada, bo)


async def _ping(client: ChatClient) -> float:
    """Seconds from a ping to its pong."""
    pongs = sum(frame["type"] == "pong" for frame in client.frames)
    started = time.perf_counter()
    await client.write(type="ping")
    await client.until(lambda: sum(frame["type"] == "pong" for frame in client.frames) > pongs, "a pong")
    return time.perf_counter() - started


async def _lag(stack: ServicesStack, http: httpx.AsyncClient) -> float:
    text = (await http.get(f"http://127.0.0.1:{stack.metrics_port}/metrics")).text
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith("chat_loop_lag_seconds "))
