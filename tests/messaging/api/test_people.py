"""Where people's pictures are, for pages that meet people they did not come with."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.avatars import avatar_url
from accounts.models import User
from messaging import limits
from messaging.actions.directs import open_direct_room

NAME = "0" * 40 + ".webp"


@pytest.fixture
def ada(db: None, client: Client) -> User:
    ada = User.objects.create_user("ada")
    client.force_login(ada)
    return ada


@pytest.fixture
def bo(db: None) -> User:
    return User.objects.create_user("bo", avatar=NAME)


def test_people_are_asked_for_by_their_ids(client: Client, ada: User, bo: User) -> None:
    answer = client.get(f"/api/v1/people?ids={ada.pk},{bo.pk},999999")
    assert answer.json() == {
        "people": [
            {"id": ada.pk, "avatar": None},
            {"id": bo.pk, "avatar": avatar_url(NAME)},
            {"id": 999_999, "avatar": None},
        ]
    }


@pytest.mark.parametrize("ids", ["", "1,", "x", "-1", "1.5", "²", "9" * 5000, ",".join(["1"] * 101)])
def test_what_is_no_list_of_ids_is_refused(client: Client, ada: User, ids: str) -> None:
    answer = client.get("/api/v1/people", {"ids": ids})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_hundred_may_be_asked_for_and_a_stranger_may_not_ask(client: Client, ada: User) -> None:
    ids = ",".join(map(str, range(1, limits.PEOPLE_ASKED_MOST + 1)))
    assert len(client.get(f"/api/v1/people?ids={ids}").json()["people"]) == limits.PEOPLE_ASKED_MOST
    assert Client().get("/api/v1/people?ids=1").status_code == 401


def test_a_page_comes_with_the_faces_it_shows_at_first(client: Client, ada: User, bo: User) -> None:
    User.objects.create_user("chen")
    direct = open_direct_room(ada, bo)
    page = client.get(f"/rooms/{direct.pk}/")
    assert page.context["boot"]["avatars"] == {ada.pk: None, bo.pk: avatar_url(NAME)}
    assert page.content.decode().count(f'<img src="{avatar_url(NAME)}"') == 1
    members = client.get(f"/api/v1/rooms/{direct.pk}/members").json()["members"]
    assert [(one["username"], one["avatar"]) for one in members] == [("ada", None), ("bo", avatar_url(NAME))]
    assert f'<img src="{avatar_url(NAME)}"' in client.get(f"/rooms/{direct.pk}/people/").content.decode()
