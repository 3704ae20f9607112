"""What an action would do, in one sentence, before it is done."""

from __future__ import annotations

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from messaging.actions.cases import MUTES
from messaging.actions.delete_all import count_of
from messaging.models import Deed, ModerationCase


def preview(case: ModerationCase, deed: Deed) -> str:
    """In the language and time zone that are active."""
    person, room = case.author.display_name, str(case.room)
    if deed in MUTES:
        until = date_format(timezone.localtime(timezone.now() + MUTES[deed]), "DATETIME_FORMAT")
        text = _("Until %(until)s, %(person)s can read but not write in %(room)s. The message stays as it is.")
        return text % {"person": person, "room": room, "until": until}
    if deed == Deed.DELETE_ALL:
        count = count_of(case.author_id)
        text = _("Everything %(person)s has written is gone, but for rooms under legal hold: %(count)d messages.")
        return text % {"person": person, "count": count}
    return _sentences(case)[deed] % {"person": person, "room": room}


def _sentences(case: ModerationCase) -> dict[Deed, str]:
    if case.is_hidden:
        dismissed = _("Nothing is wrong with the message: everybody sees it again.")
    else:
        dismissed = _("Nothing is wrong with the message: it stays, and its reporters are told.")
    return {
        Deed.CLAIM: _("The others see that you look after this case."),
        Deed.DISMISS: dismissed,
        Deed.HIDE: _("Nobody can read the message until it is restored."),
        Deed.RESTORE: _("Everybody in %(room)s can read the message again."),
        Deed.DELETE: _("The message is gone for everybody, with its earlier versions. This cannot be undone."),
        Deed.WARN: _("%(person)s is told that this was wrong, with your reason. The message stays as it is."),
        Deed.BAN_ROOM: _("%(person)s leaves %(room)s at once and cannot come back until the ban is lifted."),
        Deed.BAN_SITE: _("%(person)s is signed off everywhere at once and cannot come back until the ban is lifted."),
    }
