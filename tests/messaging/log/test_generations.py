"""A topic is closed for everybody, and its writers go on in the next one, in order."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from messaging.bridge import generations
from messaging.log.generations import Whereabouts, first_of, name_of, number_of
from messaging.log.kafka import KafkaLog
from messaging.log.port import TopicSpec
from tests.messaging.log.conftest import SPEC, TOPIC, new_kafka_log, take_all

NEXT = TopicSpec(name_of(TOPIC, 2), 6)


def test_generations_are_named_after_the_first() -> None:
    assert [name_of("chat.commands", number) for number in (1, 2, 10)] == [
        "chat.commands", "chat.commands.2", "chat.commands.10",
    ]  # fmt: skip
    assert [(first_of(name), number_of(name)) for name in ("chat.commands", "chat.commands.10")] == [
        ("chat.commands", 1), ("chat.commands", 10),
    ]  # fmt: skip


def test_a_writer_remembers_where_it_writes_and_asks_again_when_that_is_closed() -> None:
    asked: list[tuple[str, bool]] = []

    def whereto(topic: str, is_closed: bool) -> str:
        asked.append((topic, is_closed))
        return name_of(topic, 2 if is_closed else 1)

    whereabouts = Whereabouts(whereto)
    assert [whereabouts.of("a"), whereabouts.of("a")] == ["a", "a"]
    assert whereabouts.may_have_grown("a")
    assert whereabouts.ask_again("a")
    assert not whereabouts.may_have_grown("a"), "it was told a moment ago"
    assert not whereabouts.ask_again("a"), "nothing new"
    assert whereabouts.of("a") == "a.2"
    assert asked == [("a", False), ("a", True), ("a", True)]


@pytest.mark.services
def test_what_a_closed_topic_does_not_take_goes_into_the_next_one_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when nobody says at first where that is."""
    troubles = [OperationalError("away at this moment")]

    def where_to_write(topic: str, is_closed: bool) -> str:
        if is_closed and troubles:
            raise troubles.pop()
        return name_of(topic, 2) if is_closed else topic

    monkeypatch.setattr(generations, "where_to_write", where_to_write)
    plain = new_kafka_log()
    whereto = "messaging.bridge.generations.where_to_write"
    log = KafkaLog(plain._client["bootstrap_servers"], plain._prefix, whereto=whereto)
    log.ensure_topics([SPEC, NEXT])
    assert log.generations(TOPIC) == [TOPIC, NEXT.name]
    before = [log.appender().append(TOPIC, b"1", b"%d" % number).result(20) for number in range(5)]
    ends = log.seal(TOPIC)
    assert log.topic(TOPIC).is_closed
    assert not log.topic(NEXT.name).is_closed
    after = [log.appender().append(TOPIC, b"1", b"%d" % number) for number in range(5, 10)]
    found = [future.result(30) for future in after]
    assert {one.partition.topic for one in found} == {NEXT.name}
    assert [one.offset for one in found] == list(range(5))
    assert log.seal(TOPIC) == ends, "it can be repeated, and nothing gets in"
    assert ends[before[0].partition] >= 5
    reader = plain.reader("g", [TOPIC])
    old = [record for records in take_all(reader, 5).values() for record in records if not record.is_probe]
    reader.follow([TOPIC, NEXT.name])
    new = [record for records in take_all(reader, 5).values() for record in records]
    assert [record.value for record in (*old, *new)] == [b"%d" % number for number in range(10)]
    assert {record.partition.topic for record in new} == {NEXT.name}
    reader.close()
    log.close()
    plain.close()
