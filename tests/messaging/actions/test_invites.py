"""Links let in whoever has them, as long as they work, and as long as who made them may bring people in."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from messaging.actions.invites import accept_invite, create_invite, find_invite, revoke_invite
from messaging.actions.moderate import impose
from messaging.actions.rooms import change_room
from messaging.errors import Archived, Forbidden, Invalid, NotFound
from messaging.models import Invite, Membership, OutboxCommand, Room
from tests.messaging.actions.test_moderate import refusals, relay
from tests.messaging.conftest import Desk

pytestmark = pytest.mark.django_db

People = dict[str, User]


@pytest.fixture
def invite(room: Room, people: People) -> Invite:
    Room.objects.update(kind=Room.Kind.PRIVATE)
    return create_invite(people["ada"], room.pk, days=7, most_uses=1)


def test_a_link_lets_in_as_many_as_it_says(desk: Desk, invite: Invite, people: People) -> None:
    accept_invite(people["bo"], invite.token, uuid4())  # is in already: that is no use of it
    accept_invite(people["chen"], invite.token, uuid4())
    relay(desk)
    assert Membership.objects.filter(room=invite.room, user=people["chen"]).get().role == "member"
    with pytest.raises(NotFound):
        accept_invite(User.objects.create_user("dora"), invite.token, uuid4())
    assert OutboxCommand.objects.count() == 1


@pytest.mark.parametrize("how", ["revoked", "over", "archived", "demoted", "gone"])
def test_a_link_that_works_no_more(room: Room, invite: Invite, people: People, how: str) -> None:
    assert find_invite(invite.token) == invite
    if how == "revoked":
        revoke_invite(people["ada"], room.pk, invite.pk)
    elif how == "over":
        Invite.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "archived":
        change_room(people["ada"], room.pk, archived=True)
    elif how == "demoted":
        Membership.objects.filter(user=people["ada"]).update(role="member")
    else:
        Membership.objects.filter(user=people["ada"]).delete()
    with pytest.raises(NotFound):
        accept_invite(people["chen"], invite.token, uuid4())
    assert not OutboxCommand.objects.exists()


def test_who_is_banned_stays_out(desk: Desk, invite: Invite, people: People) -> None:
    impose(people["ada"], people["chen"], "ban", room=invite.room, reason="spam")
    accept_invite(people["chen"], invite.token, uuid4())
    relay(desk)
    assert refusals() == ["forbidden"]
    assert not Membership.objects.filter(user=people["chen"]).exists()


def test_only_owners_and_moderators_make_see_and_revoke_them(room: Room, invite: Invite, people: People) -> None:
    path = f"/api/v1/rooms/{room.pk}/invites"
    for name, status, error in (("bo", 403, Forbidden), ("chen", 404, NotFound)):
        client = Client()
        client.force_login(people[name])
        assert client.get(path).status_code == status
        assert client.post(path, {}, content_type="application/json").status_code == status
        assert client.delete(f"{path}/{invite.pk}").status_code == status
        with pytest.raises(error):
            create_invite(people[name], room.pk, days=1, most_uses=None)
    owner = Client()
    owner.force_login(people["ada"])
    made = owner.post(path, {"days": 1, "most_uses": 5}, content_type="application/json").json()
    assert [one["id"] for one in owner.get(path).json()["invites"]] == [made["id"], invite.pk]
    assert owner.delete(f"{path}/{made['id']}").status_code == 200
    assert Client().get(made["url"]).status_code == 404
    for wrong in ({"days": 0, "most_uses": None}, {"days": None, "most_uses": 0}):
        with pytest.raises(Invalid):
            create_invite(people["ada"], room.pk, **wrong)
    Room.objects.update(archived_at=timezone.now())
    with pytest.raises(Archived):
        create_invite(people["ada"], room.pk, days=1, most_uses=1)


def test_the_page_names_the_room_and_comes_back_after_signing_in(invite: Invite, people: People) -> None:
    visitor = Client()
    shown = visitor.get(f"/invite/{invite.token}/").content.decode()
    assert "lobby" in shown
    assert f"/accounts/login/?next=/invite/{invite.token}/" in shown
    assert visitor.post(f"/invite/{invite.token}/accept/").headers["Location"].startswith("/accounts/login/")
    assert "does not work" in visitor.get("/invite/nonsense/").content.decode()
    visitor.force_login(people["bo"])
    answer = visitor.post(f"/invite/{invite.token}/accept/")
    assert answer.headers["Location"] == f"/rooms/{invite.room_id}/"
