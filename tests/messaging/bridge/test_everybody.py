"""`@room` names everybody in a room, up to a number of people; what it counts is counted as for any name."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from messaging import limits
from messaging.models import Membership, Mention, Message, Room
from messaging.wire.commands import EditMessage, JoinRoom, SendMessage
from tests.messaging.conftest import Desk

Say = Callable[..., SendMessage]
People = dict[str, User]


def test_all_are_named_who_are_members_at_that_moment(desk: Desk, say: Say, room: Room, people: People) -> None:
    chen = people["chen"]
    joins = JoinRoom(client_id=uuid4(), room=room.pk, sender=chen.pk)
    [applied] = desk.apply(say("ada", "@Room: lunch?"), joins, say("ada", "lunch, @room."), say("ada", "`@room`"))
    both, three = [people["ada"].pk, people["bo"].pk], sorted(one.pk for one in people.values())
    assert list(Message.objects.order_by("seq").values_list("mentions", flat=True)) == [both, three, []]
    assert Mention.objects.filter(user=people["ada"]).count() == 0, "nobody is told that they named themselves"
    assert Mention.objects.filter(user=people["bo"]).count() == 2
    assert [count.named for count in applied.changes[0].counts] == [[people["bo"].pk], three[1:], []]


def test_an_edit_calls_them_and_calls_it_off(desk: Desk, say: Say, room: Room, people: People) -> None:
    desk.apply(say("ada", "lunch"))
    for rev, body, named in ((1, "@room lunch", 1), (2, "lunch", 0)):
        desk.apply(
            EditMessage(
                client_id=uuid4(), room=room.pk, sender=people["ada"].pk, seq=1, rev_seen=rev, body=body, html=""
            )
        )
        assert Mention.objects.count() == named


def test_in_a_large_room_it_names_nobody(
    desk: Desk, say: Say, room: Room, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ROOM_MENTION_MOST", 2)
    desk.apply(say("ada", "@room"))
    Membership.objects.create(room=room, user=people["chen"])
    desk.apply(say("ada", "@room and @bo"))
    named = list(Message.objects.order_by("seq").values_list("mentions", flat=True))
    assert named == [[people["ada"].pk, people["bo"].pk], [people["bo"].pk]]


def test_calling_together_takes_as_many_statements_once_as_often(desk: Desk, say: Say) -> None:
    def statements(number: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            desk.apply(*[say("ada", "@room") for _ in range(number)])
        return len(queries)

    statements(1)  # what is said once a connection
    assert statements(1) == statements(10)
