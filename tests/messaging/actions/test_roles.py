"""Roles, settings and levels: who may, decided before the log and once more by the bridge."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from accounts.closing import close_account
from accounts.models import User
from messaging.actions.compose import check_may_speak
from messaging.actions.directs import open_direct_room
from messaging.actions.levels import set_level
from messaging.actions.members import set_role
from messaging.actions.rooms import change_room, leave
from messaging.errors import Archived, Forbidden, Invalid, LastOwner, NotFound, ReadOnly, Rejection
from messaging.models import Membership, Mention, Message, Room
from messaging.selectors.mentions import unread_mentions
from messaging.selectors.standing import require_standing
from messaging.wire.commands import EditMessage, JoinRoom, LeaveRoom, ReactMessage, SendMessage, SetRole
from tests.messaging.actions.test_moderate import refusals, relay
from tests.messaging.conftest import Desk

pytestmark = pytest.mark.django_db

Say = Callable[..., SendMessage]
People = dict[str, User]


def roles(room: Room) -> dict[str, str]:
    return dict(Membership.objects.filter(room=room).values_list("user__username", "role"))


def give(room: Room, by: User, to: User, role: str) -> SetRole:
    return SetRole(client_id=uuid4(), room=room.pk, sender=by.pk, user=to.pk, role=role)


def test_an_owner_gives_roles_and_can_leave_once_there_is_another(desk: Desk, room: Room, people: People) -> None:
    assert set_role(people["ada"], room.pk, "BO", "moderator", uuid4())
    relay(desk)
    assert roles(room) == {"ada": "owner", "bo": "moderator"}
    assert not set_role(people["ada"], room.pk, "bo", "moderator", uuid4())
    with pytest.raises(LastOwner):
        leave(people["ada"], room.pk, uuid4())
    with pytest.raises(LastOwner):
        set_role(people["ada"], room.pk, "ada", "member", uuid4())
    set_role(people["ada"], room.pk, "bo", "owner", uuid4())
    relay(desk)
    leave(people["ada"], room.pk, uuid4())
    relay(desk)
    assert roles(room) == {"bo": "owner"}
    leave(people["bo"], room.pk, uuid4())  # alone: nobody is left without an owner
    relay(desk)
    assert roles(room) == {}
    assert refusals() == []


@pytest.mark.parametrize(
    ("actor", "target", "role", "error"),
    [
        ("bo", "ada", "member", Forbidden),
        ("bo", "bo", "owner", Forbidden),
        ("chen", "bo", "member", NotFound),
        ("ada", "chen", "moderator", NotFound),
        ("ada", "bo", "king", Invalid),
    ],
)
def test_who_may_not_give_roles(
    desk: Desk, room: Room, people: People, actor: str, target: str, role: str, error: type[Rejection]
) -> None:
    with pytest.raises(error):
        set_role(people[actor], room.pk, target, role, uuid4())
    desk.apply(give(room, people[actor], people[target], role))  # whatever comes in the log
    assert roles(room) == {"ada": "owner", "bo": "member"}
    assert refusals() == [error.code]


def test_moderators_give_no_roles_and_direct_rooms_have_none(desk: Desk, room: Room, people: People) -> None:
    Membership.objects.filter(user=people["bo"]).update(role="moderator")
    direct = open_direct_room(people["ada"], people["bo"])
    desk.apply(
        give(room, people["bo"], people["bo"], "owner"),
        give(direct, people["ada"], people["ada"], "owner"),
    )
    assert refusals() == ["forbidden", "forbidden"]
    assert roles(room)["bo"] == "moderator"


def test_two_owners_cannot_leave_at_the_same_moment(desk: Desk, say: Say, room: Room, people: People) -> None:
    ada, bo, chen = people["ada"], people["bo"], people["chen"]
    desk.apply(
        give(room, ada, bo, "owner"),
        JoinRoom(client_id=uuid4(), room=room.pk, sender=chen.pk),
        LeaveRoom(client_id=uuid4(), room=room.pk, sender=ada.pk),
        LeaveRoom(client_id=uuid4(), room=room.pk, sender=bo.pk),
        give(room, bo, bo, "member"),
        give(room, bo, chen, "moderator"),
    )
    assert roles(room) == {"bo": "owner", "chen": "moderator"}
    assert refusals() == ["last_owner", "last_owner"]


def test_a_role_given_and_gone_in_one_batch(desk: Desk, room: Room, people: People) -> None:
    desk.apply(
        give(room, people["ada"], people["bo"], "moderator"),
        LeaveRoom(client_id=uuid4(), room=room.pk, sender=people["bo"].pk),
    )
    assert roles(room) == {"ada": "owner"}


def test_an_account_that_ends_leaves_what_it_owned(desk: Desk, room: Room, people: People) -> None:
    close_account(people["ada"])
    relay(desk)
    assert roles(room) == {"bo": "member"}
    assert refusals() == []


def test_in_a_room_for_announcements_members_read_and_react(desk: Desk, say: Say, room: Room, people: People) -> None:
    desk.apply(say("bo", "before"))
    with pytest.raises(Forbidden):
        change_room(people["bo"], room.pk, announcements=True)
    change_room(people["ada"], room.pk, announcements=True)
    with pytest.raises(ReadOnly):
        check_may_speak(require_standing(people["bo"].pk, room.pk))
    check_may_speak(require_standing(people["ada"].pk, room.pk))
    place = {"client_id": uuid4(), "room": room.pk, "sender": people["bo"].pk, "seq": 1}
    desk.apply(
        say("bo", "no"),
        EditMessage(**place, rev_seen=1, body="x", html="x"),
        ReactMessage(**place | {"client_id": uuid4()}, emoji="👍", on=True),
        say("ada", "hear, hear"),
    )
    assert list(Message.objects.order_by("seq").values_list("body", flat=True)) == ["before", "hear, hear"]
    assert refusals() == ["read_only", "read_only"]
    assert Message.objects.get(seq=1).reactions


def test_archiving_is_for_owners_and_stops_everything_but_the_way_back(room: Room, people: People) -> None:
    Membership.objects.filter(user=people["bo"]).update(role="moderator")
    with pytest.raises(Forbidden):
        change_room(people["bo"], room.pk, archived=True)
    with pytest.raises(NotFound):
        change_room(people["chen"], room.pk, archived=True)
    change_room(people["ada"], room.pk, archived=True)
    assert require_standing(people["bo"].pk, room.pk).archived
    with pytest.raises(Archived):
        change_room(people["ada"], room.pk, topic="still here")
    change_room(people["ada"], room.pk, archived=False, topic="back")
    assert Room.objects.get(pk=room.pk).archived_at is None
    assert Room.objects.get(pk=room.pk).meta_version == 2


def test_a_level_is_one_s_own_and_nothing_means_no_mail(desk: Desk, say: Say, room: Room, people: People) -> None:
    bo = people["bo"].pk
    desk.apply(say("ada", "hello @bo"))
    assert Mention.objects.count() == len(unread_mentions(bo, None, 5)) == 1
    set_level(people["bo"], room.pk, "nothing")
    assert unread_mentions(bo, None, 5) == []
    assert require_standing(bo, room.pk).level == "nothing"
    assert require_standing(people["ada"].pk, room.pk).level == "all"
    set_level(people["bo"], room.pk, "mentions")
    assert len(unread_mentions(bo, None, 5)) == 1
    with pytest.raises(NotFound):
        set_level(people["chen"], room.pk, "all")
    with pytest.raises(Invalid):
        set_level(people["bo"], room.pk, "loud")
