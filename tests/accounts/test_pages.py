"""Signing up, in and out, passwords by mail, and what happens to somebody who guesses."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.core import mail
from django.test import Client

from accounts.models import User
from accounts.selectors import session_keys_of, user_of_session
from accounts.sign_ins import forget_session
from accounts.signals import sessions_ended

PASSWORD = "correct-horse-battery"


@pytest.fixture
def ada(transactional_db: None) -> User:
    return User.objects.create_user("ada", "ada@example.org", PASSWORD, name="Ada")


@pytest.fixture
def ended() -> Iterator[list[str]]:
    """Keys of the sessions that were told to have ended."""
    keys: list[str] = []

    def hear(sender: object, session_keys: list[str], **_: object) -> None:
        keys.extend(session_keys)

    sessions_ended.connect(hear)
    yield keys
    sessions_ended.disconnect(hear)


def sign_in(client: Client, username: str = "ada", password: str = PASSWORD, **more: str):  # type: ignore[no-untyped-def]
    return client.post("/accounts/login/", {"username": username, "password": password, **more})


def test_a_new_person_signs_up_and_is_signed_in(client: Client, transactional_db: None) -> None:
    answer = client.post("/accounts/signup/", {"username": "Dora", "password1": PASSWORD, "password2": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.get("/").headers["Location"] == "/rooms/"
    assert client.get("/rooms/").status_code == 200
    assert client.get("/accounts/signup/").status_code == 302


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"username": "ADA"}, "This name is taken."),
        ({"username": "a"}, "Use 2 to 30 letters"),
        ({"username": "a b"}, "Use 2 to 30 letters"),
        ({"username": "<script>"}, "Use 2 to 30 letters"),
        ({"password2": "something-else-1"}, "match"),
        ({"password1": "12345678", "password2": "12345678"}, "too common"),
    ],
)
def test_what_is_wrong_with_a_sign_up_is_said(
    client: Client, ada: User, fields: dict[str, str], complaint: str
) -> None:
    form = {"username": "dora", "password1": PASSWORD, "password2": PASSWORD, **fields}
    answer = client.post("/accounts/signup/", form)
    assert answer.status_code == 200
    assert complaint in answer.content.decode().replace("&#x27;", "'")
    assert User.objects.count() == 1


def test_names_are_the_same_whatever_their_case(client: Client, ada: User) -> None:
    assert sign_in(client, "ADA").status_code == 302
    assert client.get("/accounts/profile/").context["user"] == ada


def test_the_way_back_stays_on_this_site(client: Client, ada: User) -> None:
    assert sign_in(client, next="/rooms/7/").headers["Location"] == "/rooms/7/"
    for evil in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        assert sign_in(Client(), next=evil).headers["Location"] == "/"


def test_signing_in_changes_the_session_key(client: Client, ada: User) -> None:
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key
    sign_in(client)
    assert client.session.session_key != session.session_key


def test_signing_out_is_a_post_and_is_told(client: Client, ada: User, ended: list[str]) -> None:
    sign_in(client)
    key = client.session.session_key
    assert client.get("/accounts/logout/").status_code == 405
    answer = client.post("/accounts/logout/")
    assert answer.status_code == 302
    assert answer["Clear-Site-Data"] == '"storage"'
    assert ended == [key]
    assert user_of_session(str(key)) is None


def test_a_changed_password_ends_every_other_session(client: Client, ada: User, ended: list[str]) -> None:
    elsewhere = Client()
    sign_in(client)
    sign_in(elsewhere)
    keys = set(session_keys_of(ada))
    new = {"old_password": PASSWORD, "new_password1": "another-good-one", "new_password2": "another-good-one"}
    assert client.post("/accounts/password_change/", new).headers["Location"] == "/accounts/profile/"
    assert set(ended) == keys
    assert client.get("/accounts/profile/").status_code == 200
    assert elsewhere.get("/accounts/profile/").status_code == 302


def test_a_password_is_reset_by_mail(client: Client, ada: User) -> None:
    assert client.post("/accounts/password_reset/", {"email": "ada@example.org"}).status_code == 302
    [letter] = mail.outbox
    link = re.search(r"http://testserver(/\S+)", letter.body)
    assert link is not None
    form = client.get(link[1], follow=True)
    path = form.redirect_chain[-1][0]
    client.post(path, {"new_password1": "another-good-one", "new_password2": "another-good-one"})
    assert sign_in(Client(), password="another-good-one").status_code == 302
    assert b"does not work any more" in client.get(link[1]).content


def test_an_unknown_address_gets_the_same_answer_and_no_mail(client: Client, ada: User) -> None:
    known = client.post("/accounts/password_reset/", {"email": "ada@example.org"})
    unknown = client.post("/accounts/password_reset/", {"email": "nobody@example.org"})
    assert known.headers["Location"] == unknown.headers["Location"]
    assert len(mail.outbox) == 1


def test_after_ten_wrong_passwords_the_right_one_has_to_wait_too(client: Client, ada: User) -> None:
    for _ in range(10):
        answer = sign_in(client, password="wrong")
    assert answer.status_code == 429
    assert b"Too many tries" in answer.content
    assert sign_in(client).status_code == 429


def test_a_profile_is_checked_and_saved(client: Client, ada: User) -> None:
    sign_in(client)
    fields = {"name": "  Ada   L. ", "email": "a@example.org", "language": "zh-hans", "time_zone": "Europe/Berlin"}
    assert client.post("/accounts/profile/", fields).status_code == 302
    ada.refresh_from_db()
    assert (ada.display_name, ada.language, ada.time_zone) == ("Ada L.", "zh-hans", "Europe/Berlin")
    wrong = client.post("/accounts/profile/", {**fields, "name": "Not saved", "time_zone": "Mars/Olympus"})
    assert "没有这个时区。" in wrong.content.decode()
    ada.refresh_from_db()
    assert ada.display_name == "Ada L."


def test_pages_come_in_the_chosen_language(client: Client, ada: User) -> None:
    sign_in(client)
    assert b'<html lang="en"' in client.get("/accounts/profile/").content
    User.objects.update(language="zh-hans", time_zone="Asia/Shanghai")
    assert b'<html lang="zh-hans"' in client.get("/accounts/profile/").content


def test_a_session_names_its_person_as_long_as_both_are_good(client: Client, ada: User) -> None:
    assert user_of_session("nonsense") is None
    sign_in(client)
    key = str(client.session.session_key)
    assert user_of_session(key) == ada
    ada.is_active = False
    ada.save()
    assert user_of_session(key) is None
    ada.is_active = True
    ada.save()
    forget_session(key)
    assert user_of_session(key) is None


def test_nobody_is_deleted(ada: User) -> None:
    from django.db.models import ProtectedError

    with pytest.raises(ProtectedError):
        ada.delete()


def test_pages_carry_the_strict_policy(client: Client, ada: User) -> None:
    sign_in(client)
    policy = client.get("/rooms/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe" not in policy
    assert re.search(r"script-src 'self' 'nonce-[\w+/=-]+'", policy)
    assert "require-trusted-types-for 'script'" in policy
    # Stock admin does not live with Trusted Types; everything else of the policy stays.
    User.objects.update(is_staff=True, is_superuser=True)
    in_admin = client.get("/admin/").headers["Content-Security-Policy"]
    assert "trusted-types" not in in_admin
    assert "'unsafe" not in in_admin
    assert "default-src 'none'" in in_admin
