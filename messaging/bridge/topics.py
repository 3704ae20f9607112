"""The topics of the chat and their settings."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from messaging.log.port import TopicSpec

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
