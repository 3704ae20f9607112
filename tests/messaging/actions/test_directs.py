"""Direct messages of two and of a few: one room for the same people, and nobody else's."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from messaging.actions.directs import find_people, open_direct_room
from messaging.errors import Invalid, NotFound
from messaging.models import Membership, Room
from messaging.selectors.standing import joinable_rooms, require_standing

pytestmark = pytest.mark.django_db

People = dict[str, User]


def test_the_same_people_have_one_room_and_each_sees_the_others(people: People) -> None:
    ada, bo, chen = people["ada"], people["bo"], people["chen"]
    group = open_direct_room(ada, bo, chen)
    assert open_direct_room(chen, ada, bo, bo) == group
    pair = open_direct_room(ada, bo)
    assert pair != group
    assert require_standing(ada.pk, group.pk).name == "Bo, Chen"
    assert require_standing(chen.pk, group.pk).name == "Ada, Bo"
    assert require_standing(ada.pk, pair.pk).name == "Bo"
    assert set(Membership.objects.filter(room=group).values_list("role", flat=True)) == {"member"}


def test_a_group_has_two_to_eight_people(people: People) -> None:
    many = [User.objects.create_user(f"u{number}") for number in range(8)]
    with pytest.raises(Invalid):
        open_direct_room(people["ada"], *many)
    with pytest.raises(Invalid):
        open_direct_room(people["ada"], people["ada"])
    full = open_direct_room(people["ada"], *many[:7])
    assert full.memberships.count() == 8
    User.objects.filter(pk=many[0].pk).update(is_active=False)
    with pytest.raises(NotFound):
        find_people("bo, u0")
    assert find_people(" @BO，chen ") == [people["bo"], people["chen"]]


def test_an_outsider_sees_nothing_of_a_group(people: People) -> None:
    group = open_direct_room(people["ada"], people["bo"], User.objects.create_user("dora"))
    chen = Client()
    chen.force_login(people["chen"])
    for path in ("", "/members", "/messages"):
        assert chen.get(f"/api/v1/rooms/{group.pk}{path}").status_code == 404
    assert chen.post(f"/api/v1/rooms/{group.pk}/join").status_code == 404
    ada = Client()
    ada.force_login(people["ada"])
    add = ada.post(f"/api/v1/rooms/{group.pk}/level", {}, content_type="application/json")
    assert add.status_code == 405
    named = ada.post("/api/v1/rooms/direct", {"usernames": ["dora", "bo"]}, content_type="application/json")
    assert (named.json()["id"], named.json()["is_group"]) == (group.pk, True)


def test_rooms_to_join_are_found_by_name_and_topic(people: People, room: Room) -> None:
    chen = people["chen"].pk
    Room.objects.filter(pk=room.pk).update(topic="Tea and cake")
    assert [one["id"] for one in joinable_rooms(chen, "LOB")] == [room.pk]
    assert [one["members"] for one in joinable_rooms(chen, "cake")] == [2]
    assert joinable_rooms(chen, "coffee") == []
    Room.objects.filter(pk=room.pk).update(kind=Room.Kind.PRIVATE)
    assert joinable_rooms(chen, "lob") == []
