"""Records out of what Kafka sent, in one pass: as kafka-python does it, it is an eighth of what a bridge does."""

from __future__ import annotations

from collections.abc import Iterator

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.record.default_records import DefaultRecordBatch
from kafka.record.memory_records import MemoryRecords
from kafka.record.util import decode_varint

from messaging.log.port import Partition, Record

Headers = tuple[tuple[str, bytes], ...]


def hand_out_records(consumer: KafkaConsumer, prefix: str) -> None:
    """Have `consumer.poll` return lists of `Record` instead of kafka-python's own; only of format 2, Kafka's since
    0.11."""

    class Unpacked(PartitionRecords):
        topic_prefix = prefix

    consumer._fetcher.PartitionRecords = Unpacked


class PartitionRecords(Fetcher.PartitionRecords):
    """What one fetch brought of a partition. Which batches count is kafka-python's to say."""

    topic_prefix = ""

    def _unpack_records(self, tp: TopicPartition, records: MemoryRecords, *_: object) -> Iterator[Record]:
        partition = Partition(tp.topic.removeprefix(self.topic_prefix), tp.partition)
        while (batch := records.next_batch()) is not None:
            if self.check_crcs and not batch.validate_crc():
                raise CorruptRecordError(f"the batch of {tp} at offset {batch.base_offset} has another checksum")
            self.leader_epoch = batch.leader_epoch
            if self._counts(batch):
                for record in records_of(partition, batch):
                    self.records_read += 1
                    self.next_fetch_offset = record.offset + 1
                    yield record
                self.bytes_read += batch.size_in_bytes
            # Also past what compaction has taken from its end.
            self.next_fetch_offset = batch.next_offset
        self.drain()

    def _counts(self, batch: DefaultRecordBatch) -> bool:
        """Not what ends a transaction, nor what was said in one that was aborted."""
        if self.isolation_level and batch.has_producer_id():
            self._consume_aborted_transactions_up_to(batch.last_offset)
            if self._contains_abort_marker(batch):
                self.aborted_producer_ids.discard(batch.producer_id)
            elif self._is_batch_aborted(batch):
                return False
        return not batch.is_control_batch


def records_of(partition: Partition, batch: DefaultRecordBatch) -> Iterator[Record]:
    """A record is: length, attributes (a byte), deltas of timestamp and offset, key, value, headers; all numbers are
    varints, most of them of one byte. Nearly all have the same headers: what was read once is not read again."""
    batch._maybe_uncompress()
    data, at = bytes(batch._buffer), batch._pos
    base, first_ms = batch.base_offset, batch.first_timestamp
    appended_ms = batch.max_timestamp if batch.timestamp_type == batch.LOG_APPEND_TIME else None
    known: dict[bytes, Headers] = {}
    try:
        for _ in range(batch.records_count):
            length, at = decode_varint(data, at)
            end = at + length
            at += 1
            since_ms, at = decode_varint(data, at)
            delta, at = decode_varint(data, at)
            key, at = _blob(data, at)
            value, at = _blob(data, at)
            rest = data[at:end]
            headers = known.get(rest)
            if headers is None:
                headers = known[rest] = _headers(rest)
            at = end
            ms = first_ms + since_ms if appended_ms is None else appended_ms
            yield Record(partition, base + delta, key, value or b"", headers, ms)
    except (ValueError, IndexError) as error:
        raise CorruptRecordError(f"a record of {partition} after offset {base} cannot be read: {error!r}") from error


def _blob(data: bytes, at: int) -> tuple[bytes | None, int]:
    """Bytes or null, with their length before them; and the place behind."""
    length, at = decode_varint(data, at)
    if length < 0:
        return None, at
    end = at + length
    if end > len(data):
        raise ValueError("cut off")
    return data[at:end], end


def _headers(data: bytes) -> Headers:
    count, at = decode_varint(data, 0)
    found = []
    for _ in range(count):
        name, at = _blob(data, at)
        value, at = _blob(data, at)
        found.append(((name or b"").decode(), value or b""))
    if at != len(data):
        raise ValueError("bytes after the last header")
    return tuple(found)
