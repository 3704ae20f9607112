"""Each web process writes down how many sockets it holds, and takes that back when it ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from django.db import InterfaceError
from django.utils import timezone

from messaging.live import headcount
from messaging.live.headcount import Headcount
from messaging.models import WebReport
from messaging.selectors.dashboard import dashboard
from messaging.threads import in_database

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


def told() -> tuple[int, int]:
    found = dashboard(timezone.now())
    return found.web_processes, found.sockets


async def until_told(wanted: tuple[int, int]) -> None:
    async with asyncio.timeout(5):
        while await in_database(told) != wanted:
            await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headcount, "EVERY_S", 0.05)


async def test_the_sockets_of_all_processes_are_counted_while_they_live() -> None:
    sockets = [3, 4]
    one, two = Headcount(lambda: sockets[0]), Headcount(lambda: sockets[1])
    one.start()
    two.start()
    await until_told((2, 7))
    sockets[0] = 10
    await until_told((2, 14))
    await one.stop()
    assert await in_database(told) == (1, 4)
    await two.stop()
    assert not await WebReport.objects.aexists()


async def test_who_is_silent_is_not_counted_and_at_last_forgotten() -> None:
    long_ago = timezone.now() - timedelta(days=2)
    await WebReport.objects.acreate(name="killed", sockets=5, seen_at=timezone.now() - timedelta(minutes=1))
    await WebReport.objects.acreate(name="killed long ago", sockets=5, seen_at=long_ago)
    assert await in_database(told) == (0, 0)
    await Headcount(lambda: 1).stop()
    assert (await WebReport.objects.aget()).name == "killed"


async def test_it_goes_on_when_the_database_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    say, failures = Headcount._say, iter([InterfaceError("gone away")] * 2)

    def failing(self: Headcount) -> None:
        for failure in failures:
            raise failure
        say(self)

    monkeypatch.setattr(Headcount, "_say", failing)
    one = Headcount(lambda: 2)
    one.start()
    await until_told((1, 2))
    await one.stop()
