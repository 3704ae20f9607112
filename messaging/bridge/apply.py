"""A batch of records -> the database, in ONE transaction: offsets by compare-and-set, decisions, bulk writes.

What cannot be applied whole is applied partition by partition, then record by record with savepoints, and the
record at fault is named. Errors of availability go to the caller, who waits and tries again.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction
from msgspec.structs import replace

from messaging import metrics, tracing
from messaging.bridge.dead_letters import Letter, copy_of, write_letters
from messaging.bridge.effects import Effects
from messaging.bridge.facts import load_facts
from messaging.bridge.ledger import Ledger
from messaging.bridge.offsets import Ownership, Trace, move_offset
from messaging.live.broadcast import PeopleNews, RoomChange
from messaging.log.port import Outgoing, Partition, Record
from messaging.wire.commands import Command, CommandKind
from messaging.wire.events import STORED_AT
from messaging.wire.records import UndecodableRecord, decode_command

logger = logging.getLogger(__name__)

LOCK_WAIT_S = 2

_APPLIED, _REPEATS, _REFUSED = (metrics.applied.labels(outcome=one) for one in ("applied", "repeat", "refused"))


@dataclass(slots=True)
class Applied:
    """What a committed batch did, ready to be announced and published."""

    changes: list[RoomChange] = field(default_factory=list)
    people: PeopleNews = field(default_factory=PeopleNews)
    outgoing: dict[Partition, list[Outgoing]] = field(default_factory=lambda: defaultdict(list))
    """Events and copies of dead letters, by the partition whose records they come from."""
    letters: list[Letter] = field(default_factory=list)


Batch = Mapping[Partition, Sequence[Record]]
Incoming = tuple[Record, Command]


@dataclass(slots=True)
class Decoded:
    """A batch as commands, and what of it is none."""

    incoming: dict[Partition, list[Incoming]]
    letters: list[Letter]


def apply_batch(batch: Batch, owner: Ownership) -> list[Applied]:
    """Apply records of several partitions; one result per transaction.

    Raises LostPartition when another bridge owns one of them, OperationalError or InterfaceError when the
    database is not available; nothing of the transaction at hand is stored then.
    """
    decoded = _decode(batch)
    try:
        return [_with_one_rerun(batch, decoded, owner)]
    except (DataError, IntegrityError) as error:
        logger.warning("a batch of %d partitions failed (%s); applying them one by one", len(batch), error)
        return [_salvage(partition, batch[partition], decoded, owner) for partition in batch]


def _decode(batch: Batch) -> Decoded:
    decoded = Decoded({partition: [] for partition in batch}, [])
    for partition, records in batch.items():
        for record in records:
            if record.is_probe:
                continue
            try:
                decoded.incoming[partition].append((record, decode_command(record.value, record.key)))
            except UndecodableRecord as reason:
                decoded.letters.append(Letter(record, str(reason)))
    return decoded


class Doubtful(Exception):
    """What is refused now may have been said before, and that is stored."""


def _with_one_rerun(batch: Batch, decoded: Decoded, owner: Ownership) -> Applied:
    """At first in the belief that nothing said is a repeat: looking for each takes longer than a repeat now and then.
    A duplicate key means that one is, or that the facts were older than the rows: read all of them, once."""
    try:
        return _transact(batch, decoded, owner, all_new=True)
    except (IntegrityError, Doubtful):
        return _transact(batch, decoded, owner)


def _transact(batch: Batch, decoded: Decoded, owner: Ownership, *, all_new: bool = False) -> Applied:
    started, began_ns = time.perf_counter(), time.time_ns()
    applied = Applied(letters=list(decoded.letters))
    with transaction.atomic():
        _bound_lock_waits()
        for partition, records in batch.items():
            move_offset(owner, partition, records)
        incoming = [item for items in decoded.incoming.values() for item in items]
        effects = _decide(incoming, applied.letters, all_new=all_new)
        effects.write()
        write_letters(owner.group, applied.letters)
        for partition, items in decoded.incoming.items():
            owner.remember(partition, _trace(effects, {command.room for _, command in items}))
    _measure(batch, time.perf_counter() - started)
    partition_of = {command.room: partition for partition, items in decoded.incoming.items() for _, command in items}
    _gather(applied, effects, partition_of, _traces(chain.from_iterable(decoded.incoming.values()), began_ns))
    return _with_copies(applied)


def _decide(incoming: Sequence[Incoming], letters: list[Letter], *, all_new: bool = False) -> Effects:
    """Raises Doubtful when it is not known for certain that something refused is new."""
    facts = load_facts([command for _, command in incoming], all_new=all_new)
    ledger = Ledger(facts)
    for record, command in incoming:
        if command.sender not in facts.users:
            letters.append(Letter(record, "the sender does not exist"))
        else:
            ledger.decide(command, datetime.fromtimestamp(record.accepted_ms / 1000, UTC))
    if all_new and any(one.kind == CommandKind.SEND for one in ledger.effects.decisions):
        raise Doubtful
    return ledger.effects


def _salvage(partition: Partition, records: Sequence[Record], decoded: Decoded, owner: Ownership) -> Applied:
    """Once through a partition with a savepoint a record: the ones at fault are put aside, the rest is applied."""
    applied = Applied(letters=[letter for letter in decoded.letters if letter.record.partition == partition])
    trace = Trace()
    with transaction.atomic():
        _bound_lock_waits()
        move_offset(owner, partition, records)
        for record, command in decoded.incoming[partition]:
            began_ns = time.time_ns()
            try:
                with transaction.atomic():
                    effects = _decide([(record, command)], applied.letters)
                    effects.write()
            except (DataError, IntegrityError) as error:
                applied.letters.append(Letter(record, f"the database refuses it: {error}"))
                continue
            trace.add(_trace(effects, {command.room}))
            _gather(applied, effects, {command.room: partition}, _traces([(record, command)], began_ns))
        write_letters(owner.group, applied.letters)
        owner.remember(partition, trace)
    return _with_copies(applied)


def _trace(effects: Effects, rooms: set[int]) -> Trace:
    return Trace(
        {room: effects.revs_before[room] for room in rooms & effects.revs_before.keys()},
        [(change.room, change.user) for change in effects.people.memberships if change.room in rooms],
    )


def _traces(incoming: Iterable[Incoming], began_ns: int) -> dict[int, list[str]]:
    """By room, the traces that its pushes belong to. Each traced command has been applied: its span is noted."""
    found: dict[int, list[str]] = {}
    for record, command in incoming:
        if parent := tracing.parent_in(record.headers):
            topic, number = record.partition
            noted = tracing.note("chat.apply", parent, began_ns, topic=topic, partition=number, offset=record.offset)
            found.setdefault(command.room, []).append(noted)
    return found


def _gather(
    applied: Applied, effects: Effects, partition_of: Mapping[int, Partition], traces: Mapping[int, list[str]]
) -> None:
    """What these effects have to tell; of several in one transaction, one after the other."""
    _APPLIED.inc(effects.applied)
    _REPEATS.inc(effects.repeats)
    _REFUSED.inc(len(effects.people.refusals))
    stored = (STORED_AT, str(time.time_ns() // 1_000_000).encode())
    for change, events in effects.told:
        applied.changes.append(replace(change, traces=traces[change.room]) if change.room in traces else change)
        applied.outgoing[partition_of[change.room]] += [
            event._replace(headers=(*event.headers, stored)) for event in events
        ]
    applied.people.refusals += effects.people.refusals
    applied.people.memberships += effects.people.memberships


def _with_copies(applied: Applied) -> Applied:
    for letter in applied.letters:
        applied.outgoing[letter.record.partition].append(copy_of(letter))
    return applied


def _bound_lock_waits() -> None:
    """Two seconds for a lock instead of fifty: a room that is held must not hold the others. Said once a connection."""
    if connection.vendor == "mysql":
        driver: Any = connection.connection
        if not getattr(driver, "lock_waits_are_bounded", False):
            with connection.cursor() as cursor:
                cursor.execute(f"SET innodb_lock_wait_timeout = {LOCK_WAIT_S}")
            driver.lock_waits_are_bounded = True


def _measure(batch: Batch, seconds: float) -> None:
    metrics.batch_seconds.observe(seconds)
    metrics.batch_records.observe(sum(map(len, batch.values())))
    now_ms = time.time() * 1000
    for records in batch.values():
        for record in records:
            metrics.store_seconds.observe(max(0.0, (now_ms - record.timestamp_ms) / 1000))
