"""The notifier: who is named and does not look gets a mail, one for all that came together.

An event with mentions makes a digest due in CHAT_DIGEST_AFTER_S; when it is due, what has been read meanwhile is left
out, and nothing is mailed when nothing is left. A process that dies between mailing and noting it mails once more.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from smtplib import SMTPException
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts.models import User
from messaging import metrics
from messaging.bridge.worker import Worker
from messaging.models import MentionDigest
from messaging.selectors.mentions import UnreadMention, unread_mentions
from messaging.wire.events import RoomEvent

logger = logging.getLogger(__name__)

MENTIONS_MOST = 20
"""In one mail; the newest ones."""

DIGESTS_AT_ONCE = 50
CLAIM = timedelta(minutes=10)
"""So long a process has for a mail before another one may try: mail servers can be slow."""


class Notifier(Worker):
    name = "notifier"

    def handle(self, events: Sequence[RoomEvent]) -> None:
        named = {
            user
            for event in events
            for fact in event.messages
            for view in [fact.view()]
            if view.deleted_at is None
            for user in view.mentions
            if user != view.sender.id
        }
        reachable = set(_reachable().filter(pk__in=named).values_list("pk", flat=True))
        due_at = timezone.now() + timedelta(seconds=settings.CHAT_DIGEST_AFTER_S)
        MentionDigest.objects.filter(user_id__in=reachable, due_at=None).update(due_at=due_at)
        MentionDigest.objects.bulk_create(
            [MentionDigest(user_id=user, due_at=due_at) for user in sorted(reachable)], ignore_conflicts=True
        )

    def tick(self) -> None:
        now = timezone.now()
        for digest in MentionDigest.objects.filter(due_at__lte=now).order_by("due_at")[:DIGESTS_AT_ONCE]:
            self.rounds += 1
            mine = MentionDigest.objects.filter(pk=digest.pk, due_at=digest.due_at)
            if mine.update(due_at=now + CLAIM):
                self._mail(digest.user_id, digest.mailed_at, now)

    def _mail(self, user_id: int, mailed_at: datetime | None, now: datetime) -> None:
        person = _reachable().filter(pk=user_id).first()
        mentions = unread_mentions(user_id, mailed_at, MENTIONS_MOST) if person else []
        if person and mentions:
            try:
                _send(person, mentions)
            except (OSError, SMTPException) as error:
                metrics.mails.labels(outcome="failed").inc()
                self.away("a mail waits: %s", error)
                return
            metrics.mails.labels(outcome="sent").inc()
        told_to = mentions[-1].at if mentions else F("mailed_at")
        MentionDigest.objects.filter(pk=user_id).update(due_at=None, mailed_at=told_to)


def _reachable():  # type: ignore[no-untyped-def]
    return User.objects.filter(is_active=True, mail_mentions=True).exclude(email="")


def _send(person: User, mentions: Sequence[UnreadMention]) -> None:
    zone = ZoneInfo(person.time_zone) if person.time_zone else timezone.get_default_timezone()
    with translation.override(person.language or settings.LANGUAGE_CODE), timezone.override(zone):
        context = {"person": person, "mentions": mentions, "site": settings.SITE_URL}
        subject = render_to_string("messaging/mail/mentions_subject.txt", context).strip()
        send_mail(subject, render_to_string("messaging/mail/mentions.txt", context), None, [person.email])
