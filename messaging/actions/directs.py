"""Direct messages: one room for the same people, two or a few, made at first need."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from django.db import IntegrityError
from django.utils.translation import gettext as _

from accounts.models import User
from messaging import limits
from messaging.actions.rooms import find_person, with_members
from messaging.errors import Invalid
from messaging.models import Membership, Room

KEY_CHARACTERS = 64


def find_people(names: str) -> list[User]:
    """People by their usernames, with spaces or commas between. Raises NotFound for the first who is not there."""
    return [find_person(name.lstrip("@")) for name in re.split(r"[\s,，、]+", names) if name]


def open_direct_room(person: User, *others: User) -> Room:
    """The room of exactly these people. Raises Invalid for nobody else, or too many."""
    people = list({one.pk: one for one in (person, *others)}.values())
    if len(people) == 1:
        raise Invalid(_("A direct message needs another person."))
    if len(people) > limits.DIRECT_PEOPLE_MOST:
        raise Invalid(_("Direct messages are for at most %(most)d people.") % {"most": limits.DIRECT_PEOPLE_MOST})
    key = _key(people)
    existing = Room.objects.filter(direct_key=key).first()
    if existing is not None:
        return existing
    room = Room(kind=Room.Kind.DIRECT, direct_key=key, created_by=person, name=_group_name(people))
    try:
        return with_members(room, [(one, Membership.Role.MEMBER) for one in people])
    except IntegrityError:  # another one of them opened it in the same moment
        return Room.objects.get(direct_key=key)


def _key(people: Sequence[User]) -> str:
    key = "-".join(str(pk) for pk in sorted(one.pk for one in people))
    return key if len(key) <= KEY_CHARACTERS else hashlib.sha256(key.encode()).hexdigest()


def _group_name(people: Sequence[User]) -> str:
    """For those who do not look at it from within, like mails. Of two people each sees the other's name."""
    if len(people) == 2:
        return ""
    return ", ".join(one.display_name for one in people)[: limits.ROOM_NAME_CHARACTERS]
