"""Queries that are written once: the same rows as Django's own, with other values each time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone

from accounts.models import User
from messaging.models import Membership, Room, Sanction
from messaging.selectors.prepared import Place, Prepared
from messaging.selectors.standing import FOR_EVER, is_banned, standings

pytestmark = pytest.mark.django_db


def _rooms_query() -> Prepared:
    def write(place: Place) -> QuerySet[Any, dict[str, Any]]:
        user, since = place("user", int), place("since", datetime)
        mine = Membership.objects.filter(user_id=user, room=OuterRef("pk"))
        rooms = Room.objects.filter(created_at__gt=since).annotate(is_mine=Exists(mine))
        return rooms.order_by("pk").values("pk", "is_mine", "announcements", "created_at")

    return Prepared(write)


def test_rows_are_those_of_django_for_every_value(people: dict[str, User], room: Room) -> None:
    query = _rooms_query()
    later = timezone.now() + timedelta(hours=1)
    stranger = User.objects.create(username="stranger")
    [mine] = query.rows(user=people["ada"].pk, since=later - timedelta(days=1))
    assert mine == {"pk": room.pk, "is_mine": True, "announcements": False, "created_at": room.created_at}
    assert [type(one) for one in mine.values()] == [int, bool, bool, datetime]
    [not_mine] = query.rows(user=stranger.pk, since=later - timedelta(days=1))
    assert not_mine["is_mine"] is False
    assert query.rows(user=people["ada"].pk, since=later) == []


def test_a_place_without_a_value_and_one_that_is_not_in_the_query_are_mistakes() -> None:
    with pytest.raises(KeyError):
        _rooms_query().rows(user=1)

    def forgetful(place: Place) -> QuerySet[Any, dict[str, Any]]:
        place("user", int)
        return Room.objects.values("pk")

    with pytest.raises(LookupError, match="user"):
        Prepared(forgetful)


def test_standings_are_written_once(people: dict[str, User], room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, bo = people["ada"], people["bo"]
    assert standings(ada.pk)[room.pk].muted_until is None
    assert not is_banned(bo.pk)
    Sanction.objects.create(user=ada, room=room, kind=Sanction.Kind.MUTE, until=None, imposed_by=bo)
    over = timezone.now() - timedelta(seconds=1)
    Sanction.objects.create(user=bo, room=room, kind=Sanction.Kind.MUTE, until=over, imposed_by=ada)

    def written_again(*_: object, **__: object) -> None:
        raise AssertionError("written again")

    with monkeypatch.context() as patch:
        patch.setattr(SQLCompiler, "as_sql", written_again)
        now = {person.pk: standings(person.pk)[room.pk].muted_until for person in (ada, bo)}
    assert now == {ada.pk: FOR_EVER, bo.pk: None}
