"""The embedded log: one process at a time, one sync for many records, nothing acknowledged is ever lost."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from messaging.log.embedded import EmbeddedLog
from messaging.log.port import LogLocked, LogUnavailable
from tests.messaging.log.conftest import SPEC, TOPIC, take_all

WRITER = """
import sys
from messaging.log.embedded import EmbeddedLog
from messaging.log.port import TopicSpec
log = EmbeddedLog(sys.argv[1])
log.ensure_topics([TopicSpec("chat.commands", 1)])
number = 0
while True:
    futures = [log.appender().append("chat.commands", b"k", str(number + i).encode()) for i in range(7)]
    for future in futures:
        print(future.result().offset, number, flush=True)
        number += 1
"""


def start_writer(path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_killed_process_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite3"
    acknowledged: dict[int, str] = {}
    for _ in range(3):
        with start_writer(path) as writer:
            assert writer.stdout is not None
            for _ in range(random.randint(20, 60)):
                offset, number = writer.stdout.readline().split()
                acknowledged[int(offset)] = number
            writer.send_signal(signal.SIGKILL)
    log = EmbeddedLog(path)
    log.ensure_topics([SPEC])
    [records] = take_all(log.reader("g", [TOPIC]), len(acknowledged)).values()
    log.close()
    stored = {record.offset: record.value.decode() for record in records}
    assert len(acknowledged) >= 60
    assert acknowledged.items() <= stored.items()
    assert sorted(stored) == list(range(len(stored)))


def test_a_second_process_is_refused_and_told_which_one_has_it(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite3"
    with start_writer(path) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(LogLocked, match=f"in use by process {writer.pid}"):
            EmbeddedLog(path).appender()
        writer.kill()


def test_many_records_share_a_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = EmbeddedLog(tmp_path / "log.sqlite3")
    log.ensure_topics([SPEC])
    writer = log.appender()
    commits: list[int] = []
    insert = writer._insert
    monkeypatch.setattr(writer, "_insert", lambda batch, *rest: commits.append(len(batch)) or insert(batch, *rest))
    for future in [writer.append(TOPIC, b"k", b"x") for _ in range(1000)]:
        future.result(20)
    log.close()
    assert sum(commits) == 1000
    assert len(commits) < 500


def test_a_disk_that_fails_is_told_and_the_log_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = EmbeddedLog(tmp_path / "log.sqlite3")
    log.ensure_topics([SPEC])
    writer = log.appender()
    insert = writer._insert

    def full(*arguments: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(writer, "_insert", full)
    with pytest.raises(LogUnavailable, match="disk is full"):
        writer.append(TOPIC, b"k", b"lost").result(20)
    monkeypatch.setattr(writer, "_insert", insert)
    assert writer.append(TOPIC, b"k", b"kept").result(20).offset == 0
    log.close()


def test_another_file_is_another_topic(tmp_path: Path) -> None:
    ids = set()
    for name in ("a", "b"):
        log = EmbeddedLog(tmp_path / name)
        log.ensure_topics([SPEC])
        ids.add(log.topic(TOPIC).id)
        log.close()
    assert len(ids) == 2
