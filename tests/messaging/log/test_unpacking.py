"""Records unpacked by us are those that kafka-python unpacks, batch by batch of its own making."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka import TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.protocol.consumer import IsolationLevel
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder

from messaging.log.kafka.unpacking import PartitionRecords, records_of
from messaging.log.port import Partition, Record

TP = TopicPartition("commands", 3)
PLACE = Partition("commands", 3)
PRODUCER = 7
ABORT, COMMIT = 0, 1
CODECS = {"none": 0, "gzip": 1, "lz4": 3}


class Raw(NamedTuple):
    key: bytes | None = None
    value: bytes | None = b""
    headers: Sequence[tuple[str, bytes | None]] = ()
    timestamp_ms: int = 1_790_000_000_000


class Aborted(NamedTuple):
    producer_id: int
    first_offset: int


RAWS = st.builds(
    Raw,
    key=st.none() | st.binary(max_size=200),
    value=st.none() | st.binary(max_size=300),
    headers=st.lists(st.tuples(st.text(max_size=70), st.none() | st.binary(max_size=70)), max_size=3),
    timestamp_ms=st.integers(0, 2**42),
)


def batch(raws: Sequence[Raw], *, offset: int = 0, codec: str = "none", transactional: bool = False) -> bytes:
    owner = {"producer_id": PRODUCER, "producer_epoch": 1, "base_sequence": 0} if transactional else {}
    made = MemoryRecordsBuilder(2, CODECS[codec], 1_000_000, transactional=transactional, **owner)
    for raw in raws:
        made.append(timestamp=raw.timestamp_ms, key=raw.key, value=raw.value, headers=list(raw.headers))
    made.close()
    return struct.pack(">q", offset) + bytes(made.buffer())[8:]


def marker(kind: int, offset: int) -> bytes:
    """The end of a transaction: a batch that is marked as the broker's own."""
    made = bytearray(batch([Raw(key=struct.pack(">hh", 0, kind), value=b"\0" * 6)], offset=offset, transactional=True))
    made[22] |= 0x20
    return bytes(made)


def taken(way: Any, sent: bytes, *, at: int = 0, **options: Any) -> tuple[list[Any], Any]:
    """What comes out, and who unpacked it."""
    unpacked = way(at, TP, MemoryRecords(sent), **options)
    return unpacked.take(1_000_000), unpacked


def as_ours(item: Any) -> Record:
    headers = tuple((name, value or b"") for name, value in item.headers)
    return Record(PLACE, item.offset, item.key, item.value or b"", headers, item.timestamp)


@given(
    st.lists(st.lists(RAWS, min_size=1, max_size=5), min_size=1, max_size=3), st.sampled_from(list(CODECS)), st.data()
)
def test_records_are_those_that_kafka_python_unpacks(batches: list[list[Raw]], codec: str, data: st.DataObject) -> None:
    sent, offset = b"", data.draw(st.integers(0, 2**40))
    at = offset + data.draw(st.integers(0, 12))
    for raws in batches:
        sent += batch(raws, offset=offset, codec=codec)
        offset += len(raws)
    theirs, _ = taken(Fetcher.PartitionRecords, sent, at=at)
    ours, unpacked = taken(PartitionRecords, sent, at=at)
    assert ours == [as_ours(item) for item in theirs]
    assert unpacked.next_fetch_offset == offset


def test_a_part_of_a_batch_is_taken_and_the_rest_later() -> None:
    unpacked = PartitionRecords(100, TP, MemoryRecords(batch([Raw(value=b"%d" % n) for n in range(5)], offset=100)))
    assert [record.value for record in unpacked.take(2)] == [b"0", b"1"]
    assert unpacked.next_fetch_offset == 102
    assert [record.offset for record in unpacked.take(10)] == [102, 103, 104]
    assert unpacked.next_fetch_offset == 105
    assert not unpacked, "and then it is drained"


@pytest.mark.parametrize(("end", "seen"), [(ABORT, [b"after"]), (COMMIT, [b"within", b"after"])])
def test_what_was_aborted_does_not_count(end: int, seen: list[bytes]) -> None:
    sent = batch([Raw(value=b"within")], transactional=True) + marker(end, 1)
    sent += batch([Raw(value=b"after")], offset=2, transactional=True) + marker(COMMIT, 3)
    aborted = [Aborted(PRODUCER, 0)] if end == ABORT else []
    options = {"isolation_level": IsolationLevel.READ_COMMITTED, "aborted_transactions": aborted, "check_crcs": False}
    ours, unpacked = taken(PartitionRecords, sent, **options)
    theirs, _ = taken(Fetcher.PartitionRecords, sent, **options)
    assert [record.value for record in ours] == [item.value for item in theirs] == seen
    assert unpacked.next_fetch_offset == 4, "past the marker: it would be asked for again and again"


def test_who_reads_everything_reads_what_was_aborted() -> None:
    sent = batch([Raw(value=b"within")], transactional=True) + marker(ABORT, 1)
    ours, _ = taken(PartitionRecords, sent, aborted_transactions=[Aborted(PRODUCER, 0)], check_crcs=False)
    assert [record.value for record in ours] == [b"within"]


def test_the_time_is_the_brokers_where_it_keeps_its_own() -> None:
    sent = bytearray(batch([Raw(timestamp_ms=5), Raw(timestamp_ms=9)]))
    sent[22] |= 0x08
    ours, _ = taken(PartitionRecords, bytes(sent), check_crcs=False)
    assert [record.timestamp_ms for record in ours] == [9, 9]


def test_another_checksum_is_an_error_and_what_came_before_is_not_lost() -> None:
    bad = bytearray(batch([Raw(value=b"second")], offset=1))
    bad[-3] ^= 1
    unpacked = PartitionRecords(0, TP, MemoryRecords(batch([Raw(value=b"first")]) + bytes(bad)))
    assert [record.value for record in unpacked.take(10)] == [b"first"]
    with pytest.raises(CorruptRecordError, match="offset 1"):
        unpacked.take(10)
    assert unpacked.next_fetch_offset == 1


@pytest.mark.parametrize("cut", [1, 5, 9, 12])
def test_a_record_that_is_cut_off_is_an_error(cut: int) -> None:
    whole = MemoryRecords(batch([Raw(key=b"key", value=b"value", headers=[("a", b"b")])])).next_batch()
    assert whole is not None
    whole._buffer = whole._buffer[:-cut]
    with pytest.raises(CorruptRecordError, match="cannot be read"):
        list(records_of(PLACE, whole))
