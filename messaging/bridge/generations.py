"""The generations of `chat.commands`, as the database has them: written by the one command that lets it grow."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection

from messaging.bridge.topics import COMMANDS
from messaging.log.generations import first_of, number_of
from messaging.log.port import Log, Partition
from messaging.models import LogTopic


class Generation(NamedTuple):
    name: str
    partitions: int
    ends: list[int] | None
    """Of each partition, since it was closed; None: it is open."""


def generations(topic: str = COMMANDS) -> list[Generation]:
    """The oldest first; none before a bridge or a web process has seen the log."""
    rows = LogTopic.objects.filter(name__startswith=topic).values_list("name", "partitions", "ends")
    found = [Generation(*row) for row in rows if first_of(row[0]) == topic]
    return sorted(found, key=lambda one: number_of(one.name))


def names_of_commands() -> list[str]:
    """The topics that commands stand in, in the order in which they are applied."""
    return [one.name for one in generations()] or [COMMANDS]


def where_to_write(topic: str, is_closed: bool) -> str:
    """The newest one, if what is before it is closed, or the broker has just said so; for threads of their own: the
    connection is let go."""
    try:
        known = generations(topic)
    finally:
        if not connection.in_atomic_block:
            connection.close()
    if len(known) > 1 and known[-2].ends is None and not is_closed:
        return known[-2].name
    return known[-1].name if known else topic


def readable(log: Log, group: str, known: list[Generation]) -> set[str]:
    """Those that may be applied: each once everything of the ones before it is stored and published. So all of a room
    stays in order, whichever partitions it stood in. Raises LogUnavailable."""
    found = set()
    for one in known:
        found.add(one.name)
        if one.ends is None or one is known[-1]:
            break
        committed = log.group_offsets(group, one.name)
        if any(committed.get(Partition(one.name, number), 0) < end for number, end in enumerate(one.ends)):
            break
    return found
