from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts.models import User
from messaging.models import OutboxCommand
from messaging.wire.records import decode_command
from tests.messaging.conftest import Desk


def relay(desk: Desk) -> None:
    """What the outbox holds -> the bridge."""
    rows = OutboxCommand.objects.filter(relayed_at=None).order_by("id")
    commands = [decode_command(bytes(row.record), str(row.room_id).encode()) for row in rows]
    rows.update(relayed_at=timezone.now())
    if commands:
        desk.apply(*commands)


def staff(name: str, *permissions: str) -> User:
    person = User.objects.create_user(name, password="x", name=name.title(), is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return person


@pytest.fixture
def mo(people: dict[str, User]) -> User:
    """A moderator of the site, in no room."""
    return staff("mo", "moderate")


@pytest.fixture
def lea(people: dict[str, User]) -> User:
    """A lead."""
    return staff("lea", "moderate", "lead_moderation")
