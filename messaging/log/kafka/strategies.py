"""Which partition a record goes to: strategies by name, one for each topic (KAFKA_STRATEGIES).

keyed        by the key's hash, as every Kafka client does it (murmur2)
round-robin  one after the other, whatever the key: for topics without an order to keep
pinned       where somebody else says that the key was put; one that was not goes where its hash says
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from django.db import Error
from kafka import KafkaProducer
from kafka.partitioner import murmur2

from messaging.log.generations import first_of


class PlaceUnknown(Exception):
    """At this moment nobody can say which partition it is: the record has to wait, a guess would break the order."""


PlaceOf = Callable[[bytes], int | None]
"""The partition that a key was given, or None for one that never was. Raises django.db.Error."""


class Strategy(Protocol):
    def __call__(self, key: bytes | None, partitions: int) -> int | None:
        """The number of a partition; None: the one of the key's hash. Raises PlaceUnknown."""
        ...


class RoundRobin:
    def __init__(self) -> None:
        self._turns = count()

    def __call__(self, key: bytes | None, partitions: int) -> int:
        return next(self._turns) % partitions


class Pinned:
    def __init__(self, place_of: PlaceOf) -> None:
        self._place_of = place_of

    def __call__(self, key: bytes | None, partitions: int) -> int | None:
        try:
            number = None if key is None else self._place_of(key)
        except Error as error:
            raise PlaceUnknown(f"the database does not say where {key!r} belongs: {error}") from error
        return None if number is None else number % partitions


STRATEGIES: dict[str, Callable[[PlaceOf], Strategy] | None] = {
    "keyed": None,
    "round-robin": lambda _: RoundRobin(),
    "pinned": Pinned,
}
"""None: nothing is asked, the producer hashes the key by itself."""


@dataclass(frozen=True, slots=True)
class Placing:
    """How the records of a log are placed."""

    names: Mapping[str, str] = field(default_factory=dict)
    """Topic -> strategy, by their logical names; a topic that is not named is keyed."""
    place_of: PlaceOf = lambda key: None


KEYED = Placing()


class Placement:
    """The strategies at work in one producer."""

    def __init__(self, placing: Placing, prefix: str) -> None:
        self._prefix = prefix
        made = {topic: STRATEGIES[name] for topic, name in placing.names.items()}
        self._strategies = {topic: make(placing.place_of) for topic, make in made.items() if make is not None}

    def whereabouts(self, topic: str, key: bytes, partitions: int) -> int:
        """The number of the partition that this key's records are in. Raises PlaceUnknown."""
        strategy = self._strategies.get(first_of(topic))
        number = None if strategy is None else strategy(key, partitions)
        return (murmur2(key) & 0x7FFFFFFF) % partitions if number is None else number

    def of(self, producer: KafkaProducer, topic: str, key: bytes | None) -> int | None:
        """What `send` is given as partition. Raises PlaceUnknown, and KafkaTimeoutError while there is no metadata."""
        strategy = self._strategies.get(first_of(topic))
        if strategy is None:
            return None
        return strategy(key, len(producer.partitions_for(self._prefix + topic)))
