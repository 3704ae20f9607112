from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from messaging.models.fields import BinaryUUIDField
from messaging.models.room import Room
from messaging.wire.commands import Preview
from messaging.wire.messages import MessageView, Sender


class Message(models.Model):
    """One message. `seq` is its place in the room for ever; `rev` is the room's rev at its last change."""

    room = models.ForeignKey(Room, models.PROTECT, related_name="messages", db_index=False)
    seq = models.BigIntegerField()
    rev = models.BigIntegerField()
    client_id = BinaryUUIDField()
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="messages")
    fingerprint = models.BigIntegerField()
    """Of the command as first sent: an edited message still recognises its own re-send."""
    body = models.TextField(_("body"), max_length=4000)
    html = models.TextField(editable=False)
    reply_to = models.BigIntegerField(null=True)
    mentions = models.JSONField(default=list, editable=False)
    """Ids of the people it names who were members when it was applied."""
    reactions = models.JSONField(null=True, editable=False)
    """{emoji: [ids of people, in the order in which they reacted]}; null: none."""
    previews = models.JSONField(null=True, editable=False)
    """What the pages say that it links to, as `Preview`s; null: nothing."""
    created_at = models.DateTimeField(_("sent"))
    edited_at = models.DateTimeField(_("edited"), null=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True)
    deleted_by = models.BigIntegerField(null=True, editable=False)
    """Id of who deleted it: its sender, or an owner or moderator of the room."""

    hidden_at = models.DateTimeField(_("hidden"), null=True, editable=False)
    """Hidden by moderation until restored: the row keeps what it says, nobody is shown it."""

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="one_message_a_seq"),
            models.UniqueConstraint(fields=["client_id", "sender"], name="one_message_a_client_id"),
        ]
        indexes = [models.Index(fields=["room", "rev"], name="message_changes")]

    def __str__(self) -> str:
        return f"room {self.room_id} seq {self.seq}"

    def view(self, sender_name: str) -> MessageView:
        return view_of(self, sender_name)


def places_of(places: Iterable[tuple[int, int]]) -> Q:
    """The messages at these (room, seq); at least one."""
    return reduce(or_, (Q(room_id=room, seq=seq) for room, seq in places))


def view_of(row: Any, sender_name: str) -> MessageView:
    """`row` has the fields of a Message."""
    return MessageView(
        seq=row.seq,
        rev=row.rev,
        client_id=row.client_id,
        sender=Sender(row.sender_id, sender_name),
        body="" if row.hidden_at else row.body,
        html="" if row.hidden_at else row.html,
        created_at=row.created_at,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
        deleted_by=row.deleted_by,
        hidden_at=row.hidden_at,
        reply_to=row.reply_to,
        mentions=row.mentions,
        reactions=row.reactions or {},
        previews=[] if row.hidden_at else [Preview(**one) for one in row.previews or ()],
    )
