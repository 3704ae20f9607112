"""The audit: the database against itself, and against the log. It looks, and changes nothing.

Every record below a partition's stored offset has to be stored, decided, or put aside as a dead letter; nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import uuid4

import msgspec
from django.db.models import Count, Max, Min

from messaging import limits
from messaging.bridge.topics import COMMANDS, DEAD_LETTERS
from messaging.log.port import Log, Partition, Record
from messaging.models import AppliedCommand, Message, RoomHead, StoredOffset
from messaging.wire.records import UndecodableRecord, decode_command

FINDINGS_SHOWN = 100


class Report(msgspec.Struct):
    """`counts`: records by what became of them. `findings`: sentences about what must not be, none when all is well."""

    rooms: int = 0
    messages: int = 0
    counts: dict[str, int] = {}
    findings: list[str] = []

    @property
    def is_clean(self) -> bool:
        return not self.findings


def audit(log: Log, group: str) -> Report:
    """Check every room and every record that the log still has."""
    report = Report(counts={}, findings=[])
    _check_rooms(report)
    _check_log(report, log, group)
    del report.findings[FINDINGS_SHOWN:]
    return report


def _check_rooms(report: Report) -> None:
    """`seq` without holes from the floor to the head, and no row newer than its room's `rev`.

    One statement, so that heads and rows are of the same moment while people go on talking.
    """
    heads = RoomHead.objects.annotate(
        count=Count("room__messages"),
        first=Min("room__messages__seq"),
        last=Max("room__messages__seq"),
        newest=Max("room__messages__rev"),
    )
    for head in heads.iterator():
        report.rooms += 1
        report.messages += head.count
        due = head.seq - head.floor_seq
        if head.count != due or (due and (head.first, head.last) != (head.floor_seq + 1, head.seq)):
            report.findings.append(
                f"room {head.room_id}: {head.count} messages from seq {head.first} to {head.last}, "
                f"but {head.floor_seq + 1} to {head.seq} are due"
            )
        if (head.newest or 0) > head.rev:
            report.findings.append(
                f"room {head.room_id}: a message has rev {head.newest}, but the room is at {head.rev}"
            )


def _check_log(report: Report, log: Log, group: str) -> None:
    applied_to = {
        Partition(row.topic, row.partition): row.next_offset for row in StoredOffset.objects.filter(group=group)
    }
    put_aside = {dict(record.headers).get("origin", b"").decode() for record in _records(log, DEAD_LETTERS)}
    counts: Counter[str] = Counter()
    batch: list[Record] = []
    for record in _records(log, COMMANDS):
        if record.offset >= applied_to.get(record.partition, 0):
            counts["waiting"] += 1
        elif f"{COMMANDS}/{record.partition.number}/{record.offset}" in put_aside:
            counts["dead letter"] += 1
        else:
            batch.append(record)
        if len(batch) >= limits.BATCH_RECORDS:
            _check_batch(report, counts, batch)
            batch = []
    _check_batch(report, counts, batch)
    report.counts = dict(counts)


def _check_batch(report: Report, counts: Counter[str], batch: Sequence[Record]) -> None:
    commands = []
    for record in batch:
        try:
            commands.append((record, decode_command(record.value, record.key)))
        except UndecodableRecord as reason:
            report.findings.append(f"{_place(record)}: {reason}, and there is no dead letter for it")
    client_ids = {command.client_id for _, command in commands}
    stored = set(Message.objects.filter(client_id__in=client_ids).values_list("client_id", "sender_id"))
    decisions = AppliedCommand.objects.filter(client_id__in=client_ids)
    decided = {(client_id, sender): refusal for client_id, sender, refusal in decisions.values_list(
        "client_id", "sender_id", "refusal")}  # fmt: skip
    for record, command in commands:
        key = (command.client_id, command.sender)
        if key in stored:
            counts["stored"] += 1
        elif key in decided:
            counts["refused" if decided[key] else "applied"] += 1
        else:
            counts["lost"] += 1
            report.findings.append(f"{_place(record)}: applied, and left no trace")


def _place(record: Record) -> str:
    return f"{record.partition.topic}/{record.partition.number} offset {record.offset}"


def _records(log: Log, topic: str) -> Iterator[Record]:
    """Everything a topic holds as of now, by a group of our own that commits nothing."""
    bounds = log.bounds(topic)
    open_ones = {partition for partition, (earliest, end) in bounds.items() if end > earliest}
    reader = log.reader(f"audit-{uuid4().hex}", [topic])
    try:
        while open_ones:
            polled = reader.poll(1.0, limits.BATCH_RECORDS, limits.BATCH_BYTES)
            for partition in polled.gained:
                reader.seek(partition, bounds[partition][0])
            for partition, records in polled.records.items():
                yield from (record for record in records if record.offset < bounds[partition][1])
                if records[-1].offset + 1 >= bounds[partition][1]:
                    open_ones.discard(partition)
    finally:
        reader.close()
