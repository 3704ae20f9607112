"""The embedded log: one process at a time, one sync for many records, nothing acknowledged is ever lost."""

from __future__ import annotations

import contextlib
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from messaging.log.embedded import EmbeddedLog, retention
from messaging.log.embedded.retention import forget_old
from messaging.log.embedded.store import SCHEMA
from messaging.log.embedded.writer import REST_S
from messaging.log.port import LogLocked, LogUnavailable, Partition, TopicSpec
from tests.messaging.log.conftest import SPEC, TOPIC, take_all

PLACE = Partition(TOPIC, 0)

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


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EmbeddedLog]:
    made = EmbeddedLog(tmp_path / "log.sqlite3")
    made.ensure_topics([SPEC])
    yield made
    made.close()


def offsets(log: EmbeddedLog) -> list[int]:
    earliest, end = log.bounds(TOPIC)[PLACE]
    reader = log.reader("look", [TOPIC])
    records = take_all(reader, end - earliest).get(PLACE, [])
    reader.close()
    return [record.offset for record in records]


def test_a_full_disk_is_told_and_the_log_goes_on(log: EmbeddedLog) -> None:
    writer = log.appender()
    pages = writer._connection.execute("PRAGMA page_count").fetchone()[0]
    writer._connection.execute(f"PRAGMA max_page_count = {pages + 20}")
    stored = []
    with pytest.raises(LogUnavailable, match="disk is full"):  # noqa: PT012 - after how many depends on SQLite
        for _ in range(50):
            stored.append(writer.append(TOPIC, b"k", b"x" * 10_000).result(20).offset)
    writer._connection.execute("PRAGMA max_page_count = 1000000")
    with pytest.raises(LogUnavailable, match="a moment ago"):
        writer.append(TOPIC, b"k", b"refused at once")
    time.sleep(REST_S)
    stored.append(writer.append(TOPIC, b"k", b"kept").result(20).offset)
    assert len(stored) > 1
    assert stored == list(range(len(stored))) == offsets(log)


def test_an_unknown_topic_is_refused_and_harms_nothing(log: EmbeddedLog) -> None:
    with pytest.raises(LogUnavailable, match=r"no topic chat\.unknown"):
        log.appender().append("chat.unknown", b"k", b"x")
    assert log.appender().append(TOPIC, b"k", b"x").result(20).offset == 0


def test_what_is_trimmed_before_it_was_read_is_not_skipped(log: EmbeddedLog) -> None:
    for _ in range(6):
        log.appender().append(TOPIC, b"k", b"x").result(20)
    reader = log.reader("g", [TOPIC])
    reader.poll(1, 10, 1 << 20)
    reader.seek(PLACE, 2)
    log.trim(TOPIC, 4)
    polled = reader.poll(1, 10, 1 << 20)
    assert (polled.records, polled.lost, polled.gained) == ({}, {PLACE}, {PLACE})
    assert reader.bounds([PLACE]) == {PLACE: (4, 6)}
    log.trim(TOPIC, 100)
    assert reader.bounds([PLACE]) == {PLACE: (6, 6)}
    reader.seek(PLACE, 5)
    assert reader.poll(1, 10, 1 << 20).lost == {PLACE}
    reader.close()
    assert log.appender().append(TOPIC, b"k", b"x").result(20).offset == 6


def records_of(*ages_ms: int | None) -> sqlite3.Connection:
    """A file with a topic that keeps 1,000 ms and one that keeps all, with records of these ages (now: 100,000)."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(SCHEMA)
    for name, keep in (("short", "1000"), ("endless", "-1"), ("unsaid", None)):
        connection.execute("INSERT INTO topic VALUES (?, 'id', ?, ?)", (name, keep, len(ages_ms)))
        rows = [(name, offset, b"", b"", 100_000 - (age or 0)) for offset, age in enumerate(ages_ms)]
        connection.executemany("INSERT INTO record VALUES (?, ?, NULL, ?, ?, ?)", rows)
    return connection


def kept(connection: sqlite3.Connection, topic: str) -> list[int]:
    query = 'SELECT "offset" FROM record WHERE topic = ? ORDER BY "offset"'
    return [offset for (offset,) in connection.execute(query, (topic,))]


def test_retention_forgets_the_oldest_and_leaves_no_hole() -> None:
    """The clock stepped back after the third record: its neighbours are young, so it stays."""
    with contextlib.closing(records_of(5000, 4000, 900, 4000, 10)) as connection:
        assert forget_old(connection, 100_000)
        assert kept(connection, "short") == [2, 3, 4]
        assert kept(connection, "endless") == kept(connection, "unsaid") == [0, 1, 2, 3, 4]


def test_retention_forgets_much_in_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "TRIM_RECORDS", 2)
    with contextlib.closing(records_of(5000, 5000, 5000, 10)) as connection:
        assert not forget_old(connection, 100_000)
        assert kept(connection, "short") == [2, 3]
        assert forget_old(connection, 100_000)
        assert kept(connection, "short") == [3]


def test_retention_is_applied_at_the_start(tmp_path: Path) -> None:
    """A process that never lives for an hour forgets as well."""
    path = tmp_path / "log.sqlite3"
    log = EmbeddedLog(path)
    log.ensure_topics([TopicSpec(TOPIC, 1, {"retention.ms": "1000"})])
    log.appender().append(TOPIC, b"k", b"old").result(20)
    log.close()
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE record SET timestamp_ms = timestamp_ms - 5000")
    log = EmbeddedLog(path)
    log.appender()
    deadline = time.monotonic() + 20
    while log.bounds(TOPIC)[PLACE] != (1, 1):
        assert time.monotonic() < deadline, "the old record is still there"
    log.close()


def test_another_file_is_another_topic(tmp_path: Path) -> None:
    ids = set()
    for name in ("a", "b"):
        log = EmbeddedLog(tmp_path / name)
        log.ensure_topics([SPEC])
        ids.add(log.topic(TOPIC).id)
        log.close()
    assert len(ids) == 2
