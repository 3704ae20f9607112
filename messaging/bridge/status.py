"""How the bridges are doing: the log, the database and the bridges' own reports side by side."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec
from django.utils import timezone

from messaging import limits
from messaging.bridge.generations import names_of_commands
from messaging.bridge.report import Said
from messaging.bridge.topics import RETENTION_DAYS, advice, topic_specs
from messaging.log.port import Log, Partition, TopicDescription
from messaging.models import BridgeReport, DeadLetter, OutboxCommand, SpooledRecord, StoredOffset

OLD_S = RETENTION_DAYS * 86_400 / 2
"""Half of what the log keeps: time to do something."""


class PartitionStatus(msgspec.Struct):
    """Offsets: of the next record to apply, as the database has it; the group's; the log's end."""

    topic: str
    number: int
    applied_to: int | None
    committed: int | None
    end: int
    lag: int
    bridge: str = ""

    @property
    def place(self) -> str:
        return f"{self.topic}/{self.number}"


class BridgeStatus(msgspec.Struct):
    name: str
    alive: bool
    started_at: str
    seen_s_ago: float
    said: Said


class Status(msgspec.Struct):
    group: str
    topics: dict[str, TopicDescription]
    advice: list[str]
    partitions: list[PartitionStatus]
    bridges: list[BridgeStatus]
    lag_records: int
    lag_s: float
    """Age of the oldest record that waits; 0 when none does."""
    dead_letters: int
    spooled: int
    outbox: int

    @property
    def troubles(self) -> list[str]:
        """What an operator has to look at, none when all is well."""
        alive = [bridge for bridge in self.bridges if bridge.alive]
        found = [] if alive else ["no bridge is running"]
        found += [f"{place} is stopped: {why}" for bridge in alive for place, why in bridge.said.halted.items()]
        if alive:
            orphans = [one.place for one in self.partitions if not one.bridge]
            found += [f"nobody has partition {', '.join(orphans)}"] if orphans else []
        if self.lag_s > OLD_S:
            found.append(
                f"the oldest record waits for {self.lag_s / 3600:.0f} h: at {RETENTION_DAYS} days the log forgets it"
            )
        return found


def status_of(log: Log, group: str) -> Status:
    """Raises LogUnavailable. Reads, and changes nothing."""
    bridges = bridges_of(group)
    owners = {place: one.name for one in bridges if one.alive for place in map(str, one.said.partitions)}
    names = names_of_commands()
    partitions = [one for name in names for one in _partitions(log, group, name, owners)]
    waiting = {Partition(one.topic, one.number): one.end - one.lag for one in partitions if one.lag}
    oldest_ms = min(log.times_at(waiting).values(), default=None)
    topics = {name: log.topic(name) for name in dict.fromkeys([*(spec.name for spec in topic_specs()), *names])}
    return Status(
        group=group,
        topics=topics,
        advice=advice(topics),
        partitions=partitions,
        bridges=bridges,
        lag_records=sum(one.lag for one in partitions),
        lag_s=0.0 if oldest_ms is None else round(max(0.0, timezone.now().timestamp() - oldest_ms / 1000), 1),
        dead_letters=DeadLetter.objects.filter(state=DeadLetter.State.WAITING).count(),
        spooled=SpooledRecord.objects.count(),
        outbox=OutboxCommand.objects.filter(relayed_at=None).count(),
    )


def _partitions(log: Log, group: str, topic: str, owners: dict[str, str]) -> Iterator[PartitionStatus]:
    applied = dict(StoredOffset.objects.filter(group=group, topic=topic).values_list("partition", "next_offset"))
    committed = log.group_offsets(group, topic)
    for place, (earliest, end) in sorted(log.bounds(topic).items()):
        applied_to = applied.get(place.number)
        lag = end - (earliest if applied_to is None else max(earliest, min(applied_to, end)))
        one = PartitionStatus(topic, place.number, applied_to, committed.get(place), end, lag)
        one.bridge = owners.get(one.place, "")
        yield one


def bridges_of(group: str) -> list[BridgeStatus]:
    """What they last said of themselves; the silent ones are not alive."""
    now = timezone.now()
    return [
        BridgeStatus(
            name=row.name,
            alive=now - row.seen_at < timedelta(seconds=limits.SILENT_S),
            started_at=row.started_at.isoformat(timespec="seconds"),
            seen_s_ago=round((now - row.seen_at).total_seconds(), 1),
            said=msgspec.convert(row.said, Said),
        )
        for row in BridgeReport.objects.filter(group=group).order_by("name")
    ]
