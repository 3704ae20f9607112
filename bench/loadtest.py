"""`manage.py loadtest` against a deployment, and the search for the highest rate that is still delivered in time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tests.stack.processes import ROOT
from tests.stack.stack import Stack

IN_TIME_MS = 250.0
MORE_S = 120
"""Beyond the seconds of the load: its people are made first, and its sockets opened."""

WRONG = ("holes", "doubles", "disorder", "lost")


def require_loadtest() -> None:
    """Before minutes are spent on a reference. Raises RuntimeError when there is no such command."""
    if not (ROOT / "messaging/management/commands/loadtest.py").exists():
        raise RuntimeError("there is no `manage.py loadtest` yet")


def loadtest(stack: Stack, scenario: str, *, sockets: int, rooms: int, rate: float, seconds: float) -> dict[str, Any]:
    """What it reports. Raises RuntimeError when it fails."""
    file = Path(stack.folder) / "loadtest.json"
    file.unlink(missing_ok=True)
    command = [
        sys.executable, "manage.py", "loadtest", scenario, "--url", stack.url, "--sockets", str(sockets),
        "--rooms", str(rooms), "--rate", f"{rate:g}", "--seconds", f"{seconds:g}", "--json", str(file),
    ]  # fmt: skip
    environment = {**os.environ, **stack.environment}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=seconds + MORE_S, check=False
    )
    if not file.exists():
        raise RuntimeError(f"loadtest ended with {done.returncode}: {(done.stderr or done.stdout)[-300:]}")
    report: dict[str, Any] = json.loads(file.read_text())
    return report


def faults(report: dict[str, Any]) -> int:
    """What no client may ever see, counted."""
    return sum(int(report[name]) for name in WRONG)


def is_in_time(report: dict[str, Any]) -> bool:
    """All that was sent was accepted, 99 of 100 deliveries were fast enough, and nothing was wrong."""
    return not faults(report) and bool(
        report["accepted"] >= 0.99 * report["sent"] > 0 and report["deliver_ms"]["p99"] < IN_TIME_MS
    )


Report = TypeVar("Report")


def highest(try_rate: Callable[[float], tuple[bool, Report]], first: float, steps: int) -> Report | None:
    """Double (or halve) from `first` until it turns, then bisect; the report of the highest rate that held.

    What fails is tried once more: the search turns for good, which a moment's disturbance must not make it do.
    """
    best: Report | None = None
    holds_at, fails_at = 0.0, float("inf")
    rate = first
    for _ in range(steps):
        holds, report = try_rate(rate)
        if not holds:
            holds, report = try_rate(rate)
        if holds:
            holds_at, best = rate, report
        else:
            fails_at = rate
        if fails_at == float("inf"):
            rate = holds_at * 2
        elif not holds_at:
            rate = fails_at / 2
        else:
            rate = (holds_at + fails_at) / 2
    return best
