"""The log on Apache Kafka, by kafka-python 3. What each setting is for: docs/kafka.md."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.module_loading import import_string
from kafka import OffsetSpec, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from messaging.log.generations import Whereabouts, first_of, number_of, stays
from messaging.log.kafka.peek import find, first_times
from messaging.log.kafka.producer import SupervisedProducer
from messaging.log.kafka.reader import KafkaReader
from messaging.log.kafka.sealing import CLOSED, seal
from messaging.log.kafka.strategies import KEYED, Placement, PlaceOf, Placing
from messaging.log.port import LogUnavailable, Partition, Record, TopicDescription, TopicSpec

if TYPE_CHECKING:
    from messaging.log.spool import SpoolingAppender

CLOSE_S = 10.0
SETTLED_S = 1.0
"""An end that does not move for so long is one."""


class KafkaLog:
    """Connects at first use. `prefix` stands before every topic and group name of this deployment; dotted names of who
    knows more: `places` the partitions of pinned keys, `whereto` into what a topic has grown."""

    def __init__(
        self,
        bootstrap_servers: Sequence[str],
        topic_prefix: str = "",
        partitions: int = 32,
        replication: int = 1,
        security: dict[str, Any] | None = None,
        strategies: Mapping[str, str] | None = None,
        places: str = "",
        whereto: str = "",
    ) -> None:
        self._client = {
            "bootstrap_servers": list(bootstrap_servers),
            "bootstrap_timeout_ms": 10_000,
            "reconnect_backoff_max_ms": 5_000,
            "allow_auto_create_topics": False,
            "metadata_max_age_ms": 60_000,
            **(security or {}),
        }
        self._prefix = topic_prefix
        self._replication = replication
        place_of: PlaceOf = partial(_ask, places) if places else KEYED.place_of
        self._placing = Placing(strategies or {}, place_of)
        self._whereto = partial(_ask, whereto) if whereto else stays
        self._producer: SupervisedProducer | None = None
        self._accepting: SpoolingAppender | None = None
        self._opening = threading.Lock()

    def ensure_topics(self, specs: Sequence[TopicSpec]) -> None:
        wanted = {
            self._prefix + spec.name: {
                "num_partitions": spec.partitions,
                "replication_factor": self._replication,
                "configs": spec.config,
            }
            for spec in specs
        }
        with self._admin() as admin:
            present = set(admin.list_topics())
            missing = {name: options for name, options in wanted.items() if name not in present}
            if not missing:
                return
            answer = admin.create_topics(missing, raise_errors=False)
            for topic in answer["topics"]:
                error = for_code(topic["error_code"])
                if topic["error_code"] and error is not TopicAlreadyExistsError:
                    raise LogUnavailable(f"topic {topic['name']} cannot be made: {error.__name__}")
            admin.wait_for_topics(list(missing))

    def topic(self, name: str) -> TopicDescription:
        full = self._prefix + name
        with self._admin() as admin:
            described = admin.describe_topics([full])[0]
            if described["error_code"]:
                raise LogUnavailable(f"topic {full}: {for_code(described['error_code']).__name__}")
            configs = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, full)], config_filter="all")
        partitions = described["partitions"]
        return TopicDescription(
            id=str(described["topic_id"]),
            partitions=len(partitions),
            replication=min(len(partition["replica_nodes"]) for partition in partitions),
            min_insync=int(configs["topic"][full]["min.insync.replicas"]["value"]),
            is_closed=all(configs["topic"][full][name]["value"] == value for name, value in CLOSED.items()),
        )

    def generations(self, topic: str) -> list[str]:
        with self._admin() as admin:
            names = [name.removeprefix(self._prefix) for name in admin.list_topics() if name.startswith(self._prefix)]
        return sorted((name for name in names if first_of(name) == topic), key=number_of)

    def seal(self, topic: str) -> dict[Partition, int]:
        count = self.topic(topic).partitions
        with self._admin() as admin:
            seal(self._client, admin, self._prefix + topic, count)
        before, after = None, self._ends(topic)
        while before != after:  # what was taken last may still be on its way to the replicas
            time.sleep(SETTLED_S)
            before, after = after, self._ends(topic)
        return after

    def _ends(self, topic: str) -> dict[Partition, int]:
        return {place: end for place, (_, end) in self.bounds(topic).items()}

    def bounds(self, topic: str) -> dict[Partition, tuple[int, int]]:
        count = self.topic(topic).partitions
        places = [TopicPartition(self._prefix + topic, number) for number in range(count)]
        with self._admin() as admin:
            earliest = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST))
            latest = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
        return {Partition(topic, tp.partition): (earliest[tp].offset, latest[tp].offset) for tp in places}

    def group_offsets(self, group: str, topic: str) -> dict[Partition, int]:
        full = self._prefix + group
        with self._admin() as admin:
            found = admin.list_group_offsets(full).get(full, {})
        return {
            Partition(topic, tp.partition): committed.offset
            for tp, committed in found.items()
            if tp.topic == self._prefix + topic and committed.offset >= 0
        }

    def times_at(self, offsets: Mapping[Partition, int]) -> dict[Partition, int]:
        return first_times(self._client, self._prefix, offsets)

    def find(self, topic: str, key: bytes, since_ms: int, is_it: Callable[[Record], bool]) -> Record | None:
        return find(self._client, self._prefix, Placement(self._placing, self._prefix), topic, key, since_ms, is_it)

    def appender(self) -> SupervisedProducer:
        with self._opening:
            if self._producer is None:
                self._producer = self._new_producer()
            return self._producer

    def accepting_appender(self) -> SpoolingAppender:
        # Late: its table is a model, and who only reads and appends needs no Django.
        from messaging.log.spool import SpoolingAppender

        with self._opening:
            if self._accepting is None:
                self._accepting = SpoolingAppender(self._new_producer)
            return self._accepting

    def _new_producer(self) -> SupervisedProducer:
        return SupervisedProducer(self._client, self._prefix, self._placing, Whereabouts(self._whereto))

    def reader(self, group: str, topics: Sequence[str], instance_id: str | None = None) -> KafkaReader:
        return KafkaReader(self._client, self._prefix, group, topics, instance_id, self._placing)

    def close(self) -> None:
        with self._opening:
            for appender in (self._accepting, self._producer):
                if appender is not None:
                    appender.close(CLOSE_S)
            self._accepting = self._producer = None

    @contextmanager
    def _admin(self) -> Iterator[KafkaAdminClient]:
        options = {name: value for name, value in self._client.items() if name != "allow_auto_create_topics"}
        try:
            admin = KafkaAdminClient(**options)
            try:
                yield admin
            finally:
                admin.close()
        except KafkaError as error:
            raise LogUnavailable(f"Kafka cannot be reached: {error!r}") from error


def _ask(who: str, *about: Any) -> Any:
    """Imported late: it needs Django's apps."""
    return import_string(who)(*about)


__all__ = ["KafkaLog"]
