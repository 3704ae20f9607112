"""Private services: their pids are only ours with the start time they had, and what is started is stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.services import control, kafka, redis
from deploy.services.processes import Running, ServiceError, find, free_port, spawn, start_time, stop, wait_until


def test_a_pid_that_was_given_to_another_process_is_not_ours(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    started = start_time(os.getpid())
    assert started is not None
    Running(os.getpid(), started + 1, 1).save(state)
    assert find(state) is None
    assert stop(state) is False
    Running(os.getpid(), started, 1).save(state)
    assert find(state) is not None


@pytest.mark.parametrize("content", ["", "{", '{"pid": 1}', "[]"])
def test_a_broken_state_file_means_not_running(tmp_path: Path, content: str) -> None:
    state = tmp_path / "state.json"
    state.write_text(content)
    assert find(state) is None


def test_what_was_started_is_found_again_and_ended(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    running = spawn(command, tmp_path / "log", state, 1)
    assert find(state) == running
    assert stop(state)
    assert start_time(running.pid) != running.started
    assert not state.exists()


def test_a_service_that_dies_is_told_with_its_last_words(tmp_path: Path) -> None:
    log = tmp_path / "log"
    running = spawn([sys.executable, "-c", "print('no room'); raise SystemExit(3)"], log, tmp_path / "state", 1)
    with pytest.raises(ServiceError, match="no room"):
        wait_until(lambda: False, running, log, "It")


def test_nobody_there_is_not_ready() -> None:
    port = free_port()
    assert not redis.is_ready(port)
    assert not kafka.is_ready(port)


def test_the_pom_names_the_version_the_documents_name() -> None:
    documents = (Path(__file__).parents[2] / "docs/kafka.md").read_text()
    assert f"Apache Kafka {kafka.version()}" in documents


def test_nonsense_is_answered_with_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert control.main(["dance"]) == 2
    assert "start | stop | status" in capsys.readouterr().err


@pytest.mark.services
def test_redis_starts_serves_and_leaves_nothing_behind(tmp_path: Path) -> None:
    state = control.state_of(redis, tmp_path)
    exports = control._start_one(redis, tmp_path)
    running = find(state)
    assert running is not None
    assert exports == {"REDIS_URL": f"redis://127.0.0.1:{running.port}/0"}
    assert control._start_one(redis, tmp_path) == exports
    assert stop(state)
    assert not redis.is_ready(running.port)


def test_the_command_says_what_runs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy.services", "status"]
    done = subprocess.run(command, env={**os.environ, "VAR": str(tmp_path)}, capture_output=True, text=True, check=True)
    assert done.stdout == "mariadb: not running\nredis: not running\nkafka: not running\n"
