"""The log without Kafka: an SQLite file of its own, one process, one writer thread with group commit.

`synchronous=FULL`: an acknowledged record survives the loss of power. All records that wait are written in one
transaction, so the price of a sync is shared (0.9 ms a record against 10.7 ms in the chat's own database file).
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import msgspec

from messaging.log.port import (
    MAX_PENDING,
    MAX_RECORD_BYTES,
    Appended,
    Headers,
    LogBusy,
    LogClosed,
    LogLocked,
    LogUnavailable,
    Partition,
    Polled,
    Record,
    RecordTooLarge,
    TopicDescription,
    TopicSpec,
)

SCHEMA = """
CREATE TABLE IF NOT EXISTS topic (
    name TEXT PRIMARY KEY, id TEXT NOT NULL, retention_ms INTEGER, next_offset INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS record (
    topic TEXT NOT NULL, "offset" INTEGER NOT NULL, key BLOB, value BLOB NOT NULL, headers BLOB NOT NULL,
    timestamp_ms INTEGER NOT NULL, PRIMARY KEY (topic, "offset")
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS committed (
    "group" TEXT NOT NULL, topic TEXT NOT NULL, next_offset INTEGER NOT NULL, PRIMARY KEY ("group", topic)
);
"""
INSERT = 'INSERT INTO record (topic, "offset", key, value, headers, timestamp_ms) VALUES (?, ?, ?, ?, ?, ?)'
TRIM_EVERY_S = 3600.0
CLOSE_S = 10.0

_encode_headers = msgspec.msgpack.Encoder().encode
_decode_headers = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...]).decode


class EmbeddedLog:
    """One process at a time, by a lock on a file beside the log; the lock is taken at first use."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._writer: Writer | None = None
        self._lock: IO[str] | None = None
        self._opening = threading.Lock()

    def ensure_topics(self, specs: Sequence[TopicSpec]) -> None:
        self._open().ensure_topics(specs)

    def topic(self, name: str) -> TopicDescription:
        row = self._one("SELECT id FROM topic WHERE name = ?", name)
        return TopicDescription(id=row[0], partitions=1)

    def bounds(self, topic: str) -> dict[Partition, tuple[int, int]]:
        end = self._one("SELECT next_offset FROM topic WHERE name = ?", topic)[0]
        earliest = self._one('SELECT MIN("offset") FROM record WHERE topic = ?', topic)[0]
        return {Partition(topic, 0): (end if earliest is None else earliest, end)}

    def appender(self) -> Writer:
        return self._open()

    def reader(self, group: str, topics: Sequence[str], instance_id: str | None = None) -> EmbeddedReader:
        return EmbeddedReader(self, self._open(), self._path, group, topics)

    def close(self) -> None:
        with self._opening:
            if self._writer is not None:
                self._writer.close(CLOSE_S)
                self._writer = None
            if self._lock is not None:
                self._lock.close()
                self._lock = None

    def _open(self) -> Writer:
        with self._opening:
            if self._writer is None:
                self._lock = _lock_file(self._path.with_name(self._path.name + ".lock"))
                self._writer = Writer(self._path)
            return self._writer

    def _one(self, query: str, name: str) -> tuple[Any, ...]:
        self._open()
        connection = _connect(self._path)
        try:
            row = connection.execute(query, (name,)).fetchone()
        except sqlite3.Error as error:
            raise LogUnavailable(str(error)) from error
        finally:
            connection.close()
        if row is None:
            raise LogUnavailable(f"the log has no topic {name}")
        return row


def _connect(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
    except sqlite3.Error as error:
        raise LogUnavailable(f"{path}: {error}") from error
    return connection


def _lock_file(path: Path) -> IO[str]:
    file = open(path, "a+")  # noqa: SIM115 - open for as long as the lock is held
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        holder = file.read().strip() or "?"
        file.close()
        raise LogLocked(
            f"The embedded log {path.with_suffix('')} is in use by process {holder}: one process at a time. "
            "Stop that one, or set KAFKA_BOOTSTRAP_SERVERS to run several."
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


@dataclass(slots=True)
class Waiting:
    topic: str
    key: bytes | None
    value: bytes
    headers: bytes
    future: Future[Appended] = field(default_factory=Future)


class Writer:
    """The appender. Its thread is the only one that writes the file."""

    def __init__(self, path: Path) -> None:
        self._connection = _connect(path)
        self._connection.executescript(SCHEMA)
        self._next = self._read_ends()
        self._writing = threading.Lock()
        """Held for a transaction. Appends never wait for it: they only take `_changed`, for microseconds."""
        self._changed = threading.Condition()
        self._waiting: list[Waiting] = []
        self._committed: dict[tuple[str, str], int] = {}
        self._in_flight = 0
        self._closing = False
        self._trimmed_at = time.monotonic()
        self.grown = threading.Condition()
        """Notified after every group commit; readers in this process wait on it."""
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    @property
    def pending(self) -> int:
        return self._in_flight

    def append(self, topic: str, key: bytes | None, value: bytes, headers: Headers = ()) -> Future[Appended]:
        if len(value) > MAX_RECORD_BYTES:
            raise RecordTooLarge(f"a record has at most {MAX_RECORD_BYTES} bytes, this one has {len(value)}")
        item = Waiting(topic, key, value, _encode_headers(tuple(headers)))
        with self._changed:
            if self._closing:
                raise LogClosed("the log is closed")
            if self._in_flight >= MAX_PENDING:
                raise LogBusy(f"{self._in_flight} records wait for the disk")
            self._in_flight += 1
            self._waiting.append(item)
            self._changed.notify()
        return item.future

    def commit(self, group: str, offsets: dict[Partition, int]) -> None:
        """Written with the next group commit, without waiting."""
        with self._changed:
            for partition, offset in offsets.items():
                self._committed[group, partition.topic] = offset
            self._changed.notify()

    def ensure_topics(self, specs: Sequence[TopicSpec]) -> None:
        with self._writing:
            for spec in specs:
                if spec.name not in self._next:
                    self._connection.execute(
                        "INSERT INTO topic VALUES (?, ?, ?, 0)",
                        (spec.name, str(uuid4()), spec.config.get("retention.ms")),
                    )
                    self._next[spec.name] = 0

    def end(self, topic: str) -> int:
        return self._next[topic]

    def close(self, timeout_s: float) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout_s)
        self._connection.close()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not (self._waiting or self._committed or self._closing):
                    self._changed.wait()
                batch, self._waiting = self._waiting, []
                committed, self._committed = self._committed, {}
            if not batch and not committed:
                return
            with self._writing:
                self._write(batch, committed)
            with self._changed:
                self._in_flight -= len(batch)
            with self.grown:
                self.grown.notify_all()

    def _write(self, batch: list[Waiting], committed: dict[tuple[str, str], int]) -> None:
        """One transaction, one sync, for everything that waits; offsets are given out inside it."""
        ends = dict(self._next)
        try:
            results = self._insert(batch, committed, ends)
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.rollback()
            failure = LogUnavailable(f"the embedded log cannot be written: {error}")
            for item in batch:
                item.future.set_exception(failure)
        else:
            self._next = ends
            for item, result in zip(batch, results, strict=True):
                item.future.set_result(result)

    def _insert(
        self, batch: list[Waiting], committed: dict[tuple[str, str], int], ends: dict[str, int]
    ) -> list[Appended]:
        now_ms = time.time_ns() // 1_000_000
        results, rows = [], []
        for item in batch:
            offset = ends[item.topic]
            ends[item.topic] = offset + 1
            rows.append((item.topic, offset, item.key, item.value, item.headers, now_ms))
            results.append(Appended(Partition(item.topic, 0), offset, now_ms))
        write = self._connection
        write.execute("BEGIN IMMEDIATE")
        write.executemany(INSERT, rows)
        write.executemany(
            "UPDATE topic SET next_offset = ? WHERE name = ?", [(end, name) for name, end in ends.items()]
        )
        write.executemany(
            "INSERT OR REPLACE INTO committed VALUES (?, ?, ?)", [(*key, at) for key, at in committed.items()]
        )
        self._trim(now_ms)
        write.execute("COMMIT")
        return results

    def _trim(self, now_ms: int) -> None:
        """Forget what is older than its topic keeps, once an hour."""
        if time.monotonic() - self._trimmed_at < TRIM_EVERY_S:
            return
        self._trimmed_at = time.monotonic()
        self._connection.execute(
            "DELETE FROM record WHERE timestamp_ms < ? - (SELECT retention_ms FROM topic WHERE name = record.topic)",
            (now_ms,),
        )

    def _read_ends(self) -> dict[str, int]:
        return dict(self._connection.execute("SELECT name, next_offset FROM topic"))


class EmbeddedReader:
    """All topics have one partition, and this process has them all."""

    def __init__(self, log: EmbeddedLog, writer: Writer, path: Path, group: str, topics: Sequence[str]) -> None:
        self._log, self._writer, self._group = log, writer, group
        self._connection = _connect(path)
        self._unannounced = {Partition(topic, 0) for topic in topics}
        self._positions: dict[Partition, int] = {}
        self._paused: set[Partition] = set()

    def poll(self, timeout_s: float, max_records: int, max_bytes: int) -> Polled:
        if self._unannounced:
            gained, self._unannounced = self._unannounced, set()
            return Polled(gained=gained)
        with self._writer.grown:
            self._writer.grown.wait_for(self._has_news, timeout_s)
        polled = Polled()
        for partition in self._positions.keys() - self._paused:
            records = self._read(partition, max_records, max_bytes)
            if records:
                polled.records[partition] = records
                self._positions[partition] = records[-1].offset + 1
        return polled

    def _has_news(self) -> bool:
        return any(self.lag()[partition] for partition in self._positions.keys() - self._paused)

    def _read(self, partition: Partition, max_records: int, max_bytes: int) -> list[Record]:
        query = (
            'SELECT "offset", key, value, headers, timestamp_ms FROM record '
            'WHERE topic = ? AND "offset" >= ? ORDER BY "offset" LIMIT ?'
        )
        records: list[Record] = []
        size = 0
        try:
            for offset, key, value, headers, at in self._connection.execute(
                query, (partition.topic, self._positions[partition], max_records)
            ):
                size += len(value)
                if records and size > max_bytes:
                    break
                records.append(Record(partition, offset, key, value, _decode_headers(headers), at))
        except sqlite3.Error as error:
            raise LogUnavailable(f"the embedded log cannot be read: {error}") from error
        return records

    def seek(self, partition: Partition, offset: int) -> None:
        self._positions[partition] = offset

    def pause(self, *partitions: Partition) -> None:
        self._paused.update(partitions)

    def resume(self, *partitions: Partition) -> None:
        self._paused.difference_update(partitions)

    def commit(self, offsets: dict[Partition, int]) -> None:
        self._writer.commit(self._group, offsets)

    def committed(self, partition: Partition) -> int | None:
        query = 'SELECT next_offset FROM committed WHERE "group" = ? AND topic = ?'
        row = self._connection.execute(query, (self._group, partition.topic)).fetchone()
        return None if row is None else int(row[0])

    def bounds(self, partition: Partition) -> tuple[int, int]:
        return self._log.bounds(partition.topic)[partition]

    def lag(self) -> dict[Partition, int]:
        return {partition: self._writer.end(partition.topic) - at for partition, at in self._positions.items()}

    def close(self) -> None:
        self._connection.close()
