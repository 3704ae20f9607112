"""Commands in a log."""

from __future__ import annotations

from messaging.bridge.topics import COMMANDS
from messaging.log.embedded import EmbeddedLog
from messaging.wire.commands import Command
from messaging.wire.records import COMMAND_HEADERS, encode_command, record_key


def append(log: EmbeddedLog, *commands: Command) -> None:
    """Put commands into the log, one after the other, safely."""
    for command in commands:
        log.appender().append(COMMANDS, record_key(command.room), encode_command(command), COMMAND_HEADERS).result(10)
