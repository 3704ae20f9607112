"""A batch of records -> the database, in ONE transaction: offsets by compare-and-set, decisions, bulk writes.

What cannot be applied whole is applied partition by partition, then record by record with savepoints, and the
record at fault is named. Errors of availability go to the caller, who waits and tries again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import DataError, IntegrityError, connection, transaction

from messaging import metrics
from messaging.bridge.effects import Effects
from messaging.bridge.facts import load_facts
from messaging.bridge.ledger import Ledger
from messaging.bridge.offsets import Ownership, move_offset
from messaging.live.broadcast import PeopleNews, RoomChange
from messaging.log.port import Partition, Record
from messaging.wire.commands import Command
from messaging.wire.records import UndecodableRecord, decode_command

logger = logging.getLogger(__name__)

LOCK_WAIT_S = 2


@dataclass(slots=True)
class Applied:
    """What a committed batch did, ready to be announced."""

    changes: list[RoomChange] = field(default_factory=list)
    people: PeopleNews = field(default_factory=PeopleNews)


PutAside = Callable[[Record, str], None]
"""Stores a dead letter durably before it returns."""

Batch = Mapping[Partition, Sequence[Record]]


def apply_batch(batch: Batch, owner: Ownership, put_aside: PutAside) -> list[Applied]:
    """Apply records of several partitions; one result per transaction.

    Raises LostPartition when another bridge owns one of them, OperationalError or InterfaceError when the
    database is not available; nothing of the transaction at hand is stored then.
    """
    decoded = {partition: _decode(records, put_aside) for partition, records in batch.items()}
    try:
        return [_with_one_rerun(batch, decoded, owner, put_aside)]
    except (DataError, IntegrityError) as error:
        logger.warning("a batch of %d partitions failed (%s); applying them one by one", len(batch), error)
        return [_salvage(partition, batch[partition], decoded[partition], owner, put_aside) for partition in batch]


Incoming = tuple[Record, Command]


def _decode(records: Sequence[Record], put_aside: PutAside) -> list[Incoming]:
    incoming = []
    for record in records:
        try:
            incoming.append((record, decode_command(record.value, record.key)))
        except UndecodableRecord as reason:
            put_aside(record, str(reason))
    return incoming


def _with_one_rerun(
    batch: Batch, decoded: dict[Partition, list[Incoming]], owner: Ownership, put_aside: PutAside
) -> Applied:
    """A duplicate key means that the facts were older than the rows: read them again, once."""
    try:
        return _transact(batch, decoded, owner, put_aside)
    except IntegrityError:
        return _transact(batch, decoded, owner, put_aside)


def _transact(batch: Batch, decoded: dict[Partition, list[Incoming]], owner: Ownership, put_aside: PutAside) -> Applied:
    started = time.perf_counter()
    with transaction.atomic():
        _bound_lock_waits()
        for partition, records in batch.items():
            move_offset(owner, partition, records[-1].offset + 1)
        incoming = [item for items in decoded.values() for item in items]
        effects = _decide(incoming, put_aside)
        effects.write()
        for partition, items in decoded.items():
            rooms = {command.room for _, command in items}
            owner.remember_revs(
                partition, {room: effects.revs_before[room] for room in rooms & effects.revs_before.keys()}
            )
    _measure(batch, time.perf_counter() - started)
    return Applied(effects.changes(), effects.people)


def _decide(incoming: Sequence[Incoming], put_aside: PutAside) -> Effects:
    facts = load_facts([command for _, command in incoming])
    ledger = Ledger(facts)
    for record, command in incoming:
        if command.sender not in facts.users:
            put_aside(record, "the sender does not exist")
        else:
            ledger.decide(command, datetime.fromtimestamp(record.accepted_ms / 1000, UTC))
    return ledger.effects


def _salvage(
    partition: Partition, records: Sequence[Record], incoming: Sequence[Incoming], owner: Ownership, put_aside: PutAside
) -> Applied:
    """Once through a partition with a savepoint a record: the ones at fault are put aside, the rest is applied."""
    whole = Applied()
    with transaction.atomic():
        _bound_lock_waits()
        move_offset(owner, partition, records[-1].offset + 1)
        revs_before: dict[int, int] = {}
        for record, command in incoming:
            try:
                with transaction.atomic():
                    effects = _decide([(record, command)], put_aside)
                    effects.write()
            except (DataError, IntegrityError) as error:
                put_aside(record, f"the database refuses it: {error}")
                continue
            revs_before = effects.revs_before | revs_before
            whole.changes += effects.changes()
            whole.people.refusals += effects.people.refusals
            whole.people.memberships += effects.people.memberships
        owner.remember_revs(partition, revs_before)
    return whole


def _bound_lock_waits() -> None:
    """Two seconds for a lock instead of fifty: a room that is held must not hold the others."""
    if connection.vendor == "mysql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET innodb_lock_wait_timeout = {LOCK_WAIT_S}")


def _measure(batch: Batch, seconds: float) -> None:
    metrics.batch_seconds.observe(seconds)
    metrics.batch_records.observe(sum(map(len, batch.values())))
    now_ms = time.time() * 1000
    for records in batch.values():
        for record in records:
            metrics.store_seconds.observe(max(0.0, (now_ms - record.timestamp_ms) / 1000))
