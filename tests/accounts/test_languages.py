"""Whose language a page is in, and that no page says anything raw."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import trans_real

from accounts.languages import language_of
from accounts.models import User

PAGES = ["/accounts/profile/", "/accounts/password_change/", "/accounts/sessions/", "/accounts/delete/", "/rooms/"]
SIGNED_OUT = ["/accounts/login/", "/accounts/signup/", "/accounts/password_reset/", "/accounts/password_reset/sent/"]
NOT_WORDS = {"chatsite", "·", "English", "简体中文", "ada", "A"}


@pytest.fixture
def ada(db: None, client: Client) -> User:
    ada = User.objects.create_user("ada")
    client.force_login(ada)
    return ada


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        ("", "", "en"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh-hans"),
        ("", "zh-SG", "zh-hans"),
        ("", "fr-FR, en;q=0.5", "en"),
        ("en", "zh-CN", "en"),
        ("zh-hans", "en-GB", "zh-hans"),
        ("tlh", "zh-CN", "zh-hans"),
        ("", "*, ;;q=x, " + "a" * 5000, "en"),
    ],
)
def test_the_profile_decides_then_the_browser(chosen: str, accepted: str, language: str) -> None:
    assert language_of(chosen, accepted) == language


def test_a_page_says_which_language_direction_and_zone_it_has(client: Client, ada: User) -> None:
    page = client.get("/rooms/", headers={"Accept-Language": "zh-CN"}).content.decode()
    assert '<html lang="zh-hans" dir="ltr"' in page
    assert "可加入的聊天室" in page
    assert "data-zone" not in page
    User.objects.update(language="en", time_zone="Asia/Tokyo")
    page = client.get("/rooms/", headers={"Accept-Language": "zh-CN"}).content.decode()
    assert '<html lang="en" dir="ltr" data-zone="Asia/Tokyo"' in page


def test_a_zone_this_machine_does_not_know_breaks_no_page(client: Client, ada: User) -> None:
    User.objects.update(time_zone="Mars/Olympus")
    assert client.get("/rooms/").status_code == 200
    assert timezone.get_current_timezone_name() == "UTC"


def test_dates_follow_language_and_zone() -> None:
    moment = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
    from django.template import Context, Template

    template = Template("{% load tz %}{{ moment|timezone:'Asia/Tokyo'|date:'SHORT_DATETIME_FORMAT' }}")
    with translation.override("en"):
        assert template.render(Context({"moment": moment})) == "03/02/2026 7:30 a.m."
    with translation.override("zh-hans"):
        assert template.render(Context({"moment": moment})) == "2026年3月2日 07:30"


def test_errors_are_said_in_the_readers_language(client: Client, ada: User) -> None:
    answer = client.get("/api/v1/rooms/99", headers={"Accept-Language": "zh-CN"})
    assert (answer.json()["code"], answer.json()["message"]) == ("not_found", "没有这个聊天室或消息。")


class _Seen(HTMLParser):
    """What a page shows: its texts, and the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skipped += tag in {"script", "style"}
        self.texts += [
            value for name, value in attrs if name in {"title", "aria-label", "placeholder", "alt"} and value
        ]

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.texts.append(data)


def raw_texts(page: str) -> list[str]:
    """Texts of a page in the pseudo-locale that did not pass through gettext."""
    seen = _Seen()
    seen.feed(page)
    found = (re.sub(r"\[\[.*?\]\]", "", text, flags=re.DOTALL).strip(" ·\n\t:") for text in seen.texts)
    return [text for text in found if re.search(r"\w", text) and text not in NOT_WORDS]


@pytest.fixture
def pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is translated comes in double brackets."""
    for kind in (trans_real.DjangoTranslation,):
        monkeypatch.setattr(kind, "gettext", lambda self, text: f"[[{text}]]")
        monkeypatch.setattr(kind, "ngettext", lambda self, one, many, count: f"[[{one if count == 1 else many}]]")


def test_the_pseudo_locale_sees_what_is_raw(pseudo: None) -> None:
    assert raw_texts("<p>[[fine]] · <b title='raw'>[[also fine]]</b> loose</p><script>no</script>") == ["raw", "loose"]


@pytest.mark.parametrize("url", PAGES)
def test_no_page_says_anything_raw(url: str, client: Client, ada: User, pseudo: None) -> None:
    assert raw_texts(client.get(url).content.decode()) == []


@pytest.mark.parametrize("url", [*SIGNED_OUT, "/nothing/here/"])
def test_no_page_for_strangers_says_anything_raw(url: str, client: Client, db: None, pseudo: None) -> None:
    assert raw_texts(client.get(url).content.decode()) == []
