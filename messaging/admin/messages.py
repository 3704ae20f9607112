from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import ShowFacets
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from msgspec.structs import asdict

from accounts.models import User
from messaging.admin.read_only import ReadOnlyAdmin
from messaging.bridge.journey import Journey, Place, journey_of
from messaging.models import Message, Room
from messaging.web_process import log_at_hand

COUNTED_MOST = 10_000


class NewestPaginator(Paginator):
    """Of the newest COUNTED_MOST: counting tens of millions for a row of page numbers takes longer than the page."""

    @cached_property
    def count(self) -> int:
        messages: Any = self.object_list
        return int(messages.values("pk")[:COUNTED_MOST].count())


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Messages of public rooms. Those of private and direct rooms are not an operator's to read."""

    list_display = ("room", "seq", "sender", "text", "created_at", "edited_at", "deleted_at")
    list_display_links = ("seq",)
    list_select_related = ()
    paginator = NewestPaginator
    search_fields = ("=sender__username",)
    ordering = ("-id",)
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    readonly_fields = ("journey",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """Said as what they are not: joined with the public rooms, MariaDB may sort a million messages by room."""
        hidden = Room.objects.exclude(kind=Room.Kind.PUBLIC).values("pk")
        return super().get_queryset(request).exclude(room_id__in=hidden).prefetch_related("room", "sender")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Message], search_term: str
    ) -> tuple[QuerySet[Message], bool]:
        """Of a sender, who is looked up first: their messages come in order by an index, and joined they do not."""
        if not search_term.strip():
            return queryset, False
        found = User.objects.filter(username__iexact=search_term.strip()).values_list("pk", flat=True).first()
        return queryset.filter(sender_id=found or 0), False

    @admin.display(description=_("journey"))
    def journey(self, message: Message) -> str:
        lines = ([line] for line in _told(journey_of(message, log_at_hand())))
        return format_html_join(mark_safe("<br>"), "{}", lines)

    @admin.display(description=_("text"))
    def text(self, message: Message) -> str:
        return str(Truncator(message.body).chars(80))


def _told(journey: Journey) -> Iterator[str]:
    """Its stations, a sentence each."""
    yield gettext("Accepted %(at)s") % {"at": _exactly(journey.accepted_at)}
    if journey.log_is_away:
        yield gettext("The log is away: what it knows cannot be looked up now.")
    elif journey.log is None:
        yield gettext("The log does not have it any more.")
    else:
        yield gettext("In the log %(at)s: %(place)s") % _where(journey.log)
    if journey.stored_at is not None:
        yield gettext("Stored %(at)s") % {"at": _exactly(journey.stored_at)}
    if journey.told is not None:
        yield gettext("Announced %(at)s: %(place)s") % _where(journey.told)
    yield gettext("Read by %(read)d of %(others)d others") % {"read": journey.read, "others": journey.others}


def _where(place: Place) -> dict[str, str]:
    where = gettext("%(topic)s, partition %(partition)d, offset %(offset)d")
    return {"at": _exactly(place.at), "place": where % asdict(place)}


def _exactly(at: datetime) -> str:
    """To the millisecond."""
    here = localtime(at)
    return f"{date_format(here, 'SHORT_DATE_FORMAT')} {here:%H:%M:%S}.{here.microsecond // 1000:03d}"
