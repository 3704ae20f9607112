"""`kafka_bridge --status` for people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from messaging.bridge.status import BridgeStatus, PartitionStatus, Status


def in_words(status: Status) -> str:
    return "\n".join(_lines(status))


def _lines(status: Status) -> Iterator[str]:
    yield f"group {status.group}: {status.lag_records:,} records wait, the oldest for {status.lag_s:g} s"
    yield (
        f"dead letters waiting: {status.dead_letters:,} · spooled: {status.spooled:,} · "
        f"outbox not yet relayed: {status.outbox:,}"
    )
    for name, topic in status.topics.items():
        replicas = f"replication {topic.replication}, min.insync.replicas {topic.min_insync}"
        closed = ", closed: it has grown into the next one" if topic.is_closed else ""
        yield f"topic {name}: {topic.partitions} partitions, {replicas}{closed}"
    for bridge in status.bridges:
        yield from _bridge(bridge)
    yield from _partitions(status.partitions)
    for sentence in status.advice:
        yield f"advice: {sentence}"
    for trouble in status.troubles:
        yield f"trouble: {trouble}"
    if not status.troubles:
        yield "all is well"


def _bridge(bridge: BridgeStatus) -> Iterator[str]:
    said = bridge.said
    state = "" if bridge.alive else f" · silent for {bridge.seen_s_ago:.0f} s"
    yield (
        f"bridge {bridge.name} since {bridge.started_at}: {len(said.partitions)} partitions · "
        f"{said.applied:,} applied · {said.rate:g}/s · lag {said.lag_records:,} records, {said.lag_s:g} s{state}"
    )
    away = {name: state for name, state in said.breakers.items() if state != "closed"}
    if away:
        yield "  breakers: " + ", ".join(f"{name} {state}" for name, state in away.items())
    if said.last_error:
        yield f"  last error, {said.last_error_at}: {said.last_error}"


def _partitions(partitions: list[PartitionStatus]) -> Iterator[str]:
    """Those that lag, a line each; the others by who has them."""
    lagging = [one for one in partitions if one.lag]
    for one in lagging:
        yield (
            f"partition {one.place}: applied to {one.applied_to}, committed {one.committed}, end {one.end}, "
            f"{one.lag:,} wait · {one.bridge or 'nobody has it'}"
        )
    level = sorted((one for one in partitions if not one.lag), key=lambda one: (one.bridge, one.topic, one.number))
    for (bridge, topic), group in groupby(level, key=lambda one: (one.bridge, one.topic)):
        yield f"no lag: {topic}/{_ranges([one.number for one in group])} · {bridge or 'nobody has them'}"


def _ranges(numbers: list[int]) -> str:
    """[0, 1, 2, 5] -> "0-2, 5"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
