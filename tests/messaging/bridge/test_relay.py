"""Changes that start in HTTP reach the log: each once in effect, in the room's order, by one process at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.actions import outbox
from messaging.bridge.announcer import Announcer
from messaging.bridge.bridge import Bridge
from messaging.bridge.relay import Relay
from messaging.errors import NotMember
from messaging.log.embedded import EmbeddedLog
from messaging.log.lease import HeldLease
from messaging.models import Lease, Message, OutboxCommand, Room
from messaging.wire.commands import SendMessage

Say = Callable[..., SendMessage]


def drain(log: EmbeddedLog) -> None:
    Bridge(log, "g", Announcer(lambda *_: None)).drain()


def test_rows_are_relayed_once_and_in_order(log: EmbeddedLog, room: Room, say: Say) -> None:
    for number in range(5):
        outbox.submit(say("ada", f"{number}"))
    relay = Relay(log.appender())
    assert relay.step() == 5
    assert relay.step() == 0
    drain(log)
    assert list(Message.objects.order_by("seq").values_list("body", flat=True)) == ["0", "1", "2", "3", "4"]


def test_relaying_twice_after_a_crash_changes_nothing(log: EmbeddedLog, room: Room, say: Say) -> None:
    outbox.submit(say("ada", "once"))
    relay = Relay(log.appender())
    relay.step()
    OutboxCommand.objects.update(relayed_at=None)
    relay.step()
    drain(log)
    assert Message.objects.count() == 1


def test_a_row_that_becomes_visible_late_is_relayed_too(log: EmbeddedLog, room: Room, say: Say) -> None:
    """Ids are given out before rows can be seen: a cursor on the id would have passed this one by."""
    outbox.submit(say("ada", "early id"))
    late = OutboxCommand.objects.get()
    OutboxCommand.objects.filter(pk=late.pk).update(relayed_at=timezone.now())
    outbox.submit(say("ada", "later id"))
    relay = Relay(log.appender())
    relay.step()
    assert late.pk < OutboxCommand.objects.exclude(pk=late.pk).get().pk
    OutboxCommand.objects.filter(pk=late.pk).update(relayed_at=None)
    assert relay.step() == 1
    drain(log)
    assert Message.objects.count() == 2


def test_one_process_relays_at_a_time_and_another_takes_over_when_it_is_gone(
    log: EmbeddedLog, room: Room, say: Say
) -> None:
    first, second = HeldLease("relay", "a"), HeldLease("relay", "b")
    assert first.renew()
    assert first.renew()
    assert not second.renew()
    Lease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert second.renew()
    assert not first.renew()
    second.release()
    assert first.renew()
    outbox.submit(say("ada"))
    assert Relay(log.appender()).step() == 0


def test_the_effect_can_be_waited_for_and_a_refusal_is_raised(log: EmbeddedLog, room: Room, say: Say) -> None:
    good, stranger = say("ada"), say("chen")
    outbox.submit(good)
    outbox.submit(stranger)
    assert outbox.await_effect(good.client_id, good.sender, within_s=0.01) is None
    Relay(log.appender()).step()
    drain(log)
    assert outbox.await_effect(good.client_id, good.sender) == 1
    with pytest.raises(NotMember):
        outbox.await_effect(stranger.client_id, stranger.sender)
