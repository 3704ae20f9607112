"""Word filters at the door: every process keeps the active ones in memory and asks them before anything is sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec
from django.utils import timezone

from messaging import limits
from messaging.errors import Filtered, Held
from messaging.models import HeldMessage, Message, Room, WordFilter
from messaging.wire.commands import Command, EditMessage, SendMessage
from messaging.wire.word_match import Finder, regex_finder, word_finder

STRICTEST_FIRST = [WordFilter.Action.REJECT, WordFilter.Action.HOLD, WordFilter.Action.HIDE, WordFilter.Action.FLAG]


def finder_of(kind: str, pattern: str) -> Finder:
    """Raises BadPattern."""
    return regex_finder(pattern) if kind == WordFilter.Kind.REGEX else word_finder(pattern)


@dataclass(frozen=True)
class Rule:
    id: int
    room: int | None
    action: str
    find: Finder


class FilterBook:
    """The active filters, the strictest first. `judge` never asks the database."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.read_at: float | None = None

    def reload(self) -> None:
        active = WordFilter.objects.filter(is_active=True).order_by("pk")
        rules = [Rule(one.pk, one.room_id, one.action, finder_of(one.kind, one.pattern)) for one in active]
        self.rules = sorted(rules, key=lambda rule: STRICTEST_FIRST.index(WordFilter.Action(rule.action)))
        self.read_at = time.monotonic()

    @property
    def is_stale(self) -> bool:
        return self.read_at is None or time.monotonic() - self.read_at > limits.FILTERS_EVERY_S

    def judge(self, room: int, body: str) -> Rule | None:
        """The strictest filter that finds something."""
        return next((rule for rule in self.rules if rule.room in (None, room) and rule.find(body)), None)


book = FilterBook()
"""Of this process."""


def screen(command: Command, *, again: bool = False) -> Command:
    """The command as it may go into the log. Raises Filtered, or Held with what is to be kept.

    A re-send is never refused, for nobody knows whether it is stored already: it is hidden instead. In an edit nothing
    is held or hidden; what may not stand as it is, is refused.
    """
    if not isinstance(command, SendMessage | EditMessage):
        return command
    rule = book.judge(command.room, command.body)
    if rule is None:
        return command
    if rule.action == WordFilter.Action.FLAG:
        return msgspec.structs.replace(command, filter=rule.id)
    if isinstance(command, EditMessage):
        raise Filtered
    if rule.action == WordFilter.Action.HIDE or again:
        return msgspec.structs.replace(command, filter=rule.id, hidden=True)
    if rule.action == WordFilter.Action.HOLD:
        raise Held(command, rule.id)
    raise Filtered


def screen_in_thread(command: Command) -> Command:
    """As `screen`, where the database may be asked: it reads the filters when they are old, and keeps what is held."""
    if book.is_stale:
        book.reload()
    try:
        return screen(command)
    except Held as held:
        keep(held)
        raise


def keep(held: Held) -> None:
    """Store what waits for a moderator; the same text in the same room waits once."""
    command: SendMessage = held.command
    HeldMessage.objects.get_or_create(
        sender_id=command.sender,
        room_id=command.room,
        body=command.body,
        state=HeldMessage.State.WAITING,
        defaults={
            "client_id": command.client_id,
            "html": command.html,
            "reply_to": command.reply_to,
            "filter_id": held.filter_id,
        },
    )


@dataclass
class DryRun:
    """What a filter would have found. `samples` are of public rooms only: others are not a moderator's to read."""

    looked_at: int = 0
    hits: int = 0
    since: object = None
    samples: list[tuple[Message, str]] = field(default_factory=list)


DRY_RUN = timedelta(days=30)
PAGE_ROWS = 1_000


def dry_run(word_filter: WordFilter) -> DryRun:
    """Over the last 30 days, the newest first, as far as DRY_RUN_S reaches. Changes nothing. Raises BadPattern."""
    find, result = finder_of(word_filter.kind, word_filter.pattern), DryRun()
    for message in _recent(word_filter.room_id, time.monotonic() + limits.DRY_RUN_S):
        result.looked_at += 1
        result.since = message.created_at
        found = find(message.body)
        if found:
            result.hits += 1
            if message.room.kind == Room.Kind.PUBLIC and len(result.samples) < limits.DRY_RUN_SAMPLES:
                result.samples.append((message, found))
    return result


def _recent(room_id: int | None, deadline: float) -> Iterator[Message]:
    """By id, which nearly is the order of time and has an index."""
    rows = Message.objects.filter(deleted_at=None).select_related("room", "sender").order_by("-pk")
    if room_id is not None:
        rows = rows.filter(room_id=room_id)
    since, last = timezone.now() - DRY_RUN, None
    while time.monotonic() < deadline:
        page = list((rows if last is None else rows.filter(pk__lt=last))[:PAGE_ROWS])
        yield from (message for message in page if message.created_at >= since)
        if len(page) < PAGE_ROWS or page[-1].created_at < since:
            return
        last = page[-1].pk
