"""A log of its own for a test, and commands in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from messaging.bridge.topics import COMMANDS, topic_specs
from messaging.log.embedded import EmbeddedLog
from messaging.wire.commands import Command
from messaging.wire.records import COMMAND_HEADERS, encode_command, record_key


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EmbeddedLog]:
    made = EmbeddedLog(tmp_path / "log.sqlite3")
    made.ensure_topics(topic_specs())
    yield made
    made.close()


def append(log: EmbeddedLog, *commands: Command) -> None:
    """Put commands into the log, one after the other, safely."""
    for command in commands:
        log.appender().append(COMMANDS, record_key(command.room), encode_command(command), COMMAND_HEADERS).result(10)
