"""The topics of the chat and their settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from messaging.log.port import TopicDescription, TopicSpec

COMMANDS = "chat.commands"
EVENTS = "chat.events"
DEAD_LETTERS = "chat.dead-letters"

_DAY_MS = 24 * 60 * 60 * 1000
RETENTION_DAYS = 14
"""Of commands and dead letters. Events keep what KAFKA_EVENTS_RETENTION_DAYS says: so far back a rebuild can go, and so
long deleted text survives there."""


def topic_specs() -> list[TopicSpec]:
    """What `Log.ensure_topics` creates when it is missing."""
    partitions: int = dict[str, Any](settings.CHAT_LOG).get("PARTITIONS", 1)
    days: int = settings.CHAT_EVENTS_RETENTION_DAYS
    kept, events = _config(RETENTION_DAYS * _DAY_MS), _config(days * _DAY_MS if days else -1)
    return [
        TopicSpec(COMMANDS, partitions=partitions, config=kept),
        TopicSpec(EVENTS, partitions=partitions, config=events),
        TopicSpec(DEAD_LETTERS, partitions=1, config=kept),
    ]


def _config(keep_ms: int) -> dict[str, str]:
    return {"message.timestamp.type": "LogAppendTime", "retention.ms": str(keep_ms), "cleanup.policy": "delete"}


SAFE_REPLICATION, SAFE_MIN_INSYNC = 3, 2


def advice(topics: Mapping[str, TopicDescription]) -> list[str]:
    """What of the topics is less than what survives the loss of a machine and its disk, a sentence each."""
    found = []
    for name, topic in topics.items():
        if topic.replication < SAFE_REPLICATION:
            found.append(
                f"{name} has replication {topic.replication}; {SAFE_REPLICATION} outlives the loss of a broker"
            )
        if topic.min_insync < SAFE_MIN_INSYNC:
            found.append(
                f"{name} has min.insync.replicas {topic.min_insync}: what was accepted can be lost with one disk; "
                f"set {SAFE_MIN_INSYNC}"
            )
    return found
