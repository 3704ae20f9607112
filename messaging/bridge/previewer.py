"""The previewer: what a message links to is looked at, and comes as a later change of the message.

A message with links waits in a table; whoever takes it reads the pages and writes a command in the sender's name, which
travels like any other. A process that dies in between looks once more: the command has the same id.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import msgspec
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from messaging import metrics
from messaging.actions import outbox
from messaging.bridge.worker import Worker
from messaging.fetching.fetch import NoPreview, fetch_preview
from messaging.models import LinkedPage, Message
from messaging.models.message import places_of
from messaging.wire.commands import AttachPreviews, Preview
from messaging.wire.events import MessageFact, RoomEvent
from messaging.wire.links import links_in

logger = logging.getLogger(__name__)

PAGES_AT_ONCE = 5
CLAIM = timedelta(minutes=2)
REMEMBERED_S = 3600
"""A page that many link to is read once an hour."""

NAMES = UUID("5b0f4dd2-5b9f-4d0e-9f3f-0a6f1c1d2b77")
"""For the ids of our commands."""


class Previewer(Worker):
    name = "previewer"
    tick_every_s = 1.0
    fetch: Callable[[str], Preview | None] = staticmethod(fetch_preview)

    def handle(self, events: Sequence[RoomEvent]) -> None:
        if not settings.CHAT_LINK_PREVIEWS:
            return
        now = timezone.now()
        newest = {
            (event.room, view.seq): LinkedPage(room_id=event.room, seq=view.seq, rev=view.rev, due_at=now)
            for event in events
            for view in map(MessageFact.view, event.messages)
            if not {one.url for one in view.previews}.issuperset(links_in(view.html))
        }
        if newest:
            LinkedPage.objects.filter(places_of(newest)).delete()
            LinkedPage.objects.bulk_create(newest.values())

    def tick(self) -> None:
        now = timezone.now()
        for page in LinkedPage.objects.filter(due_at__lte=now).order_by("due_at")[:PAGES_AT_ONCE]:
            self.rounds += 1
            mine = LinkedPage.objects.filter(pk=page.pk, rev=page.rev, due_at=page.due_at)
            if mine.update(due_at=now + CLAIM):
                self._look(page, now + CLAIM)

    def _look(self, page: LinkedPage, claimed_until: datetime) -> None:
        message = Message.objects.filter(room_id=page.room_id, seq=page.seq, deleted_at=None, hidden_at=None).first()
        links = links_in(message.html) if message else []
        found = [preview for url in links if (preview := self._preview(url)) is not None]
        with transaction.atomic():
            # Written anew meanwhile: then it is looked at anew.
            LinkedPage.objects.filter(pk=page.pk, rev=page.rev, due_at=claimed_until).delete()
            if message and found:
                outbox.submit(
                    AttachPreviews(
                        client_id=_command_id(message, found),
                        room=message.room_id,
                        sender=message.sender_id,
                        seq=message.seq,
                        previews=found,
                    )
                )

    def _preview(self, url: str) -> Preview | None:
        key = f"preview:{hashlib.sha256(url.encode()).hexdigest()}"
        known = cache.get(key)
        if known is None:
            known = msgspec.to_builtins(self._fetched(url)) or {}
            cache.set(key, known, REMEMBERED_S)
        return Preview(**{**known, "url": url}) if known else None

    def _fetched(self, url: str) -> Preview | None:
        try:
            found = self.fetch(url)
        except NoPreview as reason:
            metrics.previews.labels(outcome="refused").inc()
            logger.info("no preview: %s", reason)
            return None
        metrics.previews.labels(outcome="shown" if found else "nothing").inc()
        return found


def _command_id(message: Message, found: Sequence[Preview]) -> UUID:
    """The same for the same answer about the same text: who looks twice says it once."""
    text = msgspec.json.encode([message.room_id, message.seq, message.edited_at, found])
    return uuid5(NAMES, text.decode())
