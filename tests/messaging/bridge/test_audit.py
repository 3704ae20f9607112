"""The audit finds what must not be, and nothing where all is well."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from messaging.bridge.announcer import Announcer
from messaging.bridge.audit import audit
from messaging.bridge.bridge import Bridge
from messaging.bridge.topics import COMMANDS, topic_specs
from messaging.log.embedded import EmbeddedLog
from messaging.models import Mention, Message, Room, RoomHead, SpooledRecord
from messaging.wire.commands import SendMessage
from tests.messaging.bridge.conftest import append

Say = Callable[..., SendMessage]


@pytest.fixture
def log(tmp_path: Path, room: Room, say: Say) -> Iterator[EmbeddedLog]:
    """A log in which ten sends, a repeat and a stranger's send are applied, one record is poison, and one send waits."""
    made = EmbeddedLog(tmp_path / "log.sqlite3")
    made.ensure_topics(topic_specs())
    sends = [say("ada", f"{number}") for number in range(10)]
    append(made, *sends, sends[0], say("chen", "a stranger"))
    made.appender().append(COMMANDS, b"1", b"poison").result(10)
    bridge = Bridge(made, "g", Announcer(lambda *_: None))
    bridge.drain()
    bridge.close()
    append(made, say("bo", "waits"))
    yield made
    made.close()


def test_where_all_is_well_every_record_is_accounted_for(log: EmbeddedLog) -> None:
    report = audit(log, "g")
    assert report.findings == []
    assert (report.rooms, report.messages) == (1, 10)
    counts = {"stored": 10, "repeat": 1, "refused": 1, "dead letter waiting": 1, "waiting": 1, "spooled": 0}
    assert report.counts == counts


def test_a_message_that_vanished_is_a_loss_and_a_hole(log: EmbeddedLog) -> None:
    Message.objects.filter(seq=4).delete()
    findings = "\n".join(audit(log, "g").findings)
    assert "9 messages from seq 1 to 10, but 1 to 10 are due" in findings
    assert "chat.commands/0 offset 3: applied, and left no trace" in findings


def test_messages_in_another_order_than_the_log_s_are_found(log: EmbeddedLog) -> None:
    Message.objects.filter(seq=3).update(seq=99)
    Message.objects.filter(seq=7).update(seq=3)
    Message.objects.filter(seq=99).update(seq=7)
    findings = audit(log, "g").findings
    assert "chat.commands/0 offset 6: room" in "\n".join(findings)
    assert "has it at seq 3, before what came first" in "\n".join(findings)


def test_what_the_spool_holds_is_told_and_what_kafka_refused_is_found(log: EmbeddedLog) -> None:
    for refusal in ("", "too large"):
        SpooledRecord.objects.create(owner="o", topic=COMMANDS, value=b"v", headers=b"h", refusal=refusal)
    report = audit(log, "g")
    assert report.counts["spooled"] == 1
    assert [finding.partition(" was ")[2] for finding in report.findings] == ["refused by Kafka: too large"]


def test_a_mention_that_outlives_its_message_is_found(log: EmbeddedLog, people: dict[str, User]) -> None:
    message = Message.objects.get(seq=4)
    Mention.objects.create(room_id=message.room_id, seq=4, user=people["bo"])
    Message.objects.filter(seq=4).update(deleted_at=timezone.now())
    assert audit(log, "g").findings == ["1 mentions count for messages that are deleted"]


def test_a_head_that_was_set_back_is_found(log: EmbeddedLog) -> None:
    RoomHead.objects.update(seq=8, rev=8)
    findings = "\n".join(audit(log, "g").findings)
    assert "1 to 8 are due" in findings
    assert "a message has rev 10, but the room is at 8" in findings


def test_the_command_tells_people_and_programs_and_exits_accordingly(
    log: EmbeddedLog, capsys: pytest.CaptureFixture[str], settings: object
) -> None:
    settings.CHAT_LOG = {"BACKEND": "messaging.log.embedded.EmbeddedLog", "PATH": log._path}  # type: ignore[attr-defined]
    log.close()
    call_command("chat_audit", group="g")
    assert capsys.readouterr().out.endswith("all is well\n")
    Message.objects.filter(seq=10).delete()
    with pytest.raises(SystemExit) as ended:
        call_command("chat_audit", "--json", group="g")
    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out)["counts"]["lost"] == 1
