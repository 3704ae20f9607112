"""`/ops/`: for staff, without scripts or inline style, and there when the database says nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from accounts.models import User
from messaging import web_process
from messaging.live.history import History
from messaging.models import BridgeReport
from messaging.views import ops
from messaging.views.curve import HEIGHT, WIDTH, draw, round_up

pytestmark = pytest.mark.django_db

SAID = {
    "partitions": [0, 1], "halted": {}, "applied": 5, "rate": 2.5, "lag_records": 12, "lag_s": 0.5, "breakers": {},
    "last_error": "<b>Redis</b> is away", "last_error_at": "",
}  # fmt: skip


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_user("operator", is_staff=True))
    return client


@pytest.fixture
def _half_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10_000, 5))
    history = History(lambda: next(clock))
    for _ in range(30):
        history.take()
    monkeypatch.setattr(ops, "recent_history", lambda: history)


def test_it_is_for_staff_only(client: Client) -> None:
    assert client.get("/ops/").status_code == 302
    client.force_login(User.objects.create_user("anybody"))
    assert client.get("/ops/").status_code == 403


@pytest.mark.usefixtures("_half_an_hour")
def test_curves_are_drawn_with_nothing_inline(staff: Client) -> None:
    page = staff.get("/ops/").content.decode()
    assert len(re.findall(r'class="line" d="M[\d.]', page)) >= 5
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page)
    assert page.count('role="img" aria-label="') == page.count("<svg")


def test_a_process_that_has_just_started_says_so_without_a_curve(staff: Client) -> None:
    assert web_process._current is None
    page = staff.get("/ops/").content.decode()
    assert "–" in page
    assert 'class="line"' not in page
    assert "No bridge has said anything yet." in page


def test_it_comes_anew_only_when_asked(staff: Client) -> None:
    assert "Refresh" not in staff.get("/ops/").headers
    assert staff.get("/ops/?live").headers["Refresh"] == "10"


def test_bridges_are_shown_with_what_they_say(staff: Client, settings: Any) -> None:
    now = timezone.now()
    BridgeReport.objects.create(
        name="host:1:abc", group=settings.CHAT_LOG_GROUP, seen_at=now, started_at=now, said=SAID
    )
    BridgeReport.objects.create(
        name="host:2:old", group=settings.CHAT_LOG_GROUP, seen_at=now - timedelta(minutes=5), started_at=now,
        said=SAID,
    )  # fmt: skip
    page = staff.get("/ops/").content.decode()
    assert "host:1:abc" in page
    assert "&lt;b&gt;Redis&lt;/b&gt; is away" in page
    assert re.search(r"silent for 30\d s", page)


def test_it_is_there_when_the_database_says_nothing_of_bridges(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(group: str) -> None:
        raise DatabaseError

    monkeypatch.setattr(ops, "bridges_of", away)
    answer = staff.get("/ops/")
    assert answer.status_code == 200
    assert "The database does not answer." in answer.content.decode()


@pytest.mark.parametrize(
    ("value", "top"), [(1, 1), (1.1, 2), (2.2, 2.5), (26, 50), (999, 1000), (0.03, 0.05), (10, 10)]
)
def test_scales_end_at_round_numbers(value: float, top: float) -> None:
    assert round_up(value) == pytest.approx(top)


def test_a_curve_stays_in_its_frame_and_ends_now() -> None:
    curve = draw([(100.0, 0.0), (50.0, 40.0), (0.0, 80.0)], 100.0, 1)
    assert curve.top == 100
    assert curve.line == f"M0.0 {float(HEIGHT)}L160.0 57.6L{float(WIDTH)} 19.2"
    assert curve.area.startswith(curve.line)
    assert curve.area.endswith("Z")
    assert draw([(0.0, 5.0)], 100.0, 1).line == ""
    assert draw([(500.0, 5.0), (400.0, 5.0)], 100.0, 1).line == ""


def test_admin_leads_to_it(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    assert '<a href="/ops/">Operation</a>' in client.get("/admin/").content.decode()
