"""The webhooks: what happens in rooms is told to addresses outside, signed, in order, at least once.

An event and those who are to hear of it become rows in the transaction that moves the offset. Whoever takes a webhook
sends its rows one after another; one that fails is tried again later and later, and the rest waits behind it.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid5

import msgspec
from django.conf import settings
from django.db.models import F
from django.utils import timezone

from messaging import metrics
from messaging.bridge.worker import Worker
from messaging.fetching.post import NotDelivered, post
from messaging.models import Room, Webhook, WebhookDelivery
from messaging.wire.events import RoomEvent

logger = logging.getLogger(__name__)

HOOKS_AT_ONCE = 5
TURN_S = 5.0
"""A webhook's turn: the next delivery starts only within it."""
CLAIM = timedelta(minutes=2)
FIRST_S, MOST_S = 5.0, 3600.0
"""Between two tries, doubling."""

KEPT = timedelta(days=3)
KEPT_MOST, WAITING_MOST = 1000, 10_000
"""Of one webhook: delivered ones that can still be looked at, and ones that wait."""
TRIM_EVERY_S = 60.0

NAMES = UUID("0e0a5f0c-3f0d-4a3e-9df2-7a2b8a2f5c11")
"""For the ids of events."""


class Webhooks(Worker):
    name = "webhooks"
    tick_every_s = 1.0
    _trim_at = 0.0

    def handle(self, events: Sequence[RoomEvent]) -> None:
        hooks = list(Webhook.objects.filter(enabled=True))
        if not hooks:
            return
        WebhookDelivery.objects.bulk_create(
            [
                WebhookDelivery(webhook=hook, event_id=event_id(event), body=_body(event, hook))
                for event in events
                for hook in hooks
                if _concerns(event, hook)
            ],
            ignore_conflicts=True,
        )

    def tick(self) -> None:
        now = timezone.now()
        due = Webhook.objects.filter(enabled=True, due_at__lte=now, deliveries__done_at=None, deliveries__isnull=False)
        for hook in due.distinct().order_by("due_at")[:HOOKS_AT_ONCE]:
            claimed_until = timezone.now() + CLAIM
            if Webhook.objects.filter(pk=hook.pk, due_at=hook.due_at).update(due_at=claimed_until):
                self._turn(hook)
        if time.monotonic() >= self._trim_at:
            self._trim_at = time.monotonic() + TRIM_EVERY_S
            _trim()

    def _turn(self, hook: Webhook) -> None:
        until = time.monotonic() + TURN_S
        while time.monotonic() < until:
            self.rounds += 1
            one = WebhookDelivery.objects.filter(webhook=hook, done_at=None).order_by("pk").first()
            if one is None:
                break
            try:
                answer = post(hook.url, hook.secret, one.event_id, one.body.encode())
            except NotDelivered as reason:
                metrics.webhook_deliveries.labels(outcome="failed").inc()
                _failed(hook, one, str(reason))
                return
            metrics.webhook_deliveries.labels(outcome="delivered").inc()
            # Its words are not kept: they may be deleted where they were said.
            WebhookDelivery.objects.filter(pk=one.pk).update(
                body="", tries=F("tries") + 1, outcome=answer, done_at=timezone.now()
            )
            if hook.failures:
                hook.failures = 0
                Webhook.objects.filter(pk=hook.pk).update(failures=0)
        Webhook.objects.filter(pk=hook.pk).update(due_at=timezone.now())


def event_id(event: RoomEvent) -> UUID:
    """The same whenever this event is told."""
    return uuid5(NAMES, f"{event.room}:{event.after}:{event.rev}")


def _concerns(event: RoomEvent, hook: Webhook) -> bool:
    if hook.room_id != event.room and (hook.room_id is not None or event.about.kind != Room.Kind.PUBLIC):
        return False
    match hook.events:
        case Webhook.Events.MESSAGES:
            return bool(event.messages)
        case Webhook.Events.MEMBERS:
            return bool(event.members)
    return True


def _body(event: RoomEvent, hook: Webhook) -> str:
    """The facts as everybody in the room sees them: not what a hidden message says."""
    facts = {
        "id": event_id(event),
        "room": event.room,
        "after": event.after,
        "rev": event.rev,
        "about": event.about,
        "messages": [msgspec.Raw(one.json) for one in event.messages] if hook.events != "members" else [],
        "members": event.members if hook.events != "messages" else [],
    }
    return msgspec.json.encode(facts).decode()


def _failed(hook: Webhook, one: WebhookDelivery, reason: str) -> None:
    hook.failures += 1
    bound = min(MOST_S, FIRST_S * 2.0 ** min(hook.failures - 1, 20))
    due_at = timezone.now() + timedelta(seconds=random.uniform(bound / 2, bound))
    WebhookDelivery.objects.filter(pk=one.pk).update(tries=F("tries") + 1, outcome=reason[:200])
    Webhook.objects.filter(pk=hook.pk).update(failures=hook.failures, due_at=due_at)
    logger.info("webhook %d: %s", hook.pk, reason)
    if hook.failures >= settings.CHAT_WEBHOOK_FAILURES:
        Webhook.objects.filter(pk=hook.pk).update(enabled=False)
        logger.error("webhook %d is switched off: it failed %d times in a row", hook.pk, hook.failures)


def _trim() -> None:
    """The oldest go: also those that wait, when nobody takes them."""
    WebhookDelivery.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    for hook in Webhook.objects.all():
        for waiting, most in ((True, WAITING_MOST), (False, KEPT_MOST)):
            rows = WebhookDelivery.objects.filter(webhook=hook, done_at__isnull=waiting)
            newest_too_much = rows.order_by("-pk").values_list("pk", flat=True)[most : most + 1].first()
            if newest_too_much is not None:
                gone, _ = rows.filter(pk__lte=newest_too_much).delete()
                if waiting:
                    logger.error("webhook %d: %d events that waited too long are dropped", hook.pk, gone)
