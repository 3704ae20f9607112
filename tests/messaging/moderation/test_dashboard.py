from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from messaging.actions.reports import report_message
from messaging.admin.charts import bars
from messaging.models import BridgeReport, Message, ModerationCase, Room
from messaging.selectors.dashboard import dashboard
from messaging.wire.commands import SendMessage
from tests.messaging.conftest import Desk
from tests.messaging.moderation.conftest import staff

Say = Callable[..., SendMessage]
People = dict[str, User]
URL = "/admin/messaging/moderationcase/dashboard/"
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


def test_bars_are_as_high_as_their_values_and_escape_what_they_say() -> None:
    drawn = bars([("<a>", 1), ("b", 4), ("c", 0)], '"most"')
    assert 'aria-label="&quot;most&quot;"' in drawn
    assert "&lt;a&gt;: 1" in drawn
    assert drawn.count("<rect") == 3
    assert 'height="24.0"' in drawn
    assert 'height="96.0"' in drawn
    assert "style" not in drawn
    assert "<rect" in bars([("none", 0)], "x")
    assert "<rect" not in bars([], "x")


@pytest.mark.django_db
def test_the_numbers_are_those_of_the_site(desk: Desk, say: Say, room: Room, people: People) -> None:
    desk.apply(*[say("bo", f"{n}") for n in range(5)])
    now = timezone.localtime().replace(second=30)
    for seq, back in ((1, 0), (2, 1), (3, 1), (4, 59), (5, 60)):
        Message.objects.filter(seq=seq).update(created_at=now - timedelta(minutes=back))
    report_message(people["ada"], room.pk, 1, "spam")
    report_message(people["ada"], room.pk, 2, "spam")
    ModerationCase.objects.filter(seq=1).update(opened_at=timezone.now() - timedelta(days=3))
    for group in (settings.CHAT_LOG_GROUP, "chat-notifier"):
        said = {"lag_records": 3, "lag_s": 1.5}
        BridgeReport.objects.create(name=group, group=group, started_at=now, seen_at=timezone.now(), said=said)
    found = dashboard(timezone.now() - timedelta(days=1))
    assert (found.bridges, found.lag_records) == (1, 3), "workers are no bridges"
    BridgeReport.objects.all().delete()
    found = dashboard(timezone.now() - timedelta(days=1))
    assert (found.open_cases, found.late_cases, found.bridges, found.lag_s) == (2, 1, 0, 0)
    assert [count for _, count in found.minutes][-2:] == [2, 1]
    assert found.minutes[0][1] == 1
    assert sum(count for _, count in found.minutes) == 4
    assert ([count for _, count in found.days][-1], [count for _, count in found.days][-4]) == (1, 1)


@pytest.mark.django_db
def test_moderators_see_the_dashboard_in_few_queries_and_others_do_not(
    desk: Desk, say: Say, room: Room, people: People, mo: User, own_cache: None
) -> None:
    desk.apply(say("bo"))
    report_message(people["ada"], room.pk, 1, "spam")
    client = Client()
    client.force_login(mo, backend=MODEL_BACKEND)
    assert URL in client.get("/admin/").content.decode()
    with CaptureQueriesContext(connection) as queries:
        text = client.get(URL).content.decode()
    assert len(queries) <= 14, [query["sql"] for query in queries]
    assert text.count("<svg") >= 2
    assert "open cases" in text
    client.force_login(staff("stan"), backend=MODEL_BACKEND)
    assert client.get(URL).status_code == 403
    assert URL not in client.get("/admin/").content.decode()
