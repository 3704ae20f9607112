"""`manage.py chaos`: it breaks things where it may, and says what was lost."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from deploy.services.processes import Running, start_time
from messaging.bridge.audit import Report
from messaging.management.chaos import rehearsal
from messaging.management.chaos.keeper import Keeper, started
from messaging.management.chaos.parts import Part, private_services
from messaging.management.chaos.talker import Talker
from messaging.management.commands.chaos import is_clean, refusal
from tests.stack.processes import ROOT, ManagePy, wait_for
from tests.stack.stack import EmbeddedStack, ServicesStack

ARGUMENTS = ["chaos", "--seconds", "12", "--talkers", "3", "--seed", "3"]


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    made = Keeper(ROOT)
    yield made
    made.close()


def check(printed: str) -> None:
    assert re.search(r"[1-9]\d* faults", printed), printed
    found = re.search(r"sent (\d+), accepted (\d+), stored (\d+), refused 0", printed)
    assert found is not None, printed
    sent, accepted, stored = map(int, found.groups())
    assert sent == accepted == stored > 0
    assert "lost 0, shown twice 0, never settled 0" in printed
    assert "nothing was lost" in printed


def test_an_embedded_process_that_is_killed_and_frozen_loses_nothing(tmp_path: Path, embedded_template: Path) -> None:
    check(EmbeddedStack(tmp_path, embedded_template).run(*ARGUMENTS))


@pytest.mark.services
def test_killed_and_frozen_web_and_bridge_lose_nothing(tmp_path: Path, services_template: str) -> None:
    stack = ServicesStack(tmp_path, template=services_template)
    try:
        printed = stack.run(*ARGUMENTS)
    finally:
        stack.end()
    assert "parts: web, bridge" in printed
    check(printed)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"CHAT_DEMO": False}, "CHAT_DEMO=1"),
        ({"ALLOWED_HOSTS": ["localhost", "chat.example.org"]}, "chat.example.org"),
        ({"NAMED_ORIGINS": ["https://chat.example.org"]}, "ALLOWED_ORIGINS"),
        ({"EMBEDDED": False, "REDIS_URL": "redis://far.example.org:6379/0"}, "Redis is on another machine"),
    ],
)
def test_it_refuses_anything_but_a_development_stack(settings: Any, changed: dict[str, Any], why: str) -> None:
    settings.CHAT_DEMO, settings.EMBEDDED, settings.REDIS_URL = True, True, ""
    settings.ALLOWED_HOSTS, settings.NAMED_ORIGINS = ["127.0.0.1", "localhost"], []
    settings.CHAT_LOG = {**settings.CHAT_LOG, "BOOTSTRAP_SERVERS": ["127.0.0.1:9092"]}
    assert refusal() == ""
    for name, value in changed.items():
        setattr(settings, name, value)
    assert why in refusal()


@pytest.mark.django_db
def test_what_was_accepted_and_is_not_stored_is_called_lost() -> None:
    gone = str(uuid4())
    talker = Talker("ada", "session", 1, 1)
    talker.sent, talker.accepted = 1, {gone}
    outcome = rehearsal._outcome([talker], 1)
    assert outcome.lost == [gone]
    assert outcome.faults == ["ada was not shown 1 messages"]
    assert not is_clean(outcome, Report())
    assert is_clean(rehearsal.Outcome(), Report())
    assert not is_clean(rehearsal.Outcome(), Report(findings=["a hole"]))


def test_a_part_that_was_killed_or_stopped_goes_on(tmp_path: Path, keeper: Keeper) -> None:
    part = Part("web", ["help"], tmp_path / "log", keeper)
    try:
        wait_for(lambda: not part.runs, 30, "it ends")
        part.go_on()
        assert part.runs
        part.freeze()
        part.kill()
        assert not part.runs
    finally:
        part.end()


def children(pid: int) -> set[int]:
    return {int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def test_what_chaos_started_ends_with_it_when_it_is_killed(tmp_path: Path, embedded_template: Path) -> None:
    environment = EmbeddedStack(tmp_path, embedded_template).environment
    chaos = ManagePy("chaos", ["chaos", "--seconds", "300", "--talkers", "1"], environment, tmp_path)
    try:
        chaos.wait_until_printed("people talk", 90)
        started_by_it = children(chaos.process.pid)
        web = next(pid for pid in started_by_it if b"serve" in Path(f"/proc/{pid}/cmdline").read_bytes())
        since = started(web)
        os.kill(web, signal.SIGSTOP)  # as in the middle of a fault: it could see nothing by itself
    finally:
        chaos.process.kill()
        chaos.process.wait()
    assert len(started_by_it) == 2, "web and keeper"
    try:
        wait_for(lambda: all(started(pid) is None for pid in started_by_it), 60, "all end")
    finally:
        if started(web) == since:
            os.kill(web, signal.SIGKILL)


def test_what_is_not_its_own_goes_on(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        keeper = Keeper(ROOT)
        keeper.goes_on(other.pid)
        other.send_signal(signal.SIGSTOP)
        stat = Path(f"/proc/{other.pid}/stat")
        wait_for(lambda: " T " in stat.read_text(), 10, "it stands still")
        keeper.close()
        wait_for(lambda: " T " not in stat.read_text(), 10, "it goes on")
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_service_is_only_stopped_while_it_is_the_process_that_was_started(tmp_path: Path, keeper: Keeper) -> None:
    (tmp_path / "redis").mkdir()
    state = tmp_path / "redis/state.json"
    Running(os.getpid(), start_time(os.getpid()) or 0, 1).save(state)
    assert [service.name for service in private_services(tmp_path, keeper)] == ["redis"]
    Running(os.getpid(), 1, 1).save(state)
    assert private_services(tmp_path, keeper) == []


@pytest.mark.parametrize("nonsense", [("--seconds", "-5"), ("--talkers", "0"), ("--rate", "nan")])
def test_nonsense_is_refused_before_anything_starts(nonsense: tuple[str, str], settings: Any) -> None:
    settings.CHAT_DEMO, settings.ALLOWED_HOSTS = True, ["127.0.0.1"]
    with pytest.raises(CommandError, match=f"{nonsense[0]} has to be above 0"):
        call_command("chaos", *nonsense)
