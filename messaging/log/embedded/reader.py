"""Reading the embedded log in the process that writes it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from messaging.log.embedded.store import connect, unavailable
from messaging.log.embedded.writer import Writer
from messaging.log.port import Outgoing, Partition, Polled, Record

_decode_headers = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...]).decode

Bounds = Callable[[str], dict[Partition, tuple[int, int]]]

SELECT = (
    'SELECT "offset", key, value, headers, timestamp_ms FROM record '
    'WHERE topic = ? AND "offset" >= ? ORDER BY "offset" LIMIT ?'
)


def records_of(connection: sqlite3.Connection, partition: Partition, offset: int, most: int) -> Iterator[Record]:
    """From this offset on, in order. Raises LogUnavailable."""
    with unavailable("the embedded log cannot be read"):
        for at, key, value, headers, timestamp_ms in connection.execute(SELECT, (partition.topic, offset, most)):
            yield Record(partition, at, key, value, _decode_headers(headers), timestamp_ms)


class EmbeddedReader:
    """All topics have one partition, and this process has them all."""

    def __init__(self, bounds: Bounds, writer: Writer, path: Path, group: str, topics: Sequence[str]) -> None:
        self._bounds, self._writer, self._group = bounds, writer, group
        self._connection = connect(path)
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
            # Asked before reading: what is appended in between is not taken for a hole.
            end = self._writer.end(partition.topic)
            records = self._read(partition, max_records, max_bytes)
            if self._positions[partition] != (records[0].offset if records else end):
                del self._positions[partition]
                polled.lost.add(partition)
                polled.gained.add(partition)
            elif records:
                polled.records[partition] = records
                self._positions[partition] = records[-1].offset + 1
        return polled

    def _has_news(self) -> bool:
        lag = self.lag()
        return any(lag[partition] for partition in self._positions.keys() - self._paused)

    def _read(self, partition: Partition, max_records: int, max_bytes: int) -> list[Record]:
        records: list[Record] = []
        size = 0
        for record in records_of(self._connection, partition, self._positions[partition], max_records):
            size += len(record.value)
            if records and size > max_bytes:
                break
            records.append(record)
        return records

    def follow(self, topics: Sequence[str]) -> None:
        wanted = {Partition(topic, 0) for topic in topics}
        for partition in self._positions.keys() - wanted:
            del self._positions[partition]
        self._unannounced = wanted - self._positions.keys()

    def seek(self, partition: Partition, offset: int) -> None:
        self._positions[partition] = offset

    def pause(self, *partitions: Partition) -> None:
        self._paused.update(partitions)

    def resume(self, *partitions: Partition) -> None:
        self._paused.difference_update(partitions)

    def commit(self, offsets: dict[Partition, int]) -> None:
        self._writer.commit(self._group, offsets)

    @property
    def publisher(self) -> str:
        return ""

    def publish(self, outgoing: Sequence[Outgoing], offsets: dict[Partition, int]) -> None:
        self._writer.publish(outgoing, self._group, offsets)

    def committed(self, partition: Partition, publisher: str = "") -> int | None:
        query = 'SELECT next_offset FROM committed WHERE "group" = ? AND topic = ?'
        with unavailable("the embedded log cannot be read"):
            row = self._connection.execute(query, (self._group, partition.topic)).fetchone()
        return None if row is None else int(row[0])

    def bounds(self, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
        return {partition: self._bounds(partition.topic)[partition] for partition in partitions}

    def lag(self) -> dict[Partition, int]:
        return {partition: self._writer.end(partition.topic) - at for partition, at in self._positions.items()}

    def close(self) -> None:
        self._connection.close()
