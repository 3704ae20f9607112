"""The log without Kafka: an SQLite file of its own, one process, one writer thread with group commit.

`synchronous=FULL`: an acknowledged record survives the loss of power. All records that wait are written in one
transaction, so the price of a sync is shared (0.9 ms a record against 10.7 ms in the chat's own database file).
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from messaging.log.embedded.reader import EmbeddedReader, records_of
from messaging.log.embedded.store import connect, lock_file, unavailable
from messaging.log.embedded.writer import Writer
from messaging.log.port import LOOK_RECORDS, LogUnavailable, Partition, Record, TopicDescription, TopicSpec

CLOSE_S = 10.0


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
        return TopicDescription(id=row[0], partitions=1, replication=1, min_insync=1)

    def generations(self, topic: str) -> list[str]:
        return [topic]

    def seal(self, topic: str) -> dict[Partition, int]:
        """One process has it, and one partition is all there ever is."""
        raise LogUnavailable("the embedded log does not grow")

    def bounds(self, topic: str) -> dict[Partition, tuple[int, int]]:
        end = self._one("SELECT next_offset FROM topic WHERE name = ?", topic)[0]
        earliest = self._one('SELECT MIN("offset") FROM record WHERE topic = ?', topic)[0]
        return {Partition(topic, 0): (end if earliest is None else earliest, end)}

    def group_offsets(self, group: str, topic: str) -> dict[Partition, int]:
        rows = self._all('SELECT next_offset FROM committed WHERE "group" = ? AND topic = ?', group, topic)
        return {Partition(topic, 0): row[0] for row in rows}

    def times_at(self, offsets: Mapping[Partition, int]) -> dict[Partition, int]:
        query = 'SELECT timestamp_ms FROM record WHERE topic = ? AND "offset" >= ? ORDER BY "offset" LIMIT 1'
        return {place: row[0] for place, at in offsets.items() for row in self._all(query, place.topic, at)}

    def find(self, topic: str, key: bytes, since_ms: int, is_it: Callable[[Record], bool]) -> Record | None:
        [(place, (earliest, end))] = self.bounds(topic).items()
        offsets = range(earliest, end)
        # Times rise with offsets, and a record that retention took counts as the next one.
        start = bisect_left(offsets, since_ms, key=lambda offset: self.times_at({place: offset}).get(place, since_ms))
        with closing(connect(self._path)) as connection:
            records = records_of(connection, place, earliest + start, LOOK_RECORDS)
            return next((record for record in records if record.key == key and is_it(record)), None)

    def appender(self) -> Writer:
        return self._open()

    def accepting_appender(self) -> Writer:
        """The same one: there is nowhere else to go when our own disk takes nothing."""
        return self.appender()

    def reader(self, group: str, topics: Sequence[str], instance_id: str | None = None) -> EmbeddedReader:
        return EmbeddedReader(self.bounds, self._open(), self._path, group, topics)

    def trim(self, topic: str, before_offset: int) -> None:
        """Forget the records before an offset, beside what retention forgets by itself."""
        self._open().trim(topic, before_offset)

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
                self._lock = lock_file(self._path.with_name(self._path.name + ".lock"))
                self._writer = Writer(self._path)
            return self._writer

    def _one(self, query: str, name: str) -> tuple[Any, ...]:
        rows = self._all(query, name)
        if not rows:
            raise LogUnavailable(f"the log has no topic {name}")
        return rows[0]

    def _all(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        self._open()
        with closing(connect(self._path)) as connection, unavailable("the embedded log cannot be read"):
            return connection.execute(query, values).fetchall()
