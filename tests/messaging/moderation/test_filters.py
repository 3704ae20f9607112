"""Word filters: what they find, what they do, and that no pattern takes long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from messaging.actions.cases import act
from messaging.actions.filters import FilterBook, book, dry_run, keep, screen
from messaging.actions.held import discard, release
from messaging.errors import Filtered, Forbidden, Handled, Held
from messaging.models import (
    Deed,
    HeldMessage,
    Membership,
    Message,
    ModerationCase,
    ModerationNotice,
    Report,
    Room,
    WordFilter,
)
from messaging.wire.commands import DeleteMessage, EditMessage, SendMessage
from messaging.wire.word_match import BadPattern, regex_finder, word_finder
from tests.messaging.conftest import Desk
from tests.messaging.moderation.conftest import relay

Say = Callable[..., SendMessage]
People = dict[str, User]
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def _own_filters() -> Iterator[None]:
    yield
    book.__dict__.update(FilterBook().__dict__)


def active(by: User, action: str, pattern: str = "casino", **more: object) -> WordFilter:
    made = WordFilter.objects.create(name=action, pattern=pattern, action=action, is_active=True, made_by=by, **more)
    book.reload()
    return made


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        ("casino", "Best CASINO in town", "CASINO"),
        ("casino", "casinos", ""),
        ("ass", "class and grass", ""),
        ("free money", "get free money now", "free money"),
        ("坏词", "这里有坏词吗", "坏词"),
        ("casino", "ca\u200bsi\u00adno", "casino"),
        ("casino", "ｃａｓｉｎｏ", "casino"),
        ("a.b", "axb", ""),
        ("c++\n\n  spam  ", "no Spam, please", "Spam"),
        ("c++", "I write c++ daily", "c++"),
    ],
)
def test_what_a_list_of_words_finds(words: str, text: str, found: str) -> None:
    assert word_finder(words)(text) == found


@pytest.mark.parametrize("pattern", ["(a", r"(a)\1", "(?=a)", "((a{1,100}){1,100}){1,100}", "", "x*", "[z-a]"])
def test_a_pattern_that_cannot_be_bounded_or_finds_everything_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        regex_finder(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){12}b", r"^(\w+\s?)*$"])
def test_what_is_catastrophic_elsewhere_is_linear_here(pattern: str) -> None:
    find = regex_finder(pattern + "!!")
    started = time.perf_counter()
    assert find("a" * 3999 + "b") == ""
    assert time.perf_counter() - started < 0.5


@pytest.mark.django_db
def test_each_action_does_what_it_says(desk: Desk, say: Say, room: Room, people: People) -> None:
    plain = say("bo", "nothing wrong")
    loud = say("bo", "come to my casino")
    assert screen(loud) is loud, "no filter yet"
    flag = active(people["ada"], "flag")
    assert screen(plain) is plain
    flagged = screen(loud)
    hide = active(people["ada"], "hide")
    hidden = screen(say("bo", "casino again"))
    desk.apply(plain, flagged, hidden)  # type: ignore[arg-type]
    assert [one.hidden_at is None for one in Message.objects.order_by("seq")] == [True, True, False]
    cases = ModerationCase.objects.order_by("seq")
    assert [(case.seq, case.is_hidden, case.reasons) for case in cases] == [
        (2, False, {"filter": 1}), (3, True, {"filter": 1}),
    ]  # fmt: skip
    assert list(Report.objects.order_by("pk").values_list("filter", "reporter")) == [(flag.pk, None), (hide.pk, None)]
    active(people["ada"], "hold")
    with pytest.raises(Held):
        screen(loud)
    active(people["ada"], "reject")
    with pytest.raises(Filtered):
        screen(loud)


@pytest.mark.django_db
def test_a_filter_of_a_room_is_for_that_room(say: Say, room: Room, people: People) -> None:
    other = Room.objects.create(name="other")
    active(people["ada"], "reject", room=other)
    assert screen(say("bo", "casino"))
    with pytest.raises(Filtered):
        screen(say("bo", "casino", room=other.pk))


@pytest.mark.django_db
def test_a_resend_is_hidden_and_never_refused_and_an_edit_is_refused(say: Say, room: Room, people: People) -> None:
    active(people["ada"], "reject")
    sent = screen(say("bo", "casino"), again=True)
    assert isinstance(sent, SendMessage)
    assert sent.hidden
    edit = EditMessage(
        client_id=uuid4(), room=room.pk, sender=people["bo"].pk, seq=1, rev_seen=1, body="casino", html="casino"
    )
    with pytest.raises(Filtered):
        screen(edit)
    delete = DeleteMessage(client_id=uuid4(), room=room.pk, sender=people["bo"].pk, seq=1)
    assert screen(delete) is delete


@pytest.mark.django_db
def test_an_edit_that_is_flagged_opens_the_case_anew(
    desk: Desk, say: Say, room: Room, people: People, mo: User
) -> None:
    active(people["ada"], "flag")
    desk.apply(screen(say("bo", "casino")))
    act(mo, ModerationCase.objects.get().pk, Deed.DISMISS, "fine")
    rev = Message.objects.get().rev
    edit = EditMessage(
        client_id=uuid4(), room=room.pk, sender=people["bo"].pk, seq=1, rev_seen=rev, body="CASINO", html="CASINO"
    )
    desk.apply(screen(edit))
    case = ModerationCase.objects.get()
    assert (case.state, case.outcome, case.report_count, case.decided_by) == ("open", "", 2, None)
    assert not desk.letters


@pytest.mark.django_db
def test_what_is_held_is_sent_or_discarded_by_a_moderator_once(
    desk: Desk, say: Say, room: Room, people: People, mo: User, lea: User
) -> None:
    active(people["ada"], "hold")
    first, second = say("bo", "casino one"), say("bo", "casino two")
    for command in (first, second, say("bo", "casino one")):
        with pytest.raises(Held) as caught:
            screen(command)
        keep(caught.value)
    one, two = HeldMessage.objects.order_by("pk")
    with pytest.raises(Forbidden):
        release(people["bo"], one.pk)
    release(mo, one.pk)
    with pytest.raises(Handled, match="Mo"):
        discard(lea, one.pk, "x")
    discard(lea, two.pk, "advertising")
    relay(desk)
    assert Message.objects.get().client_id == first.client_id
    assert ModerationNotice.objects.get().user == people["bo"]


@pytest.fixture
def held(desk: Desk, say: Say, people: People) -> HeldMessage:
    """A message of bo, in a room of ada."""
    active(people["ada"], "hold")
    with pytest.raises(Held) as caught:
        screen(say("bo", "casino <b>"))
    keep(caught.value)
    return HeldMessage.objects.get()


@pytest.mark.django_db
def test_a_rooms_moderators_decide_what_is_held_there(
    desk: Desk, held: HeldMessage, room: Room, people: People, client: Client
) -> None:
    page, url = f"/rooms/{room.pk}/cases/", f"/rooms/{room.pk}/held/{held.pk}/"
    for name in ("bo", "chen"):
        client.force_login(people[name], backend=MODEL_BACKEND)
        assert client.post(url, {"deed": "release"}).status_code == 404
    client.force_login(people["ada"], backend=MODEL_BACKEND)
    assert "1 open case" in client.get(f"/rooms/{room.pk}/people/").content.decode()
    assert "casino &lt;b&gt;" in client.get(page).content.decode()
    assert "needs a reason" in client.post(url, {"deed": "discard"}, follow=True).content.decode()
    assert client.post(url, {"deed": "release"}).headers["Location"] == page
    assert "Already handled by Ada" in client.post(url, {"deed": "release"}, follow=True).content.decode()
    relay(desk)
    assert Message.objects.get().body == "casino <b>"


@pytest.mark.django_db
def test_nobody_decides_about_what_they_or_somebody_above_them_wrote(
    desk: Desk, held: HeldMessage, room: Room, people: People, client: Client
) -> None:
    Membership.objects.filter(user=people["bo"]).update(role=Membership.Role.OWNER)
    for name in ("ada", "bo"):
        with pytest.raises(Forbidden):
            release(people[name], held.pk)
    client.force_login(people["ada"], backend=MODEL_BACKEND)
    page = client.get(f"/rooms/{room.pk}/cases/").content.decode()
    assert "casino &lt;b&gt;" in page
    assert "Let it pass" not in page


@pytest.mark.django_db
def test_bots_decide_what_is_held_and_read_only_what_they_may(
    held: HeldMessage, room: Room, people: People, client: Client, mo: User
) -> None:
    def bodies(person: User) -> list[str | None]:
        client.force_login(person, backend=MODEL_BACKEND)
        return [one["body"] for one in client.get("/api/v1/moderation/held").json()["held"]]

    assert (bodies(people["bo"]), bodies(mo), bodies(people["ada"])) == ([], ["casino <b>"], ["casino <b>"])
    Room.objects.update(kind=Room.Kind.PRIVATE)
    assert (bodies(people["ada"]), bodies(mo)) == (["casino <b>"], [None])
    url = "/api/v1/moderation/held"
    assert client.post(f"{url}/999/release").status_code == 404
    answer = client.post(f"{url}/{held.pk}/discard", {"reason": "advertising"}, content_type="application/json")
    assert answer.json() == {"state": "discarded"}
    late = client.post(f"{url}/{held.pk}/release")
    assert (late.status_code, late.json()["code"]) == (409, "handled")
    assert ModerationNotice.objects.get().user == people["bo"]


@pytest.mark.django_db
def test_over_http_the_filters_are_asked_too(desk: Desk, room: Room, people: People, client: Client) -> None:
    client.force_login(people["bo"], backend=MODEL_BACKEND)
    active(people["ada"], "reject")
    active(people["ada"], "hold", "lottery")
    url = f"/api/v1/rooms/{room.pk}/messages"
    for body, code in (("my casino", "filtered"), ("my lottery", "held")):
        answer = client.post(url, {"client_id": str(uuid4()), "body": body}, content_type="application/json")
        assert answer.json()["code"] == code
    assert HeldMessage.objects.get().body == "my lottery"


@pytest.mark.django_db
def test_a_dry_run_counts_the_last_30_days_and_changes_nothing(
    desk: Desk, say: Say, room: Room, people: People
) -> None:
    desk.apply(say("bo", "old casino"), say("bo", "new casino"), say("ada", "a garden"))
    Message.objects.filter(seq=1).update(created_at=timezone.now() - timedelta(days=31))
    made = WordFilter.objects.create(name="x", pattern="casino", made_by=people["ada"])
    run = dry_run(made)
    assert (run.looked_at, run.hits, [message.seq for message, _ in run.samples]) == (2, 1, [2])
    Room.objects.update(kind=Room.Kind.PRIVATE)
    run = dry_run(made)
    assert (run.hits, run.samples) == (1, [])
    assert not ModerationCase.objects.exists()


@pytest.mark.django_db
def test_in_admin_a_filter_is_made_tried_and_switched_on_and_a_bad_one_refused(
    desk: Desk, say: Say, room: Room, people: People, client: Client
) -> None:
    desk.apply(say("bo", "my casino"))
    client.force_login(User.objects.create_superuser("root", password="x"), backend=MODEL_BACKEND)
    form = {"name": "gambling", "kind": "regex", "pattern": r"(a)\1", "action": "reject", "room": ""}
    assert "This pattern cannot be used" in client.post("/admin/messaging/wordfilter/add/", form).content.decode()
    assert client.post("/admin/messaging/wordfilter/add/", {**form, "pattern": "casi.o"}).status_code == 302
    made = WordFilter.objects.get()
    assert (made.is_active, made.made_by.username) == (False, "root")
    tried = client.post("/admin/messaging/wordfilter/", {"action": "try_out", "_selected_action": [made.pk]})
    assert "1 message would have been found" in tried.content.decode()
    on = {**form, "pattern": "casi.o", "is_active": "on"}
    client.post(f"/admin/messaging/wordfilter/{made.pk}/change/", on)
    with pytest.raises(Filtered):
        screen(say("bo", "casino"))
    assert client.get("/admin/messaging/heldmessage/").status_code == 200
