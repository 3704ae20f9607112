"""`serve --workers`: one dies and the others do not notice, all end together, and none outlives its parent."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Callable

import httpx
import pytest

from deploy.services.processes import free_port
from tests.faults.conftest import audited
from tests.faults.scale import short_or_whole
from tests.stack.crowd import Crowd
from tests.stack.processes import ManagePy, wait_for
from tests.stack.stack import ServicesStack

pytestmark = [pytest.mark.asyncio, pytest.mark.services]

MakeStack = Callable[..., ServicesStack]

SOCKETS, ROOMS, PER_SECOND = short_or_whole((30, 4, 50), (200, 20, 50))


def start_workers(stack: ServicesStack, count: int = 2) -> ManagePy:
    """In the place of the stack's own web process."""
    stack.web.end()
    return stack.start_workers(count)


def pids(parent: ManagePy) -> dict[int, int]:
    """Of the workers that said they serve, the newest of each place."""
    return {int(number): int(pid) for number, pid in re.findall(r"worker (\d+) \((\d+)\) serves", parent.printed())}


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def sockets(stack: ServicesStack, number: int) -> float:
    text = httpx.get(f"http://127.0.0.1:{stack.metrics_port + number}/metrics").text
    return float(next(line for line in text.splitlines() if line.startswith("chat_sockets ")).split()[-1])


async def test_a_worker_that_is_killed_comes_back_and_the_others_keep_their_sockets(make_stack: MakeStack) -> None:
    stack = make_stack(CHAT_DRAIN_S="2")
    parent = await asyncio.to_thread(start_workers, stack)
    first = pids(parent)
    assert set(first) == {0, 1}
    async with Crowd(stack, stack.people(SOCKETS, ROOMS)) as crowd:
        share = [await asyncio.to_thread(sockets, stack, number) for number in (0, 1)]
        assert sum(share) == SOCKETS
        assert min(share) > 0, "all sockets went to one worker"
        talking = asyncio.create_task(crowd.talk(3600, PER_SECOND))
        await asyncio.sleep(1)
        os.kill(first[0], signal.SIGKILL)
        await asyncio.to_thread(wait_for, lambda: pids(parent)[0] != first[0], 30, "another worker")
        await asyncio.sleep(2)
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        await crowd.settle()
        await crowd.check()
        codes = [code for client in crowd.clients for code in client.close_codes]
        assert len(codes) == share[0], "sockets of the other one were closed"
        assert pids(parent)[1] == first[1]
        assert f"worker 0 ({first[0]}) ended with -9" in parent.printed()
        sent = sum(len(client.sent) for client in crowd.clients)
    assert audited(stack)["stored"] >= sent


async def test_workers_end_together_and_ask_everybody_to_come_back(make_stack: MakeStack) -> None:
    stack = make_stack(CHAT_DRAIN_S="2")
    parent = await asyncio.to_thread(start_workers, stack)
    workers = pids(parent)
    async with Crowd(stack, stack.people(SOCKETS, ROOMS)) as crowd:
        await crowd.talk(1, PER_SECOND)
        await crowd.settle()
        assert await asyncio.to_thread(parent.end) == 0
        assert not any(map(is_alive, workers.values()))
        codes = [code for client in crowd.clients for code in client.close_codes]
        assert len(codes) == SOCKETS
        assert sum(code == 4412 for code in codes) >= 0.99 * SOCKETS
        await asyncio.to_thread(start_workers, stack)
        await crowd.settle()
        await crowd.check()
    assert stack.tracebacks() == []


async def test_workers_end_when_their_parent_is_gone(make_stack: MakeStack) -> None:
    stack = make_stack(CHAT_DRAIN_S="1")
    parent = await asyncio.to_thread(start_workers, stack)
    workers = pids(parent)
    parent.kill()
    await asyncio.to_thread(wait_for, lambda: not any(map(is_alive, workers.values())), 20, "the workers end")


async def test_workers_that_cannot_serve_say_why_once_and_are_not_tried_again(make_stack: MakeStack) -> None:
    stack = make_stack()
    beside = ["serve", "--workers", "2", "--port"]
    taken = stack.start("taken", [*beside, str(stack.port)])
    assert await asyncio.to_thread(taken.process.wait, 30) == 1
    assert "already in use" in taken.printed()
    metrics = stack.start("metrics", [*beside, str(free_port()), "--metrics-port", str(stack.metrics_port)])
    assert await asyncio.to_thread(metrics.process.wait, 60) == 1
    assert re.search(r"worker \d ended with 1 before it could serve", metrics.printed())
    assert "Traceback" not in taken.printed() + metrics.printed()
