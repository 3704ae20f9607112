"""A reader that polls for the next batch on a thread of its own, while the one at hand is being applied.

To whoever uses it, it is the reader it wraps: what was read ahead is given back as soon as it is not what the next poll
may deliver any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from messaging.log.port import Outgoing, Partition, Polled, Reader, Record

AHEAD_S = 0.01
"""For records that are here, or nearly: whoever wants more of the reader waits for it."""


class ReadingAhead:
    """The wrapped reader is used by one thread at a time: whatever is asked of it waits for a poll under way."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
        self._ahead: Future[Polled] | None = None

    def look_ahead(self, max_records: int, max_bytes: int) -> None:
        """Begin with the next poll. Does not wait."""
        if self._ahead is None:
            self._ahead = self._thread.submit(self._reader.poll, AHEAD_S, max_records, max_bytes)

    def poll(self, timeout_s: float, max_records: int, max_bytes: int) -> Polled:
        if self._ahead is None:
            return self._reader.poll(timeout_s, max_records, max_bytes)
        ahead, self._ahead = self._ahead, None
        polled = ahead.result()
        if polled.records or polled.gained or polled.lost:
            return polled
        return self._reader.poll(timeout_s, max_records, max_bytes)

    def _held(self) -> dict[Partition, list[Record]]:
        """Records that the next poll will deliver. Nobody else uses the reader now."""
        if self._ahead is None:
            return {}
        wait([self._ahead])
        return {} if self._ahead.exception() else self._ahead.result().records

    def seek(self, partition: Partition, offset: int) -> None:
        self._held().pop(partition, None)
        self._reader.seek(partition, offset)

    def pause(self, *partitions: Partition) -> None:
        held = self._held()
        self._reader.pause(*partitions)
        for partition in held.keys() & set(partitions):
            self._reader.seek(partition, held.pop(partition)[0].offset)

    def resume(self, *partitions: Partition) -> None:
        self._held()
        self._reader.resume(*partitions)

    def follow(self, topics: Sequence[str]) -> None:
        self._held()
        self._reader.follow(topics)

    def commit(self, offsets: dict[Partition, int]) -> None:
        self._held()
        self._reader.commit(offsets)

    def committed(self, partition: Partition, publisher: str = "") -> int | None:
        self._held()
        return self._reader.committed(partition, publisher)

    @property
    def publisher(self) -> str:
        return self._reader.publisher

    def publish(self, outgoing: Sequence[Outgoing], offsets: dict[Partition, int]) -> Future[None]:
        self._held()
        return self._reader.publish(outgoing, offsets)

    def bounds(self, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
        self._held()
        return self._reader.bounds(partitions)

    def lag(self) -> dict[Partition, int]:
        held = self._held()
        return {partition: lag + len(held.get(partition, ())) for partition, lag in self._reader.lag().items()}

    def close(self) -> None:
        self._thread.shutdown()
        self._reader.close()
