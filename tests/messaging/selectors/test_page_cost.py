"""A page costs what it shows, however deep in a room it is."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from messaging.models import Message, Room, RoomHead
from messaging.selectors import history

pytestmark = pytest.mark.django_db

MESSAGES = 3_000
ROWS_MOST = 300


def fill(room: Room, sender: User) -> None:
    now = timezone.now()
    Message.objects.bulk_create(
        Message(room=room, seq=n, rev=n, client_id=uuid4(), sender=sender, fingerprint=n, body="b", html="b", created_at=now)
        for n in range(1, MESSAGES + 1)
    )  # fmt: skip
    RoomHead.objects.filter(room=room).update(seq=MESSAGES, rev=MESSAGES)


def rows_read(ask: Callable[[], object]) -> int:
    """By this connection, as the server counts them."""

    def count() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
            return sum(int(value) for _, value in cursor.fetchall())

    before = count()
    idle = count() - before  # what counting costs
    before = count()
    ask()
    return count() - before - idle


@pytest.mark.skipif(connection.vendor != "mysql", reason="only MariaDB counts rows")
def test_no_page_reads_the_room(room: Room, people: dict[str, User]) -> None:
    fill(room, people["ada"])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE TABLE messaging_message, accounts_user")
    pages = {
        "newest": lambda: history.newest_page(room.pk),
        "deep": lambda: history.page_before(room.pk, MESSAGES // 10),
        "after": lambda: history.page_after(room.pk, MESSAGES * 9 // 10),
        "around": lambda: history.page_around(room.pk, MESSAGES // 2),
        "changes": lambda: history.changes_after(room.pk, MESSAGES - 50),
    }
    costs = {name: rows_read(ask) for name, ask in pages.items()}
    assert all(cost > 0 for cost in costs.values())
    assert {name: cost for name, cost in costs.items() if cost > ROWS_MOST} == {}
