"""The appender: one thread, group commit."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import msgspec

from messaging.log.embedded.store import SCHEMA, connect
from messaging.log.port import (
    MAX_PENDING,
    MAX_RECORD_BYTES,
    Appended,
    Headers,
    LogBusy,
    LogClosed,
    LogUnavailable,
    Partition,
    RecordTooLarge,
    TopicSpec,
)

INSERT = 'INSERT INTO record (topic, "offset", key, value, headers, timestamp_ms) VALUES (?, ?, ?, ?, ?, ?)'
TRIM_EVERY_S = 3600.0

_encode_headers = msgspec.msgpack.Encoder().encode


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
        self._connection = connect(path)
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
