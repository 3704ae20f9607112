"""Deciding a case is one transaction, in the log for ever, by nobody about themselves; who comes second is told."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from messaging.actions import moderate
from messaging.actions.authority import deeds_of
from messaging.actions.cases import act, mark
from messaging.actions.directs import open_direct_room
from messaging.actions.previews import preview
from messaging.actions.reports import report_message
from messaging.errors import Forbidden, Handled, Invalid
from messaging.models import (
    AppliedCommand,
    Deed,
    Membership,
    Message,
    ModerationAction,
    ModerationCase,
    ModerationNotice,
    OutboxCommand,
    Room,
    Sanction,
)
from messaging.selectors import history
from messaging.selectors.moderation import evidence
from messaging.selectors.standing import is_banned, require_standing, standings
from messaging.wire.commands import DeleteMessage, HideMessage, RestoreMessage, SendMessage
from tests.messaging.conftest import Desk
from tests.messaging.moderation.conftest import relay, staff

pytestmark = pytest.mark.django_db

Say = Callable[..., SendMessage]
People = dict[str, User]
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def case(desk: Desk, say: Say, room: Room, people: People) -> ModerationCase:
    """ada has reported a message of bo."""
    desk.apply(say("bo", "rude"))
    return report_message(people["ada"], room.pk, 1, "harassment").case


def test_two_take_one_case_one_acts_and_the_other_is_told_who(case: ModerationCase, mo: User) -> None:
    other = staff("max", "moderate")
    act(mo, case.pk, Deed.CLAIM, "")
    with pytest.raises(Handled, match="Mo is looking after this case"):
        act(other, case.pk, Deed.CLAIM, "")
    with pytest.raises(Handled, match="Mo is looking after"):
        act(other, case.pk, Deed.DISMISS, "fine")
    act(mo, case.pk, Deed.WARN, "be kind")
    with pytest.raises(Handled, match="Already handled by Mo"):
        act(other, case.pk, Deed.DISMISS, "fine")
    assert list(ModerationAction.objects.values_list("deed", "by__username")) == [("claim", "mo"), ("warn", "mo")]


def test_a_lead_overrules_what_they_have_seen_and_only_that(case: ModerationCase, mo: User, lea: User) -> None:
    act(mo, case.pk, Deed.HIDE, "rude")
    before = mark(case)
    case.refresh_from_db()
    with pytest.raises(Handled):
        act(lea, case.pk, Deed.RESTORE, "it is not", seen=before)
    act(lea, case.pk, Deed.RESTORE, "it is not", seen=mark(case))
    case.refresh_from_db()
    assert (case.outcome, case.decided_by, case.is_hidden) == ("dismissed", lea, False)


def test_hide_restore_and_delete_go_through_the_log(
    desk: Desk, case: ModerationCase, room: Room, mo: User, people: People
) -> None:
    act(mo, case.pk, Deed.HIDE, "rude")
    assert history.message_at(room.pk, 1).body == "rude", "not before the bridge says so"
    relay(desk)
    assert history.message_at(room.pk, 1).body == ""
    assert standings(people["ada"].pk)[room.pk].unread == 1
    act(mo, case.pk, Deed.RESTORE, "on second thought")
    relay(desk)
    assert (history.message_at(room.pk, 1).body, history.message_at(room.pk, 1).hidden_at) == ("rude", None)
    act(mo, case.pk, Deed.DELETE, "no")
    relay(desk)
    gone = Message.objects.get()
    assert (gone.body, gone.deleted_by) == ("", mo.pk)
    assert not AppliedCommand.objects.exclude(refusal="").exists()


def test_the_bridge_moderates_only_what_the_log_of_moderation_allows(
    desk: Desk, say: Say, case: ModerationCase, room: Room, people: People, mo: User
) -> None:
    desk.apply(say("bo", "another"))
    warned = act(mo, case.pk, Deed.WARN, "x").action.pk
    hidden = act(mo, case.pk, Deed.HIDE, "x").action.pk
    OutboxCommand.objects.all().delete()
    place = {"room": room.pk, "sender": mo.pk}
    wrong = [
        HideMessage(client_id=uuid4(), seq=1, action=0, **place),
        HideMessage(client_id=uuid4(), seq=1, action=warned, **place),
        HideMessage(client_id=uuid4(), seq=2, action=hidden, **place),
        DeleteMessage(client_id=uuid4(), seq=1, action=hidden, **place),
        RestoreMessage(client_id=uuid4(), seq=1, action=999, **place),
    ]
    desk.apply(*wrong)
    assert set(AppliedCommand.objects.values_list("refusal", flat=True)) == {"forbidden"}
    assert Message.objects.filter(hidden_at=None, deleted_at=None).count() == 2


@pytest.mark.parametrize(("deed", "hours"), [(Deed.MUTE_1H, 1), (Deed.MUTE_24H, 24), (Deed.MUTE_7D, 168)])
def test_a_mute_is_in_force_at_once_and_says_until_when(
    case: ModerationCase, room: Room, people: People, mo: User, deed: Deed, hours: int
) -> None:
    decision = act(mo, case.pk, deed, "cool down")
    until = require_standing(people["bo"].pk, room.pk).muted_until
    assert until is not None
    assert abs((until - timezone.now()).total_seconds() - hours * 3600) < 60
    assert decision.sanction == Sanction.objects.get() == ModerationAction.objects.get().sanction


def test_bans_from_the_room_and_from_the_site(
    desk: Desk, case: ModerationCase, room: Room, people: People, mo: User
) -> None:
    act(mo, case.pk, Deed.BAN_ROOM, "enough")
    assert not is_banned(people["bo"].pk)
    relay(desk)
    assert not Membership.objects.filter(user=people["bo"]).exists()
    act(mo, case.pk, Deed.BAN_SITE, "really")
    assert is_banned(people["bo"].pk)


def test_reporters_and_authors_are_told_once(case: ModerationCase, people: People, mo: User) -> None:
    assert act(mo, case.pk, Deed.WARN, "be kind").told == sorted([people["ada"].pk, people["bo"].pk])
    assert act(mo, case.pk, Deed.MUTE_1H, "and quiet").told == [people["bo"].pk]
    assert ModerationNotice.objects.count() == 3


def test_dismissing_shows_a_hidden_message_again(desk: Desk, case: ModerationCase, mo: User, room: Room) -> None:
    act(mo, case.pk, Deed.HIDE, "hm")
    relay(desk)
    case.refresh_from_db()
    act(mo, case.pk, Deed.DISMISS, "fine after all")
    relay(desk)
    assert history.message_at(room.pk, 1).body == "rude"


def test_an_action_needs_a_reason_and_leaves_nothing_without(case: ModerationCase, mo: User) -> None:
    with pytest.raises(Invalid):
        act(mo, case.pk, Deed.BAN_SITE, "  ")
    assert not ModerationAction.objects.exists()
    assert not Sanction.objects.exists()


def test_nobody_acts_on_themselves_or_above(desk: Desk, say: Say, room: Room, people: People, mo: User) -> None:
    boss = User.objects.create_superuser("boss", password="x")
    lead = staff("len", "moderate", "lead_moderation")
    for person in (mo, boss, lead):
        Membership.objects.create(room=room, user=person)
        people[person.username] = person
        desk.apply(say(person.username, "hello"))
        report_message(people["ada"], room.pk, desk.offset, "spam")
    cases = {case.author.username: case for case in ModerationCase.objects.select_related("author", "room")}
    assert not deeds_of(mo, cases["mo"])
    assert not deeds_of(mo, cases["boss"])
    assert not deeds_of(mo, cases["len"])
    assert not deeds_of(lead, cases["boss"])
    assert not deeds_of(people["ada"], cases["mo"]), "an owner of a room does not moderate moderators of the site"
    assert Deed.BAN_SITE in deeds_of(lead, cases["mo"])
    assert Deed.BAN_SITE in deeds_of(boss, cases["len"])
    with pytest.raises(Forbidden):
        act(mo, cases["len"].pk, Deed.CLAIM, "")
    with pytest.raises(Forbidden):
        moderate.impose(mo, lead, "mute", reason="no")


def test_a_rooms_owner_decides_there_and_never_for_the_site(
    desk: Desk, say: Say, case: ModerationCase, room: Room, people: People
) -> None:
    owner, member = people["ada"], people["chen"]
    Membership.objects.create(room=room, user=member)
    assert Deed.BAN_ROOM in deeds_of(owner, case)
    assert Deed.BAN_SITE not in deeds_of(owner, case)
    assert not deeds_of(member, case)
    desk.apply(say("ada", "the owner's own"))
    report_message(member, room.pk, 2, "spam")
    assert not deeds_of(people["bo"], ModerationCase.objects.get(seq=2))


def test_of_a_direct_message_a_moderator_sees_that_alone(desk: Desk, people: People, mo: User) -> None:
    direct = open_direct_room(people["ada"], people["bo"])
    lines = ["secret one", "a threat", "secret two"]
    desk.apply(
        *[
            SendMessage(client_id=uuid4(), room=direct.pk, sender=people["bo"].pk, body=line, html=line)
            for line in lines
        ]
    )
    case = report_message(people["ada"], direct.pk, 2, "violence").case
    assert [message.body for message in evidence(case).around] == ["a threat"]
    assert Deed.BAN_ROOM not in deeds_of(mo, case)
    assert not deeds_of(people["ada"], case)


def test_ten_messages_around_a_reported_one(desk: Desk, say: Say, room: Room, people: People) -> None:
    desk.apply(*[say("bo", f"number {n}") for n in range(1, 21)])
    case = report_message(people["ada"], room.pk, 10, "spam").case
    assert [message.seq for message in evidence(case).around] == list(range(5, 16))


def test_the_log_of_moderation_is_only_added_to(case: ModerationCase, mo: User) -> None:
    line = act(mo, case.pk, Deed.CLAIM, "").action
    line.reason = "changed"
    for attempt in (
        line.save,
        line.delete,
        ModerationAction.objects.all().delete,
        lambda: ModerationAction.objects.update(reason="x"),
    ):
        with pytest.raises(TypeError):
            attempt()
    assert ModerationAction.objects.get().reason == ""


def test_every_action_has_a_preview_in_words(case: ModerationCase, mo: User, lea: User) -> None:
    previews = {deed: preview(case, deed) for deed in deeds_of(lea, case)}
    assert len(set(previews.values())) == len(previews) == 12
    assert deeds_of(lea, case) - deeds_of(mo, case) == {Deed.DELETE_ALL}
    assert "Bo" in previews[Deed.MUTE_1H]


def test_a_room_moderator_decides_in_the_web_ui(
    desk: Desk, case: ModerationCase, room: Room, people: People, client: Client
) -> None:
    client.force_login(people["bo"], backend=MODEL_BACKEND)
    for path in (f"/rooms/{room.pk}/cases/", f"/rooms/{room.pk}/cases/{case.pk}/"):
        assert client.get(path).status_code == 404
    client.force_login(people["ada"], backend=MODEL_BACKEND)
    assert "1 open case" in client.get(f"/rooms/{room.pk}/people/").content.decode()
    assert "Bo" in client.get(f"/rooms/{room.pk}/cases/").content.decode()
    url = f"/rooms/{room.pk}/cases/{case.pk}/"
    page = client.get(url)
    assert "rude" in page.content.decode()
    form = {"deed": "hide", "seen": page.context["mark"], "reason": ""}
    assert "An action needs a reason." in client.post(url, form).content.decode()
    assert client.post(url, {**form, "deed": "ban_site", "reason": "x"}).status_code == 200
    assert not Sanction.objects.exists()
    assert client.post(url, {**form, "reason": "rude"}).headers["Location"] == f"/rooms/{room.pk}/cases/"
    relay(desk)
    assert history.message_at(room.pk, 1).hidden_at is not None


def test_bots_decide_over_the_api(case: ModerationCase, people: People, client: Client, mo: User) -> None:
    client.force_login(people["bo"], backend=MODEL_BACKEND)
    assert client.get("/api/v1/moderation/cases").json()["cases"] == []
    url = f"/api/v1/moderation/cases/{case.pk}"
    assert client.post(f"{url}/hide", {"reason": "x"}, content_type="application/json").status_code == 403
    client.force_login(mo, backend=MODEL_BACKEND)
    (line,) = client.get("/api/v1/moderation/cases").json()["cases"]
    assert (line["author"], line["strikes"], "hide" in line["may"]) == (people["bo"].pk, 0, True)
    assert client.post(f"{url}/nonsense", {}, content_type="application/json").status_code == 404
    answer = client.post(f"{url}/dismiss", {"reason": "fine"}, content_type="application/json")
    assert answer.json() == {"state": "decided", "outcome": "dismissed"}
    client.force_login(staff("max", "moderate"), backend=MODEL_BACKEND)
    late = client.post(f"{url}/warn", {"reason": "x"}, content_type="application/json")
    assert (late.status_code, late.json()["code"]) == (409, "handled")
