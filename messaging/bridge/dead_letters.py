"""Records that can never be applied: a row with their bytes and the reason, and a copy in a topic of their own.

The row is written in the transaction that moves the partition on, the copy goes out with the batch's events: each
letter is there once, whatever dies. A replay is the same record in the log again; where it fails again, its row waits
again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.models import User
from messaging import metrics, tracing
from messaging.bridge.topics import COMMANDS, DEAD_LETTERS
from messaging.log.port import ACCEPTED_AT, Appender, Outgoing, Partition, Record
from messaging.models import DeadLetter
from messaging.wire.records import COMMAND_HEADERS, UndecodableRecord, parse_command, record_key

logger = logging.getLogger(__name__)

REPLAY_OF = "dead-letter"
"""Header of a replayed record: the id of its letter, decimal."""

REASON_CHARACTERS = 500
REPLAY_ROWS = 500
ACKNOWLEDGE_S = 10.0


class Letter(NamedTuple):
    record: Record
    reason: str


def replay_of(record: Record) -> int | None:
    """The id of the letter that this record puts into the log again."""
    value = dict(record.headers).get(REPLAY_OF, b"")
    return int(value) if value.isdigit() else None


def write_letters(group: str, letters: Sequence[Letter]) -> None:
    """Inside the transaction that moves the partitions on."""
    fresh = [letter for letter in letters if not _goes_back(letter)]
    DeadLetter.objects.bulk_create(_row(group, letter) for letter in fresh)


def _goes_back(letter: Letter) -> bool:
    """A replay that failed again waits again, in its own row."""
    pk = replay_of(letter.record)
    if pk is None:
        return False
    again = {"state": DeadLetter.State.WAITING, "reason": letter.reason[:REASON_CHARACTERS], "tries": F("tries") + 1}
    return bool(DeadLetter.objects.filter(pk=pk).update(**again))


def _row(group: str, letter: Letter) -> DeadLetter:
    record = letter.record
    return DeadLetter(
        group=group,
        topic=record.partition.topic,
        partition=record.partition.number,
        offset=record.offset,
        key=record.key,
        value=record.value,
        accepted_ms=record.accepted_ms,
        reason=letter.reason[:REASON_CHARACTERS],
        trace=tracing.parent_in(record.headers)[: tracing.TRACEPARENT_CHARACTERS],
    )


def note(letters: Iterable[Letter]) -> None:
    """Say in log and metrics what has been put aside, once that is committed."""
    for letter in letters:
        metrics.dead_letters.inc()
        where, parent = origin(letter.record.partition, letter.record.offset), tracing.parent_in(letter.record.headers)
        if parent:
            tracing.note("chat.dead_letter", parent, time.time_ns(), origin=where, reason=letter.reason)
        with tracing.logged(parent):
            logger.error("dead letter from %s: %s", where, letter.reason)


def origin(partition: Partition, offset: int) -> str:
    return f"{partition.topic}/{partition.number}/{offset}"


def copy_of(letter: Letter) -> Outgoing:
    record = letter.record
    return _copy(record.key, record.value, letter.reason, origin(record.partition, record.offset))


def copies_again(group: str, partition: Partition, since: int) -> list[Outgoing]:
    """The letters of a partition from an offset on, for who finds that their copies were perhaps not sent."""
    rows = DeadLetter.objects.filter(
        group=group, topic=partition.topic, partition=partition.number, offset__gte=since
    ).order_by("offset")
    return [_copy(row.original_key, bytes(row.value), row.reason, row.origin) for row in rows]


def _copy(key: bytes | None, value: bytes, reason: str, where: str) -> Outgoing:
    headers = (("reason", reason[:REASON_CHARACTERS].encode()), ("origin", where.encode()))
    return Outgoing(DEAD_LETTERS, key, value, headers)


# Decisions about them


def ask_replay(letters: QuerySet[DeadLetter], by: User | None) -> int:
    """Have waiting letters put into the log again; returns how many. The relay does it, at once or within a second."""
    return _decide(letters, DeadLetter.State.REPLAY, by)


def discard(letters: QuerySet[DeadLetter], by: User | None) -> int:
    """Say that waiting letters are of no use; their rows stay. Returns how many."""
    return _decide(letters, DeadLetter.State.DISCARDED, by)


def _decide(letters: QuerySet[DeadLetter], state: str, by: User | None) -> int:
    waiting = letters.filter(state=DeadLetter.State.WAITING)
    return waiting.update(state=state, decided_by=by, decided_at=timezone.now())


def replay_asked(appender: Appender) -> int:
    """Put letters into the log again for which that was asked, in order; returns how many. A crash in the middle puts
    some in twice: repeats are dropped, and a letter that has come back already is left alone."""
    rows = list(DeadLetter.objects.filter(state=DeadLetter.State.REPLAY).order_by("id")[:REPLAY_ROWS])
    futures = [appender.append(COMMANDS, _replay_key(row), bytes(row.value), _replay_headers(row)) for row in rows]
    for future in futures:
        future.result(ACKNOWLEDGE_S)
    asked = DeadLetter.objects.filter(pk__in=[row.pk for row in rows], state=DeadLetter.State.REPLAY)
    asked.update(state=DeadLetter.State.REPLAYED)
    return len(rows)


def _replay_key(row: DeadLetter) -> bytes | None:
    """The key that the command should have had: one that stood under another is mended by its replay."""
    try:
        return record_key(parse_command(bytes(row.value)).room)
    except UndecodableRecord:
        return row.original_key


def _replay_headers(row: DeadLetter) -> list[tuple[str, bytes]]:
    about = [(ACCEPTED_AT, str(row.accepted_ms).encode()), (REPLAY_OF, str(row.pk).encode())]
    return [*COMMAND_HEADERS, *about, *tracing.headers(row.trace)]
