"""A person's picture: who puts it up, who sees it, and that it goes when it should."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.avatars import avatar_url, avatars_of
from accounts.models import User
from accounts.pictures import BYTES_MOST
from accounts.templatetags.avatars import hue_of, initials

PASSWORD = "correct-horse-battery"


@pytest.fixture
def ada(transactional_db: None, own_cache: None) -> User:
    return User.objects.create_user("ada", "ada@example.org", PASSWORD, name="Ada Lovelace")


@pytest.fixture
def her(ada: User, client: Client) -> Client:
    client.post("/accounts/login/", {"username": "ada", "password": PASSWORD})
    return client


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> Path:  # type: ignore[no-untyped-def]
    settings.MEDIA_ROOT = tmp_path
    return tmp_path / "avatars"


def picture(colour: str = "red") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (300, 300), colour).save(out, "PNG")
    return SimpleUploadedFile("me.png", out.getvalue(), "image/png")


def upload(client: Client, file: SimpleUploadedFile | None = None, **more: str):  # type: ignore[no-untyped-def]
    return client.post("/accounts/avatar/", {"picture": file or picture(), **more})


def test_a_picture_is_kept_and_shown_to_those_who_are_signed_in(her: Client, ada: User, folder: Path) -> None:
    assert upload(her).headers["Location"] == "/accounts/profile/"
    ada.refresh_from_db()
    assert [path.name for path in folder.iterdir()] == [ada.avatar]
    url = avatar_url(ada.avatar)
    assert f'<img src="{url}" alt=""' in her.get("/accounts/profile/").content.decode()
    answer = her.get(url)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert Image.open(io.BytesIO(answer.content)).size == (256, 256)
    assert Client().get(url).status_code == 404


def test_another_picture_has_another_address_and_leaves_nothing_behind(her: Client, ada: User, folder: Path) -> None:
    upload(her)
    ada.refresh_from_db()
    before = ada.avatar
    upload(her)
    ada.refresh_from_db()
    assert ada.avatar != before
    assert [path.name for path in folder.iterdir()] == [ada.avatar]
    assert her.get(avatar_url(before)).status_code == 404


def test_a_picture_is_removed(her: Client, ada: User, folder: Path) -> None:
    upload(her)
    assert her.get("/accounts/avatar/remove/").status_code == 405
    assert b"Remove the picture" in her.get("/accounts/profile/").content
    her.post("/accounts/avatar/remove/")
    ada.refresh_from_db()
    assert (ada.avatar, list(folder.iterdir())) == ("", [])
    assert b"<img" not in her.get("/accounts/profile/").content


def test_it_goes_with_the_account(her: Client, ada: User, folder: Path) -> None:
    upload(her)
    assert len(list(folder.iterdir())) == 1
    her.post("/accounts/delete/", {"password": PASSWORD})
    ada.refresh_from_db()
    assert ada.closed_at is not None
    assert (ada.avatar, list(folder.iterdir())) == ("", [])


@pytest.mark.parametrize(
    ("name", "data", "complaint"),
    [
        ("me.png", b"", "This file is empty."),
        ("me.png", b"MZ not a picture", "This is not a PNG, JPEG or WebP picture."),
        ("me.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "This is not a PNG"),
        ("me.png", b"\x89PNG\r\n\x1a\n" + bytes(BYTES_MOST), "This file is too large: 4 MB are the most."),
    ],
)
def test_what_is_wrong_with_a_picture_is_said(
    her: Client, ada: User, folder: Path, name: str, data: bytes, complaint: str
) -> None:
    page = upload(her, SimpleUploadedFile(name, data, "image/png"), name="Not saved")
    assert page.status_code == 200
    assert complaint in page.content.decode()
    ada.refresh_from_db()
    assert (ada.avatar, ada.name) == ("", "Ada Lovelace")
    assert not folder.exists()


def test_no_picture_chosen_is_said_and_the_address_leads_back(her: Client) -> None:
    assert b"Choose a picture first." in her.post("/accounts/avatar/").content
    assert her.get("/accounts/avatar/").headers["Location"] == "/accounts/profile/"


@pytest.mark.parametrize("name", ["..", "../chat.sqlite3", "x.webp", "0" * 40, "0" * 40 + ".webp", "%2e%2e%2fx"])
def test_only_pictures_are_served(her: Client, name: str) -> None:
    assert her.get(f"/accounts/avatars/{name}").status_code == 404


@pytest.mark.parametrize("path", ["/accounts/avatar/", "/accounts/avatar/remove/"])
def test_a_stranger_is_sent_to_sign_in(path: str, client: Client, transactional_db: None) -> None:
    assert client.post(path).headers["Location"].startswith("/accounts/login/")


def test_everybody_asked_for_is_answered_in_one_query(
    her: Client, ada: User, django_assert_num_queries  # type: ignore[no-untyped-def]
) -> None:  # fmt: skip
    bo = User.objects.create_user("bo")
    upload(her)
    ada.refresh_from_db()
    with django_assert_num_queries(1):
        assert avatars_of([bo.pk, ada.pk, 999_999]) == {ada.pk: avatar_url(ada.avatar), bo.pk: None, 999_999: None}


def test_initials_and_hues_are_those_of_the_app() -> None:
    # The same pairs stand in tests/js/rows.test.js.
    assert [initials(name) for name in ("Ada Lovelace", "bo", "陈伟", "")] == ["AL", "B", "陈", ""]
    assert [hue_of(name) for name in ("Ada", "Bo", "陈伟", "🦊 Fox")] == [6, 9, 3, 9]


def test_it_is_in_the_export(her: Client, ada: User, folder: Path) -> None:
    upload(her)
    lines = [json.loads(line) for line in b"".join(her.get("/accounts/export/").streaming_content).splitlines()]
    assert [line["type"] for line in lines] == ["person", "picture"]
    [file] = folder.iterdir()
    assert base64.b64decode(lines[1]["base64"]) == file.read_bytes()


def test_admins_remove_a_picture_and_it_is_logged(her: Client, ada: User, folder: Path) -> None:
    upload(her)
    admin = User.objects.create_superuser("root", password=PASSWORD)
    User.objects.create_user("bo")
    client = Client()
    client.force_login(admin)
    everybody = list(User.objects.values_list("pk", flat=True))
    client.post("/admin/accounts/user/", {"action": "remove_pictures", "_selected_action": everybody})
    ada.refresh_from_db()
    assert (ada.avatar, list(folder.iterdir())) == ("", [])
    assert [entry.object_id for entry in LogEntry.objects.all()] == [str(ada.pk)]
