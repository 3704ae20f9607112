"""Where records go: by key, one after the other, or where their room was put."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from kafka.errors import KafkaTimeoutError

from messaging.actions.rooms import create_room
from messaging.log.kafka import KafkaLog
from messaging.log.kafka.strategies import STRATEGIES, Pinned, Placement, PlaceUnknown, Placing, RoundRobin
from messaging.log.port import Outgoing
from messaging.models import Room
from messaging.selectors import places
from messaging.selectors.standing import standings
from messaging.wire.records import record_key
from tests.messaging.conftest import User
from tests.messaging.log.conftest import SPEC, TOPIC, new_kafka_log, take_gained

PARTITIONS = 4


class Metadata:
    """What of a producer a strategy asks."""

    def partitions_for(self, topic: str) -> set[int]:
        if topic != "p-known":
            raise KafkaTimeoutError("no metadata")
        return set(range(PARTITIONS))


@pytest.fixture
def pinned(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CHAT_ROOMS_PINNED = True  # type: ignore[attr-defined]
    settings.CHAT_LOG = {"PARTITIONS": PARTITIONS}  # type: ignore[attr-defined]
    monkeypatch.setattr(places, "_known", {})


def test_round_robin_takes_turns_and_pinned_asks_for_the_place() -> None:
    turns = RoundRobin()
    assert [turns(b"7", PARTITIONS) for _ in range(6)] == [0, 1, 2, 3, 0, 1]
    pin = Pinned({b"1": 3, b"2": None, b"3": 9}.get)
    assert [pin(key, PARTITIONS) for key in (b"1", b"2", b"3", None)] == [3, None, 1, None]


def test_a_topic_without_a_strategy_of_its_own_is_keyed_and_asks_nobody() -> None:
    assert set(STRATEGIES) == {"keyed", "round-robin", "pinned"}
    placement = Placement(Placing({"known": "round-robin", "new": "round-robin", "plain": "keyed"}), "p-")
    producer = Metadata()
    assert [placement.of(producer, topic, b"7") for topic in ("plain", "other", "known", "known")] == [None, None, 0, 1]
    with pytest.raises(KafkaTimeoutError):
        placement.of(producer, "new", b"7")


@pytest.mark.django_db
@pytest.mark.usefixtures("pinned")
def test_a_new_room_is_given_a_partition_and_keeps_it(people: dict[str, User]) -> None:
    rooms = [create_room(people["ada"], f"r{number}") for number in range(40)]
    given = {Room.objects.get(pk=room.pk).partition for room in rooms}
    assert given <= set(range(PARTITIONS))
    assert len(given) > 1
    pin = Pinned(places.place_of)
    assert [pin(record_key(room.pk), PARTITIONS) for room in rooms] == [room.partition for room in rooms]


@pytest.mark.django_db
def test_keyed_rooms_are_given_none_and_pinned_ones_hold_a_keyed_bridge_up(
    people: dict[str, User], settings: object
) -> None:
    room = create_room(people["ada"], "plain")
    assert room.partition is None
    assert not places.pins_are_ignored()
    Room.objects.filter(pk=room.pk).update(partition=2)
    assert places.pins_are_ignored()
    settings.CHAT_ROOMS_PINNED = True  # type: ignore[attr-defined]
    assert not places.pins_are_ignored()


@pytest.mark.django_db
@pytest.mark.usefixtures("pinned")
def test_who_has_a_standing_in_a_room_can_write_there_without_the_database(
    people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    room, unseen = create_room(people["ada"], "seen"), create_room(people["bo"], "unseen")
    standings(people["ada"].pk)

    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(Room.objects, "filter", away)
    assert places.place_of(record_key(room.pk)) == room.partition
    with pytest.raises(PlaceUnknown):
        Pinned(places.place_of)(record_key(unseen.pk), PARTITIONS)


@pytest.mark.services
def test_kafka_puts_records_where_the_strategy_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the appender and by a publication alike; a record whose place is not known waits, with those behind it."""
    troubles = [OperationalError("away at this moment")]

    def place_of(key: bytes) -> int | None:
        if troubles:
            raise troubles.pop()
        return {b"1": 3, b"2": 0}[key]

    monkeypatch.setattr(places, "place_of", place_of)
    keyed = new_kafka_log()
    where = "messaging.selectors.places.place_of"
    log = KafkaLog(keyed._client["bootstrap_servers"], keyed._prefix, strategies={TOPIC: "pinned"}, places=where)
    log.ensure_topics([SPEC])
    futures = [log.appender().append(TOPIC, key, b"x") for key in (b"1", b"2", b"1", b"2")]
    found = [future.result(20) for future in futures]
    assert [(one.partition.number, one.offset) for one in found] == [(3, 0), (0, 0), (3, 1), (0, 1)]
    turns = KafkaLog(keyed._client["bootstrap_servers"], keyed._prefix, strategies={TOPIC: "round-robin"})
    reader = turns.reader("g", [TOPIC])
    gained = take_gained(reader, 4)
    reader.publish([Outgoing(TOPIC, b"1", b"y") for _ in range(8)], dict.fromkeys(gained, 0))
    reader.close()
    # Two of each turn, and what closes a transaction takes an offset too.
    assert {place.number: end for place, (_, end) in log.bounds(TOPIC).items()} == {0: 5, 1: 3, 2: 3, 3: 5}
    for one in (keyed, log, turns):
        one.close()
