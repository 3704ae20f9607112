"""The log as the chat sees it: append durably, read in order. Two backends keep this contract (one test suite).

LogError
├── LogUnavailable     away or slow; the same call may succeed later
│   └── LogBusy        too much is in flight already
├── RecordRefused      this record can never be appended
│   └── RecordTooLarge
├── LogClosed          the log was closed by us
├── LogLocked          another process holds the embedded log
└── Fenced             another member took our place in the group; end this process
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import msgspec

MAX_PENDING = 5_000
"""Records in flight per appender; beyond it `append` raises LogBusy."""

MAX_RECORD_BYTES = 262_144

Headers = Sequence[tuple[str, bytes]]


class LogError(Exception):
    pass


class LogUnavailable(LogError):
    pass


class LogBusy(LogUnavailable):
    pass


class RecordRefused(LogError):
    pass


class RecordTooLarge(RecordRefused):
    pass


class LogClosed(LogError):
    pass


class LogLocked(LogError):
    pass


class Fenced(LogError):
    pass


class Partition(NamedTuple):
    """`topic` is the logical name, without a deployment's prefix."""

    topic: str
    number: int


LOOK_RECORDS = 50_000
"""How many records are looked through for a single one."""

ACCEPTED_AT = "accepted-at"
"""Header of a record that was accepted before the log took it: milliseconds since 1970, UTC, decimal."""


PROBE = "probe"
"""Header of a record that only asked whether its topic is closed."""


class Record(msgspec.Struct, frozen=True):
    partition: Partition
    offset: int
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    timestamp_ms: int
    """When the log took it, by the log's clock."""

    @property
    def accepted_ms(self) -> int:
        """When somebody was told that it is safe: by a spool, if it came through one, else by the log."""
        for name, value in self.headers:
            if name == ACCEPTED_AT and value.isdigit():
                return int(value)
        return self.timestamp_ms

    @property
    def is_probe(self) -> bool:
        return PROBE in dict(self.headers)


class Outgoing(NamedTuple):
    """A record on its way into the log."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Headers = ()


class Appended(NamedTuple):
    partition: Partition
    offset: int
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class TopicSpec:
    name: str
    partitions: int
    config: dict[str, str] = field(default_factory=dict)
    """Kafka's topic settings; the embedded log reads `retention.ms`."""


class TopicDescription(msgspec.Struct, frozen=True):
    id: str
    """Another id is another topic, though it has the same name."""
    partitions: int
    replication: int
    min_insync: int
    """Replicas that have a record before it counts as appended."""
    is_closed: bool = False
    """It takes no record any more."""


@dataclass(slots=True)
class Polled:
    """What one poll brought: records in offset order, and partitions that came or went since the last one."""

    records: dict[Partition, list[Record]] = field(default_factory=dict)
    gained: set[Partition] = field(default_factory=set)
    lost: set[Partition] = field(default_factory=set)


class Appender(Protocol):
    """Thread-safe; never blocks its caller."""

    def append(self, topic: str, key: bytes | None, value: bytes, headers: Headers = ()) -> Future[Appended]:
        """Resolves once the record is durable. Records of one key keep the order of their appends.

        Raises LogBusy, RecordTooLarge or LogClosed; the embedded log also LogUnavailable for a topic it does not
        have (Kafka's waits for it). A future that fails says nothing about whether the record is in the log, unless
        it is with RecordRefused: then it is not. The future cannot be cancelled.
        """
        ...

    @property
    def pending(self) -> int: ...

    def close(self, timeout_s: float) -> None:
        """Wait for what is in flight; what is unacknowledged then fails with LogClosed and is not sent any more."""
        ...


class Producer(Appender, Protocol):
    def retire(self) -> None:
        """Send nothing any more. Returns when that is certain; what is unacknowledged fails with LogClosed."""
        ...


class Reader(Protocol):
    """A member of a group. One thread at a time."""

    def poll(self, timeout_s: float, max_records: int, max_bytes: int) -> Polled:
        """At most about `max_records` and `max_bytes`. A gained partition delivers nothing before its `seek`.

        One whose next offset the log does not have (retention was faster than we, or it never had it) is told as lost
        and gained at once: records are never skipped without a word, and the other partitions go on.
        Raises LogUnavailable or Fenced.
        """
        ...

    def seek(self, partition: Partition, offset: int) -> None:
        """Go on there. What is paused stays paused; what was lost in this moment is left alone."""
        ...

    def follow(self, topics: Sequence[str]) -> None:
        """Read these from now on; what goes on is not disturbed."""
        ...

    def pause(self, *partitions: Partition) -> None: ...

    def resume(self, *partitions: Partition) -> None: ...

    def commit(self, offsets: dict[Partition, int]) -> None:
        """Tell the group how far we are, for lag tools; a failure is logged, for the database knows better."""
        ...

    def committed(self, partition: Partition, publisher: str = "") -> int | None:
        """How far the group is. A publication that another member left open is ended first: when it does not end by
        itself, `publisher`, who may have begun it, is fenced off. Raises LogUnavailable."""
        ...

    @property
    def publisher(self) -> str:
        """Who publishes here, as a successor has to name it to `committed`."""
        ...

    def publish(self, outgoing: Sequence[Outgoing], offsets: dict[Partition, int]) -> None:
        """Append these records and commit these offsets: both or neither, once, for readers of what is committed.

        Blocks until it is durable. Raises LogUnavailable when it is not known to be (ask `committed`, which says),
        and Fenced when another member has fenced this one off.
        """
        ...

    def bounds(self, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
        """The earliest offset and the end of each. Raises LogUnavailable."""
        ...

    def lag(self) -> dict[Partition, int]:
        """Records not read yet, as far as this reader knows."""
        ...

    def close(self) -> None: ...


class Log(Protocol):
    def ensure_topics(self, specs: Sequence[TopicSpec]) -> None:
        """Create what is missing. Raises LogUnavailable."""
        ...

    def topic(self, name: str) -> TopicDescription: ...

    def generations(self, topic: str) -> list[str]:
        """The topics there are of this one and those that it has grown into, the oldest first."""
        ...

    def seal(self, topic: str) -> dict[Partition, int]:
        """Close a topic, for ever and for everybody; returns where its partitions end. Can be repeated. Raises
        LogUnavailable."""
        ...

    def bounds(self, topic: str) -> dict[Partition, tuple[int, int]]:
        """Earliest offset and end of each partition."""
        ...

    def group_offsets(self, group: str, topic: str) -> dict[Partition, int]:
        """How far a group is, as it has told the log. Raises LogUnavailable."""
        ...

    def times_at(self, offsets: Mapping[Partition, int]) -> dict[Partition, int]:
        """When the log took the record at (or next after) each offset, in ms since 1970; without those it does not
        have. Raises LogUnavailable."""
        ...

    def find(self, topic: str, key: bytes, since_ms: int, is_it: Callable[[Record], bool]) -> Record | None:
        """The first record of this key, taken by the log at `since_ms` (1970, UTC) or later, that it is: among the
        next LOOK_RECORDS of its partition, and only what is committed. Raises LogUnavailable."""
        ...

    def appender(self) -> Appender:
        """The one appender of this process."""
        ...

    def accepting_appender(self) -> Appender:
        """The one that accepts from people: it goes on, by a spool, while the log itself is away, if that can be."""
        ...

    def reader(self, group: str, topics: Sequence[str], instance_id: str | None = None) -> Reader: ...

    def close(self) -> None:
        """Wait for what is in flight, up to a bound, and let go."""
        ...
