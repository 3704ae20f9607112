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


def topic_specs() -> list[TopicSpec]:
    """What `Log.ensure_topics` creates when it is missing."""
    partitions: int = dict[str, Any](settings.CHAT_LOG).get("PARTITIONS", 1)
    keep = str(RETENTION_DAYS * _DAY_MS)
    config = {"message.timestamp.type": "LogAppendTime", "retention.ms": keep, "cleanup.policy": "delete"}
    return [
        TopicSpec(COMMANDS, partitions=partitions, config=config),
        TopicSpec(EVENTS, partitions=partitions, config=config),
        TopicSpec(DEAD_LETTERS, partitions=1, config=config),
    ]


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
