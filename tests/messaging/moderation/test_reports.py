"""Reports gather in a case; enough of them hide a message; who is often wrong counts less."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from messaging import limits
from messaging.actions.cases import act
from messaging.actions.reports import accuracy, report_message
from messaging.errors import Forbidden, Invalid, NotFound, NotMember, RateLimited
from messaging.models import (
    Deed,
    Membership,
    Message,
    ModerationAction,
    ModerationCase,
    Report,
    Room,
)
from messaging.selectors import history
from messaging.wire.commands import DeleteMessage, EditMessage, ReactMessage, SendMessage
from tests.messaging.conftest import Desk
from tests.messaging.moderation.conftest import relay

pytestmark = pytest.mark.django_db

Say = Callable[..., SendMessage]
People = dict[str, User]


def test_reports_of_one_message_gather_in_one_case(desk: Desk, say: Say, room: Room, people: People) -> None:
    Membership.objects.create(room=room, user=people["chen"])
    desk.apply(say("bo", "buy my watches"))
    first = report_message(people["ada"], room.pk, 1, "spam", "  again\nand again ")
    assert report_message(people["ada"], room.pk, 1, "other") == first
    report_message(people["chen"], room.pk, 1, "harassment")
    case = ModerationCase.objects.get()
    assert (case.author, case.report_count, case.reasons) == (people["bo"], 2, {"spam": 1, "harassment": 1})
    assert case.score == pytest.approx(0.5 * 1 + 0.5 * 2)
    assert (first.comment, first.body) == ("again and again", "buy my watches")


@pytest.mark.parametrize(
    ("name", "seq", "reason", "error"),
    [
        ("bo", 1, "spam", Forbidden),
        ("chen", 1, "spam", NotMember),
        ("ada", 9, "spam", NotFound),
        ("ada", 2, "spam", NotFound),
        ("ada", 1, "filter", Invalid),
        ("ada", 1, "ugly", Invalid),
    ],
)
def test_what_cannot_be_reported(
    desk: Desk, say: Say, room: Room, people: People, name: str, seq: int, reason: str, error: type[Exception]
) -> None:
    desk.apply(say("bo"), say("bo", "gone"))
    gone = DeleteMessage(client_id=say("bo").client_id, room=room.pk, sender=people["bo"].pk, seq=2)
    desk.apply(gone)
    with pytest.raises(error):
        report_message(people[name], room.pk, seq, reason)
    assert not ModerationCase.objects.exists()


def test_nobody_floods_the_moderators(
    desk: Desk, say: Say, room: Room, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REPORTS_AN_HOUR", 2)
    desk.apply(say("bo"), say("bo"), say("bo"))
    for seq in (1, 2):
        report_message(people["ada"], room.pk, seq, "spam")
    with pytest.raises(RateLimited):
        report_message(people["ada"], room.pk, 3, "spam")
    assert ModerationCase.objects.count() == 2


def test_above_the_threshold_a_message_is_hidden_for_everybody(
    desk: Desk, say: Say, room: Room, people: People, settings: object
) -> None:
    settings.CHAT_HIDE_SCORE = 2.5  # type: ignore[attr-defined]
    Membership.objects.create(room=room, user=people["chen"])
    desk.apply(say("bo", "hateful"))
    report_message(people["ada"], room.pk, 1, "hate")
    relay(desk)
    assert history.message_at(room.pk, 1).body == "hateful"
    report_message(people["chen"], room.pk, 1, "violence")
    applied_before = Message.objects.get().rev
    relay(desk)
    view = history.message_at(room.pk, 1)
    assert (view.body, view.html, view.hidden_at is not None, view.rev) == ("", "", True, applied_before + 1)
    assert Message.objects.get().body == "hateful"
    line = ModerationAction.objects.get()
    assert (line.deed, line.by, line.reason) == (Deed.HIDE, None, "score")
    assert ModerationCase.objects.get().is_hidden
    assert history.changes_after(room.pk, 1).messages == [view]
    with pytest.raises(NotFound):
        history.versions_of(room.pk, 1)


def test_without_a_threshold_nothing_is_hidden_by_itself(
    desk: Desk, say: Say, room: Room, people: People, settings: object
) -> None:
    settings.CHAT_HIDE_SCORE = 0  # type: ignore[attr-defined]
    desk.apply(say("bo", "hateful"))
    report_message(people["ada"], room.pk, 1, "hate")
    relay(desk)
    assert history.message_at(room.pk, 1).hidden_at is None
    assert not ModerationAction.objects.exists()


def test_a_hidden_message_is_neither_edited_nor_reacted_to_but_deleted_by_its_author(
    desk: Desk, say: Say, room: Room, people: People, settings: object
) -> None:
    settings.CHAT_HIDE_SCORE = 1  # type: ignore[attr-defined]
    desk.apply(say("bo", "hateful"))
    report_message(people["ada"], room.pk, 1, "hate")
    relay(desk)
    rev = Message.objects.get().rev
    place = {"room": room.pk, "sender": people["bo"].pk, "seq": 1}
    edit = EditMessage(client_id=say("bo").client_id, rev_seen=rev, body="x", html="x", **place)  # type: ignore[arg-type]
    react = ReactMessage(client_id=say("bo").client_id, emoji="👍", on=True, **place)  # type: ignore[arg-type]
    desk.apply(edit, react)
    assert Message.objects.get().rev == rev
    desk.apply(DeleteMessage(client_id=say("bo").client_id, **place))  # type: ignore[arg-type]
    gone = Message.objects.get()
    assert (gone.body, gone.hidden_at, gone.deleted_by) == ("", None, people["bo"].pk)
    assert Report.objects.get().body == "hateful", "the evidence stays"


def test_who_was_often_right_counts_more(desk: Desk, say: Say, room: Room, people: People, mo: User) -> None:
    assert accuracy(people["ada"].pk) == 0.5
    desk.apply(*[say("bo", f"number {n}") for n in range(4)])
    for seq, deed in ((1, Deed.WARN), (2, Deed.WARN), (3, Deed.DISMISS)):
        report = report_message(people["ada"], room.pk, seq, "spam")
        act(mo, report.case_id, deed, "looked at it")
    assert accuracy(people["ada"].pk) == pytest.approx(3 / 5)
    report_message(people["ada"], room.pk, 4, "harassment")
    assert ModerationCase.objects.get(seq=4).score == pytest.approx(2 * 3 / 5)


def test_an_edit_after_the_decision_opens_the_case_anew(
    desk: Desk, say: Say, room: Room, people: People, mo: User
) -> None:
    Membership.objects.create(room=room, user=people["chen"])
    desk.apply(say("bo", "fine"))
    report = report_message(people["ada"], room.pk, 1, "spam")
    act(mo, report.case_id, Deed.DISMISS, "fine")
    Message.objects.update(edited_at=timezone.now() + timedelta(seconds=1))
    report_message(people["chen"], room.pk, 1, "spam")
    case = ModerationCase.objects.get()
    assert (case.state, case.outcome, case.decided_by) == ("open", "", None)


def test_over_the_api_a_report_is_confirmed_and_its_result_told(
    desk: Desk, say: Say, room: Room, people: People, mo: User, client: Client
) -> None:
    desk.apply(say("bo", "spam"))
    client.force_login(people["ada"], backend="django.contrib.auth.backends.ModelBackend")
    url = f"/api/v1/rooms/{room.pk}/messages/1/report"
    answer = client.post(url, {"reason": "spam", "comment": "look"}, content_type="application/json")
    assert (answer.status_code, answer.json()["outcome"]) == (201, "")
    assert client.post(url, {"reason": "nope"}, content_type="application/json").json()["code"] == "invalid"
    assert client.get("/rooms/").context["boot"]["news"] is False
    act(mo, ModerationCase.objects.get().pk, Deed.WARN, "no advertising")
    assert client.get("/rooms/").context["boot"]["news"] is True
    assert client.get("/api/v1/reports").json()["reports"][0]["outcome"] == "upheld"
    page = client.get("/reports/").content.decode()
    assert "Something was done about it" in page
    assert client.get("/rooms/").context["boot"]["news"] is False
    client.force_login(people["bo"], backend="django.contrib.auth.backends.ModelBackend")
    assert "no advertising" in client.get("/reports/").content.decode()
