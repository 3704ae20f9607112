"""The queue in admin: for moderators of the site, in few queries whatever its length, and a log nobody changes."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from messaging.actions.cases import act
from messaging.actions.directs import open_direct_room
from messaging.actions.reports import report_message
from messaging.models import (
    Deed,
    Message,
    ModerationAction,
    ModerationCase,
    Report,
    Room,
    Sanction,
)
from messaging.selectors.standing import is_banned
from messaging.wire.commands import SendMessage
from tests.faults.scale import SOAK, only_in_soak
from tests.messaging.conftest import Desk
from tests.messaging.moderation.conftest import staff

pytestmark = pytest.mark.django_db

Say = Callable[..., SendMessage]
People = dict[str, User]
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
QUEUE = "/admin/messaging/moderationcase/"
LOG = "/admin/messaging/moderationaction/"


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person, backend=MODEL_BACKEND)
    return client


@pytest.fixture
def case(desk: Desk, say: Say, room: Room, people: People) -> ModerationCase:
    desk.apply(say("bo", "rude"))
    return report_message(people["ada"], room.pk, 1, "harassment").case


def fill(room: Room, author: User, reporter: User, count: int) -> None:
    """That many open cases with a report each, as bulk rows: what they are about does not matter here."""
    at = timezone.now() - timedelta(days=2)
    first = room.head.seq + 1  # type: ignore[attr-defined]
    for start in range(first, first + count, 5_000):
        seqs = range(start, min(start + 5_000, first + count))
        ModerationCase.objects.bulk_create(
            ModerationCase(
                room=room, seq=seq, author=author, score=seq % 7, report_count=1, reasons={"spam": 1}, opened_at=at
            )
            for seq in seqs
        )
    cases = ModerationCase.objects.filter(seq__gte=first).values_list("pk", flat=True)
    Report.objects.bulk_create(
        (Report(case_id=pk, reporter=reporter, reason="spam", body="x") for pk in cases), batch_size=5_000
    )


def messages(room: Room, sender: User, count: int) -> Iterator[Message]:
    at = timezone.now()
    for seq in range(1, count + 1):
        yield Message(
            room=room, seq=seq, rev=seq, client_id=uuid4(), sender=sender, fingerprint=seq, body="x", html="x",
            created_at=at,
        )  # fmt: skip


def test_the_queue_costs_the_same_few_queries_however_long_it_is(room: Room, people: People, mo: User) -> None:
    client = signed_in(mo)
    client.get(QUEUE)  # the first page of a session costs a little more
    counts = []
    for _ in range(2):
        fill(room, people["bo"], people["ada"], 150)
        room.head.seq += 150  # type: ignore[attr-defined]
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(QUEUE)
        assert answer.status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
    assert answer.content.decode().count('data-tone="danger"') == 50


logger = logging.getLogger(__name__)

LISTS = [
    "moderationaction/", "moderationcase/?state=all", "moderationcase/?state=decided", "moderationcase/?state=mine",
    "sanction/", "deadletter/", "room/", "message/", "message/?q=bo", "wordfilter/", "heldmessage/", "retentionrule/",
]  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_every_list_of_ours_takes_few_queries(desk: Desk, say: Say, room: Room, people: People, path: str) -> None:
    root = User.objects.create_superuser("root", password="x")
    desk.apply(*[say("bo", f"number {n}") for n in range(120)])
    fill(room, people["bo"], people["ada"], 120)
    for n in range(120):
        sanction = Sanction.objects.create(user=people["bo"], room=room, kind="mute", reason="x", imposed_by=root)
        ModerationAction.objects.create(
            deed=Deed.SANCTION, by=root, person=people["bo"], room=room, seq=n, sanction=sanction
        )
    client = signed_in(root)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"/admin/messaging/{path}").status_code == 200
    assert len(queries) <= 12, [query["sql"] for query in queries]


@only_in_soak
def test_lists_are_fast_with_100_000_reports_and_a_million_messages(room: Room, people: People, mo: User) -> None:
    assert SOAK
    Message.objects.bulk_create(messages(room, people["bo"], 1_000_000), batch_size=5_000)
    fill(room, people["bo"], people["ada"], 100_000)
    root = User.objects.create_superuser("root", password="x")
    took = {QUEUE: median_s(signed_in(mo), QUEUE)}
    took |= {path: median_s(signed_in(root), f"/admin/messaging/{path}") for path in LISTS}
    logger.info("%s", took)
    assert {path: seconds for path, seconds in took.items() if seconds > 0.2} == {}


def median_s(client: Client, path: str) -> float:
    """Of five looks at a page, after a first one."""
    times = []
    for _ in range(6):
        started = time.perf_counter()
        assert client.get(path).status_code == 200
        times.append(time.perf_counter() - started)
    return sorted(times[1:])[2]


def test_only_moderators_of_the_site_see_the_queue(case: ModerationCase, people: People, lea: User) -> None:
    stranger = signed_in(staff("stan"))
    for path in (QUEUE, f"{QUEUE}{case.pk}/change/", LOG):
        assert stranger.get(path).status_code in (403, 404)
    assert signed_in(people["ada"]).get(QUEUE).status_code == 302
    assert signed_in(lea).get(QUEUE).status_code == 200


def test_the_groups_are_there_and_enough(case: ModerationCase, people: People) -> None:
    person = User.objects.create_user("gil", password="x", is_staff=True)
    person.groups.add(Group.objects.get(name="Moderator"))
    client = signed_in(person)
    assert client.get(QUEUE).status_code == 200
    assert client.get("/admin/messaging/sanction/").status_code == 403
    person.groups.add(Group.objects.get(name="Lead"))
    assert signed_in(User.objects.get(pk=person.pk)).get("/admin/messaging/sanction/add/").status_code == 200


def test_a_case_is_decided_on_its_page(case: ModerationCase, people: People, mo: User) -> None:
    client = signed_in(mo)
    url = f"{QUEUE}{case.pk}/change/"
    page = client.get(url)
    text = page.content.decode()
    assert "rude" in text
    assert "Bo can read but not write in lobby" in text
    form = {"deed": "ban_site", "seen": page.context["mark"], "reason": ""}
    assert "An action needs a reason." in client.post(url, form).content.decode()
    assert client.post(url, {**form, "reason": "abuse"}).headers["Location"] == QUEUE
    assert is_banned(people["bo"].pk)
    other = signed_in(staff("max", "moderate"))
    assert "Already handled by Mo." in other.post(url, {**form, "deed": "dismiss", "reason": "x"}).content.decode()


def test_looking_at_what_is_private_is_logged_and_at_what_is_public_is_not(
    desk: Desk, case: ModerationCase, people: People, mo: User
) -> None:
    direct = open_direct_room(people["ada"], people["bo"])
    for text in ("a secret", "a threat"):
        desk.apply(SendMessage(client_id=uuid4(), room=direct.pk, sender=people["bo"].pk, body=text, html=text))
    private = report_message(people["ada"], direct.pk, 2, "violence").case
    client = signed_in(mo)
    client.get(f"{QUEUE}{case.pk}/change/")
    assert not ModerationAction.objects.filter(deed=Deed.VIEW).exists()
    text = client.get(f"{QUEUE}{private.pk}/change/").content.decode()
    assert "a threat" in text
    assert "a secret" not in text
    line = ModerationAction.objects.get(deed=Deed.VIEW)
    assert (line.by, line.case, line.person) == (mo, private, people["bo"])


def test_many_are_taken_and_dismissed_at_once_with_a_reason(
    desk: Desk, say: Say, room: Room, case: ModerationCase, people: People, mo: User
) -> None:
    desk.apply(say("bo", "also"))
    second = report_message(people["ada"], room.pk, 2, "spam").case
    act(staff("max", "moderate"), second.pk, Deed.CLAIM, "")
    client = signed_in(mo)
    chosen = {"_selected_action": [case.pk, second.pk], "action": "dismiss"}
    assert "Reason" in client.post(QUEUE, chosen).content.decode()
    assert ModerationCase.objects.filter(state="decided").count() == 0
    text = client.post(QUEUE, {**chosen, "reason": "fine"}, follow=True).content.decode()
    assert "Max is looking after this case" in text
    assert list(ModerationCase.objects.filter(state="decided")) == [case]


def test_nobody_changes_or_deletes_a_line_of_the_log_in_admin(case: ModerationCase, mo: User) -> None:
    line = act(mo, case.pk, Deed.CLAIM, "").action
    root = signed_in(User.objects.create_superuser("root", password="x"))
    assert root.get(f"{LOG}{line.pk}/change/").status_code == 200
    for path in (f"{LOG}add/", f"{LOG}{line.pk}/delete/"):
        assert root.post(path, {"post": "yes"}).status_code == 403
    assert root.post(f"{LOG}{line.pk}/change/", {"reason": "changed"}).status_code == 403
    root.post(LOG, {"action": "delete_selected", "_selected_action": [line.pk], "post": "yes"})
    assert ModerationAction.objects.get().reason == ""
    exported = root.post(LOG, {"action": "export", "_selected_action": [line.pk]})
    assert json.loads(b"".join(exported.streaming_content))["deed"] == "claim"  # type: ignore[attr-defined]


def test_sanctions_beside_cases_are_in_the_log_too(people: People, lea: User) -> None:
    client = signed_in(User.objects.create_superuser("root", password="x"))
    form = {"user": "bo", "kind": "mute", "room": "", "until_0": "", "until_1": "", "reason": "loud"}
    client.post("/admin/messaging/sanction/add/", form)
    sanction = Sanction.objects.get()
    client.post("/admin/messaging/sanction/", {"action": "lift", "_selected_action": [sanction.pk]})
    assert list(ModerationAction.objects.order_by("pk").values_list("deed", "sanction")) == [
        ("sanction", sanction.pk), ("lift", sanction.pk),
    ]  # fmt: skip


def test_admin_keeps_its_strict_policy(case: ModerationCase, mo: User) -> None:
    page = signed_in(mo).get(f"{QUEUE}{case.pk}/change/")
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert " style=" not in page.content.decode()
