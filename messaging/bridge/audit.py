"""The audit: the database against itself, and against the log. It looks, and changes nothing.

Every record below a partition's stored offset has to be stored, a repeat, decided, or a dead letter (that waits, was
replayed, or was discarded by a named person); nothing else. Where the database was rebuilt, decisions on other commands
than messages are forgotten, and refusals with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from uuid import uuid4

import msgspec
from django.db.models import Count, Exists, Max, Min, OuterRef

from messaging import limits
from messaging.bridge.dead_letters import replay_of
from messaging.bridge.generations import names_of_commands
from messaging.log.port import Log, Partition, Record
from messaging.models import AppliedCommand, DeadLetter, Mention, Message, RoomHead, SpooledRecord, StoredOffset
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
    report = audit_database()
    _check_log(report, log, group)
    del report.findings[FINDINGS_SHOWN:]
    return report


def audit_database() -> Report:
    """The database against itself alone."""
    report = Report(counts={}, findings=[])
    _check_rooms(report)
    _check_mentions(report)
    _check_spool(report)
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


def _check_spool(report: Report) -> None:
    """What is accepted and not in the log yet; what Kafka has refused is an operator's to decide."""
    report.counts["spooled"] = SpooledRecord.objects.filter(refusal="").count()
    for row in SpooledRecord.objects.exclude(refusal=""):
        report.findings.append(f"spooled record {row.pk} was refused by Kafka: {row.refusal}")


def _check_mentions(report: Report) -> None:
    """A deleted message names nobody."""
    deleted = Message.objects.filter(room_id=OuterRef("room_id"), seq=OuterRef("seq"), deleted_at__isnull=False)
    stale = Mention.objects.filter(Exists(deleted)).count()
    if stale:
        report.findings.append(f"{stale} mentions count for messages that are deleted")


class _Trail:
    """Follows the records of the log through the database. Remembers 64 bits of every command, for repeats."""

    def __init__(self, report: Report, came_back: set[int], rebuilt_to: Mapping[Partition, int]) -> None:
        """`came_back`: dead letters that were replayed and failed again."""
        self.counts: Counter[str] = Counter()
        self._report = report
        self._came_back, self._rebuilt_to = came_back, rebuilt_to
        self._seen: set[int] = set()
        self._last_seq: dict[int, int] = {}

    def follow(self, batch: Sequence[Record]) -> None:
        commands = []
        for record in batch:
            try:
                commands.append((record, decode_command(record.value, record.key)))
            except UndecodableRecord as reason:
                self._miss(record, f"{reason}, and there is no dead letter for it")
        client_ids = {command.client_id for _, command in commands}
        messages = Message.objects.filter(client_id__in=client_ids).values_list("client_id", "sender_id", "seq")
        decisions = AppliedCommand.objects.filter(client_id__in=client_ids)
        stored = {(client_id, sender): seq for client_id, sender, seq in messages}
        decided = {(row.client_id, row.sender_id): row.refusal for row in decisions}
        for record, command in commands:
            key = command.client_id, command.sender
            if hash(key) in self._seen:
                self.counts["repeat"] += 1
            elif key in stored:
                self.counts["stored"] += 1
                self._check_order(record, command.room, stored[key])
            elif key in decided:
                self.counts["refused" if decided[key] else "applied"] += 1
            elif record.offset < self._rebuilt_to.get(record.partition, 0):
                self.counts["forgotten"] += 1
            else:
                self._miss(record, "applied, and left no trace")
                continue  # its replay, if there is one, is no repeat
            self._seen.add(hash(key))

    def _miss(self, record: Record, what: str) -> None:
        if replay_of(record) in self._came_back:
            self.counts["dead letter again"] += 1
        else:
            self.counts["lost"] += 1
            self._find(record, what)

    def _check_order(self, record: Record, room: int, seq: int) -> None:
        """A room's messages stand in the order in which the log took them."""
        if seq <= self._last_seq.get(room, 0):
            self._find(record, f"room {room} has it at seq {seq}, before what came first")
        self._last_seq[room] = max(seq, self._last_seq.get(room, 0))

    def _find(self, record: Record, what: str) -> None:
        self._report.findings.append(f"{_place(record)}: {what}")


def _check_log(report: Report, log: Log, group: str) -> None:
    offsets = {Partition(row.topic, row.partition): row for row in StoredOffset.objects.filter(group=group)}
    applied_to = {partition: row.next_offset for partition, row in offsets.items()}
    rebuilt_to = {partition: row.rebuilt_to for partition, row in offsets.items()}
    names = names_of_commands()
    letters = DeadLetter.objects.filter(group=group, topic__in=names)
    places = letters.values_list("topic", "partition", "offset", "state")
    put_aside = {(Partition(topic, number), at): state for topic, number, at, state in places}
    trail = _Trail(report, set(letters.filter(tries__gt=1).values_list("pk", flat=True)), rebuilt_to)
    batch: list[Record] = []
    for record in chain.from_iterable(_records(log, name) for name in names):
        if record.offset >= applied_to.get(record.partition, 0):
            trail.counts["waiting"] += 1
        elif state := put_aside.get((record.partition, record.offset)):
            trail.counts[f"dead letter {state}"] += 1
        else:
            batch.append(record)
        if len(batch) >= limits.BATCH_RECORDS:
            trail.follow(batch)
            batch = []
    trail.follow(batch)
    report.counts |= dict(trail.counts)


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
                end = bounds[partition][1]
                yield from (record for record in records if record.offset < end and not record.is_probe)
                if records[-1].offset + 1 >= bounds[partition][1]:
                    open_ones.discard(partition)
    finally:
        reader.close()
