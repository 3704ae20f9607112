"""How far each partition is applied, and who may move that on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from messaging.log.port import Log, Partition, Record
from messaging.models import LogTopic, StoredOffset


class LostPartition(Exception):
    """Another bridge has moved this partition's offset: it owns it, we do not."""

    def __init__(self, partition: Partition) -> None:
        super().__init__(f"{partition.topic}/{partition.number} is owned by another bridge")
        self.partition = partition


class OffsetTrouble(Exception):
    """The stored offset does not fit the log; the text says how and what an operator can do."""


class PartitionCountChanged(Exception):
    """The topic has another number of partitions than when it was first used."""


@dataclass(slots=True)
class Trace:
    """What is needed to tell a batch once more: each room's rev before it, and whose membership it changed."""

    revs_before: dict[int, int] = field(default_factory=dict)
    members: list[tuple[int, int]] = field(default_factory=list)
    """(room, user)"""

    def add(self, later: Trace) -> None:
        self.revs_before = later.revs_before | self.revs_before
        self.members += later.members


class Ownership:
    """The next offset of each partition this bridge holds, as it last saw it in the database."""

    def __init__(self, group: str, publisher: str = "") -> None:
        self.group = group
        self.publisher = publisher
        self.next_offset: dict[Partition, int] = {}

    def remember(self, partition: Partition, trace: Trace) -> None:
        """Store a batch's trace beside the offset, in the same transaction."""
        rooms_before = json.dumps({str(room): rev for room, rev in trace.revs_before.items()})
        changes = "rooms_before = %s, changed_members = %s, publisher = %s"
        self._update(partition, changes, [rooms_before, json.dumps(trace.members), self.publisher])

    def advance(self, partition: Partition, before: int, to: int) -> bool:
        """By compare-and-set; False when the stored offset is another one."""
        return self._update(partition, "next_offset = %s", [to], "AND next_offset = %s", [before])

    def _update(
        self, partition: Partition, changes: str, values: list[Any], only: str = "", if_values: Sequence[int] = ()
    ) -> bool:
        """Written out: twice a batch, Django would take longer to write the statement than the database to run it."""
        group, number = map(connection.ops.quote_name, ("group", "partition"))
        sql = f"UPDATE messaging_storedoffset SET {changes} WHERE {group} = %s AND topic = %s AND {number} = %s {only}"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(sql, [*values, self.group, partition.topic, partition.number, *if_values])
            return bool(cursor.rowcount)


def move_offset(owner: Ownership, partition: Partition, records: Sequence[Record]) -> None:
    """To behind these records, by compare-and-set: the first statement of a batch's transaction. Raises LostPartition
    when the stored offset is not the one we know, and for records from before it: it never goes back.

    The ownership follows only after the commit.
    """
    before, to = owner.next_offset[partition], records[-1].offset + 1
    if records[0].offset < before or not owner.advance(partition, before, to):
        raise LostPartition(partition)
    transaction.on_commit(lambda: owner.next_offset.__setitem__(partition, to))


def take_partition(
    owner: Ownership, topic_id: str, partition: Partition, bounds: tuple[int, int], *, latest: bool = False
) -> StoredOffset:
    """Read (or at the very first time make) the row of a partition, and check that it fits the log.

    `topic_id`: of the topic as it is now; `bounds`: its earliest offset and its end; `latest`: who was never there
    starts at the end. Raises OffsetTrouble.
    """
    earliest, end = bounds
    row, _ = StoredOffset.objects.get_or_create(
        group=owner.group,
        topic=partition.topic,
        partition=partition.number,
        defaults={"topic_id": topic_id, "next_offset": end if latest else earliest},
    )
    place = f"{partition.topic}/{partition.number}"
    if row.topic_id != topic_id:
        raise OffsetTrouble(f"{place} is another topic than the one applied so far; {WAY_OUT}")
    if not earliest <= row.next_offset <= end:
        raise OffsetTrouble(f"{place} has {earliest}..{end}, but {row.next_offset} is next; {WAY_OUT}")
    owner.next_offset[partition] = row.next_offset
    return row


WAY_OUT = "start with --start-at earliest or --start-at latest to say where to go on"


def adopt_log(group: str, log: Log, topic: str, bounds: dict[Partition, tuple[int, int]], *, latest: bool) -> None:
    """An operator's word where to go on, after the log was replaced. Repeats are dropped as always."""
    description = log.topic(topic)
    with transaction.atomic():
        LogTopic.objects.update_or_create(
            name=topic, defaults={"topic_id": description.id, "partitions": description.partitions}
        )
        for partition, (earliest, end) in bounds.items():
            StoredOffset.objects.update_or_create(
                group=group,
                topic=topic,
                partition=partition.number,
                defaults={
                    "topic_id": description.id,
                    "next_offset": end if latest else earliest,
                    "rooms_before": {},
                    "changed_members": [],
                },
            )


def check_partition_count(log: Log, topic: str) -> None:
    """A room has one partition of a topic for ever. Raises PartitionCountChanged; remembers the count at first use."""
    description = log.topic(topic)
    known, _ = LogTopic.objects.get_or_create(
        name=topic, defaults={"topic_id": description.id, "partitions": description.partitions}
    )
    if known.partitions != description.partitions:
        raise PartitionCountChanged(
            f"{topic} has {description.partitions} partitions, but was first used with {known.partitions}: "
            "rooms would change their partition and lose their order (`kafka_bridge --grow` is the way to more)"
        )
