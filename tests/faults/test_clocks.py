"""Machines whose clocks are ten minutes off: order holds, and no time lies in the future or goes back."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.services import install
from tests.faults.conftest import audited
from tests.faults.scale import short_or_whole
from tests.stack.crowd import Crowd
from tests.stack.stack import ServicesStack

pytestmark = [pytest.mark.asyncio, pytest.mark.services]

SECONDS, PER_SECOND = short_or_whole((4, 50), (30, 50))
SOURCE = Path(__file__).resolve().parents[1] / "stack" / "wrong_clock.c"


@pytest.fixture
def off_by(tmp_path: Path) -> Callable[[int], dict[str, str]]:
    """`off_by(-10)`: the environment of a process whose wall clock is ten minutes late."""
    install.require("gcc")
    library = tmp_path / "wrong_clock.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE)], check=True)
    return lambda minutes: {"LD_PRELOAD": str(library), "CLOCK_OFFSET_S": str(60 * minutes)}


@pytest.mark.long
async def test_order_holds_while_clocks_differ_by_twenty_minutes(
    make_stack: Callable[..., ServicesStack], off_by: Callable[[int], dict[str, str]]
) -> None:
    stack = make_stack()
    ports = [stack.port]
    for minutes in (-10, +10):
        stack.environment |= off_by(minutes)
        ports.append(stack.another_port())
        await asyncio.to_thread(stack.start_web, ports[-1])
    await asyncio.to_thread(stack.start_bridge)  # ten minutes ahead
    await asyncio.to_thread(stack.processes[0].end)
    for name in off_by(0):
        del stack.environment[name]
    async with Crowd(stack, stack.people(12, 2), ports) as crowd:
        await crowd.talk(SECONDS, PER_SECOND)
        await crowd.settle()
        await crowd.check()
    rows = stack.rows(
        "SELECT room_id, created_at, created_at > UTC_TIMESTAMP(6) FROM messaging_message ORDER BY room_id, seq"
    )
    assert not any(is_ahead for _, _, is_ahead in rows)
    times: dict[int, list[float]] = {}
    for room, at, _ in rows:
        times.setdefault(room, []).append(at.timestamp())
    assert all(found == sorted(found) for found in times.values())
    audited(stack)
