"""The appender: one thread, group commit."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import msgspec

from messaging.log.embedded.retention import forget_before, forget_old
from messaging.log.embedded.store import SCHEMA, connect, unavailable
from messaging.log.port import (
    MAX_PENDING,
    MAX_RECORD_BYTES,
    Appended,
    Headers,
    LogBusy,
    LogClosed,
    LogUnavailable,
    Outgoing,
    Partition,
    RecordTooLarge,
    TopicSpec,
)

logger = logging.getLogger(__name__)

INSERT = 'INSERT INTO record (topic, "offset", key, value, headers, timestamp_ms) VALUES (?, ?, ?, ?, ?, ?)'
TRIM_EVERY_S = 3600.0
REST_S = 1.0
"""After a failed write nothing is taken for so long: better refused, and tried again, than left without an answer."""

_encode_headers = msgspec.msgpack.Encoder().encode

Commits = dict[tuple[str, str], int]
"""(group, topic) -> next offset."""


@dataclass(slots=True)
class Waiting:
    topic: str
    key: bytes | None
    value: bytes
    headers: bytes
    future: Future[Appended] = field(default_factory=Future)


class Writer:
    """The appender. Its thread is the only one that writes records."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)
        with unavailable(str(path)):
            self._connection.executescript(SCHEMA)
            self._next: dict[str, int] = dict(self._connection.execute("SELECT name, next_offset FROM topic"))
        self._writing = threading.Lock()
        """Held for a transaction. Appends never wait for it: they only take `_changed`, for microseconds."""
        self._changed = threading.Condition()
        self._waiting: list[Waiting] = []
        self._committed: Commits = {}
        self._in_flight = 0
        self._closing = False
        self._trim_at = time.monotonic()
        self._failed_at = -REST_S
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
        self.end(topic)
        item = Waiting(topic, key, value, _encode_headers(tuple(headers)))
        item.future.set_running_or_notify_cancel()
        with self._changed:
            if self._closing:
                raise LogClosed("the log is closed")
            if time.monotonic() - self._failed_at < REST_S:
                raise LogUnavailable("the embedded log could not be written a moment ago")
            if self._in_flight >= MAX_PENDING:
                raise LogBusy(f"{self._in_flight} records wait for the disk")
            self._in_flight += 1
            self._waiting.append(item)
            self._changed.notify()
        return item.future

    def publish(self, outgoing: Sequence[Outgoing], group: str, offsets: dict[Partition, int]) -> None:
        """Append records and commit a group's offsets in one transaction. Blocks; raises LogUnavailable."""
        items = [Waiting(one.topic, one.key, one.value, _encode_headers(tuple(one.headers))) for one in outgoing]
        for item in items:
            self.end(item.topic)
            item.future.set_running_or_notify_cancel()
        with self._changed:
            if self._closing:
                raise LogUnavailable("the log is closed")
            self._in_flight += len(items)
            self._waiting += items
            self._commit(group, offsets)
            self._changed.notify()
        for item in items:
            item.future.result()

    def commit(self, group: str, offsets: dict[Partition, int]) -> None:
        """Written with the next group commit, without waiting."""
        with self._changed:
            self._commit(group, offsets)
            self._changed.notify()

    def _commit(self, group: str, offsets: dict[Partition, int]) -> None:
        for partition, offset in offsets.items():
            self._committed[group, partition.topic] = offset

    def ensure_topics(self, specs: Sequence[TopicSpec]) -> None:
        with self._writing, unavailable("a topic cannot be made in the embedded log"):
            for spec in specs:
                if spec.name not in self._next:
                    self._connection.execute(
                        "INSERT INTO topic VALUES (?, ?, ?, 0)",
                        (spec.name, str(uuid4()), spec.config.get("retention.ms")),
                    )
                    self._next[spec.name] = 0

    def trim(self, topic: str, before_offset: int) -> None:
        with self._writing, unavailable("the embedded log cannot be trimmed"):
            forget_before(self._connection, topic, min(before_offset, self.end(topic)))

    def end(self, topic: str) -> int:
        """The offset of the next record. Raises LogUnavailable when there is no such topic."""
        try:
            return self._next[topic]
        except KeyError:
            raise LogUnavailable(f"the log has no topic {topic}") from None

    def close(self, timeout_s: float) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            logger.error("the disk has not taken %d records after %s s; they may be lost", self._in_flight, timeout_s)
            return
        self._connection.close()

    def _run(self) -> None:
        while (work := self._next_work()) is not None:
            batch, committed = work
            with self._writing:
                if batch or committed:
                    self._write(batch, committed)
            with self._changed:
                self._in_flight -= len(batch)
            with self.grown:
                self.grown.notify_all()
            with self._writing:
                self._trim_when_due()

    def _next_work(self) -> tuple[list[Waiting], Commits] | None:
        """Wait for something to write, or for the time to trim; None when closed and nothing is left."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._waiting or self._committed or self._closing,
                timeout=max(0.0, self._trim_at - time.monotonic()),
            )
            batch, self._waiting = self._waiting, []
            committed, self._committed = self._committed, {}
            if self._closing and not batch and not committed:
                return None
        return batch, committed

    def _write(self, batch: list[Waiting], committed: Commits) -> None:
        """One transaction, one sync, for everything that waits; offsets are given out inside it."""
        ends = dict(self._next)
        try:
            results = self._insert(batch, committed, ends)
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):  # the next BEGIN says it again if it is still true
                self._connection.rollback()
            self._failed_at = time.monotonic()
            failure = LogUnavailable(f"the embedded log cannot be written: {error}")
            for item in batch:
                item.future.set_exception(failure)
        else:
            self._next = ends
            for item, result in zip(batch, results, strict=True):
                item.future.set_result(result)

    def _insert(self, batch: list[Waiting], committed: Commits, ends: dict[str, int]) -> list[Appended]:
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
        write.execute("COMMIT")
        return results

    def _trim_when_due(self) -> None:
        """After the group commit, in a transaction of its own: nobody's acknowledgement waits for it or fails by it."""
        if time.monotonic() < self._trim_at:
            return
        self._trim_at = time.monotonic() + TRIM_EVERY_S
        try:
            if not forget_old(self._connection, time.time_ns() // 1_000_000):
                self._trim_at = time.monotonic()
        except sqlite3.Error as error:
            logger.warning("the embedded log cannot be trimmed: %s", error)
