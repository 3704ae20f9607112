"""`manage.py loadtest` against a real server: what it counts is true, and what is wrong ends with 1."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from messaging.management.loadtest.plan import End, Second, Step
from messaging.management.loadtest.report import WRONG, as_value, is_clean
from messaging.management.loadtest.run import Found
from tests.stack.processes import ROOT
from tests.stack.stack import EmbeddedStack

CONDITIONS = {"scenario": "hot-room", "processes": 1}


def loadtest(stack: EmbeddedStack, *arguments: str) -> str:
    return stack.run("loadtest", *arguments, "--url", stack.url)


def test_a_hot_room_is_counted_and_clean(shared_stack: EmbeddedStack, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    metrics = f"web=http://127.0.0.1:{shared_stack.metrics_port}/metrics"
    printed = loadtest(
        shared_stack, "hot-room", "--sockets", "20", "--rate", "20", "--seconds", "3", "--processes", "2",
        "--json", str(file), "--metrics", metrics,
    )  # fmt: skip
    report: dict[str, Any] = json.loads(file.read_text())
    assert report["sent"] == report["accepted"] == pytest.approx(60, abs=2)
    assert report["delivered"] == 20 * report["sent"]
    assert {report[name] for name in ("holes", "doubles", "disorder", "lost", "behind", "closed")} == {0}
    assert 0 < report["deliver_ms"]["p50"] <= report["deliver_ms"]["p99"] <= report["deliver_ms"]["max"]
    assert any("web cpu" in second for second in report["series"])
    assert "holes 0, doubles 0" in printed


@pytest.mark.parametrize("name", WRONG)
def test_one_thing_wrong_is_enough(name: str) -> None:
    steps, fine, end = [Step(10, 5)], Second(sent=1), End(lost=0, behind=0)
    assert is_clean(as_value(Found(seconds=[fine], ends=[end, end]), CONDITIONS, steps))
    wrong = Found(seconds=[fine], ends=[end, end])
    if hasattr(end, name):
        wrong.ends.append(replace(end, **{name: 1}))
    else:
        wrong.seconds.append(Second(**{name: 1}))
    assert not is_clean(as_value(wrong, CONDITIONS, steps))


def test_what_is_kept_beyond_the_knee_is_said_of_long_steps_that_came_to_their_end() -> None:
    def said(seconds: int, **others: bool) -> dict[str, Any]:
        steps = [Step(110, seconds), Step(200, seconds)]
        by_step = {0: Second(step=0, accepted=100), 1: Second(step=1, accepted=93)}
        found = Found(seconds=[by_step[number] for number in (0, 1) for _ in range(seconds)], **others)
        found.watched = [{} for _ in found.seconds]
        return as_value(found, {**CONDITIONS, "scenario": "overload"}, steps)

    assert said(5)["kept"] == 0.93
    assert "kept" not in said(4)
    assert "kept" not in said(5, is_whole=False)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["hot-room", "--sockets", "0"], "--sockets"),
        (["hot-room", "--rate", "-1"], "--rate"),
        (["hot-room", "--bytes", "9"], "--bytes"),
        (["hot-room", "--sockets", "2", "--processes", "3"], "--processes"),
        (["hot-room", "--url", "http://chat.example.org"], "on this machine"),
        (["hot-room", "--url", "nonsense"], "--url"),
        (["hot-room", "--metrics", "web"], "NAME=http"),
        (["hot-room", "--json", "/nowhere/at/all.json"], "no folder"),
        (["cold-room"], "invalid choice"),
        (["hot-room", "--url", "http://127.0.0.1:1"], "Nobody answers at 127.0.0.1:1"),
    ],
)
def test_nonsense_is_refused(settings: Any, arguments: list[str], why: str) -> None:
    settings.CHAT_DEMO, settings.EMBEDDED, settings.ALLOWED_HOSTS, settings.NAMED_ORIGINS = (
        True,
        True,
        ["localhost"],
        [],
    )
    settings.DATABASES["default"]["HOST"] = ""
    with pytest.raises(CommandError, match=why):
        call_command("loadtest", *arguments)


def test_it_refuses_where_people_are(settings: Any) -> None:
    settings.CHAT_DEMO = False
    with pytest.raises(CommandError, match="CHAT_DEMO=1"):
        call_command("loadtest", "hot-room")


def test_ctrl_c_ends_it_with_what_was_found(shared_stack: EmbeddedStack, tmp_path: Path) -> None:
    output = tmp_path / "printed"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "loadtest", "hot-room", "--sockets", "5", "--rate", "5", "--seconds", "60",
             "--url", shared_stack.url],
            cwd=ROOT, env={**os.environ, **shared_stack.environment}, stdout=file, stderr=file, start_new_session=True,
        )  # fmt: skip
    deadline = time.monotonic() + 30
    while "   2 s" not in output.read_text():
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(20) == 130
    printed = output.read_text()
    assert "stopped before its end" in printed
    assert "lost unknown" in printed
    assert "Traceback" not in printed
