"""What `kafka_bridge --status` says, and how a bridge tells its pace."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from django.utils import timezone

from messaging import limits
from messaging.bridge.announcer import Announcer
from messaging.bridge.bridge import Bridge
from messaging.bridge.pace import Pace
from messaging.bridge.status import Status, status_of
from messaging.bridge.topics import advice
from messaging.log.embedded import EmbeddedLog
from messaging.log.port import TopicDescription
from messaging.management.status_words import in_words
from messaging.models import BridgeReport, Room
from messaging.wire.commands import SendMessage
from tests.messaging.bridge.conftest import append

Say = Callable[..., SendMessage]


def test_what_waits_is_counted_and_its_age_told(log: EmbeddedLog, say: Say, room: Room) -> None:
    append(log, say("ada"), say("ada"))
    bridge = Bridge(log, "g", Announcer(lambda *_: None), instance_id="one")
    bridge.drain()
    append(log, say("ada"), say("ada"), say("ada"))
    time.sleep(0.2)
    status = status_of(log, "g")
    assert (status.lag_records, status.partitions[0].applied_to, status.partitions[0].end) == (3, 2, 5)
    assert 0.1 < status.lag_s < 30
    assert [(one.name, one.alive, one.said.partitions) for one in status.bridges] == [
        ("one", True, ["chat.commands/0"])
    ]
    assert status.troubles == []
    words = in_words(status)
    assert "3 records wait" in words
    assert "all is well" in words
    assert msgspec.json.decode(msgspec.json.encode(status), type=Status) == status
    bridge.close()
    assert "trouble: no bridge is running" in in_words(status_of(log, "g"))


def test_a_silent_bridge_and_a_stopped_partition_are_troubles(log: EmbeddedLog, say: Say) -> None:
    bridge = Bridge(log, "g", Announcer(lambda *_: None), instance_id="one")
    bridge.step()
    bridge.halted[next(iter(bridge._owner.next_offset))] = "the log was replaced"
    bridge._reporter._due_at = 0
    bridge.step()
    assert status_of(log, "g").troubles == ["chat.commands/0 is stopped: the log was replaced"]
    BridgeReport.objects.update(seen_at=timezone.now() - timedelta(seconds=limits.SILENT_S + 1))
    assert status_of(log, "g").troubles == ["no bridge is running"]
    bridge.close()


def test_what_the_log_will_soon_forget_is_a_trouble(log: EmbeddedLog, say: Say) -> None:
    bridge = Bridge(log, "g", Announcer(lambda *_: None), instance_id="one")
    bridge.step()
    status = status_of(log, "g")
    assert status.troubles == []
    status.lag_s = 8 * 86_400.0
    assert status.troubles == ["the oldest record waits for 192 h: at 14 days the log forgets it"]
    bridge.close()


def test_topics_that_one_broken_disk_can_lose_are_named() -> None:
    safe = TopicDescription("id", 32, 3, 2)
    assert advice({"chat.commands": safe}) == []
    assert len(advice({"chat.commands": TopicDescription("id", 32, 1, 1), "chat.events": safe})) == 2


def test_a_long_catch_up_tells_its_progress_and_its_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "messaging.bridge.pace")
    now = 0.0
    pace = Pace(lambda: now)
    for waiting in range(20_000, -1, -1_000):
        pace.note(1_000, int(time.time() * 1000) - 5_000, waiting, 0.1)
        now += 1.0
    assert 4.9 < pace.lag_s < 6
    assert pace.rate() == pytest.approx(900, abs=150)
    pace.note_idle()
    assert pace.lag_s == 0
    told = [record.getMessage() for record in caplog.records]
    assert told[0] == "catching up: 5,000 of 20,000 records applied (25 %), 1000/s, 15 s to go"
    assert told[-1] == "caught up: 20,000 records in 21 s"


def test_it_rests_after_small_batches_and_never_when_it_is_behind() -> None:
    pace, now_ms = Pace(), int(time.time() * 1000)
    for took_s, waiting, rest_s in ((0.01, 0, 0.02), (0.03, 5, 0.02), (0.2, 5, 0), (0.01, 1_000, 0)):
        pace.note(10, now_ms, waiting, took_s)
        assert pace.rest_s == pytest.approx(rest_s)
    pace.note(10, now_ms, 0, 0.01)
    pace.note_idle()
    assert pace.rest_s == 0


def test_what_comes_in_steadily_is_no_catch_up(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "messaging.bridge.pace")
    pace = Pace()
    for _ in range(50):
        pace.note(10, int(time.time() * 1000), 3, 0.1)
    pace.note_idle()
    assert caplog.records == []


def test_a_batch_that_stood_still_with_its_database_makes_nobody_wait() -> None:
    pace = Pace()
    now_ms = int(time.time() * 1000)
    for took_s in (0.02, 0.02, 0.02, 60.0, 0.05):
        pace.note(100, now_ms, 3_000, took_s)
        assert pace.backlog_s(3_000) < 1
    assert pace.batch_records == limits.BATCH_RECORDS


def test_batches_shrink_while_the_database_is_slow_and_grow_again() -> None:
    pace = Pace()
    now_ms = int(time.time() * 1000)
    for _ in range(20):
        pace.note(pace.batch_records, now_ms, 10_000, 3.0)
    assert pace.batch_records == limits.BATCH_LEAST
    assert pace.backlog_s(10_000) == 600
    for _ in range(60):
        pace.note(pace.batch_records, now_ms, 10_000, 0.1)
    assert pace.batch_records == limits.BATCH_RECORDS
