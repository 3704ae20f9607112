"""People and rooms for tests, and a way to let the bridge apply commands without a log in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from accounts.models import User
from messaging.actions.rooms import create_room
from messaging.bridge.apply import Applied, apply_batch
from messaging.bridge.dead_letters import Letter
from messaging.bridge.offsets import Ownership
from messaging.bridge.topics import topic_specs
from messaging.log.embedded import EmbeddedLog
from messaging.log.port import Partition, Record
from messaging.models import Membership, OutboxCommand, Room, StoredOffset
from messaging.wire.commands import Command, SendMessage
from messaging.wire.records import COMMAND_HEADERS, encode_command, record_key

PARTITION = Partition("chat.commands", 0)


@dataclass
class Desk:
    """A bridge's applying half: give it commands, it applies them as one batch of records."""

    owner: Ownership
    offset: int = 0
    letters: list[Letter] = field(default_factory=list)

    def records(self, commands: Sequence[Command], at_ms: int | None = None) -> list[Record]:
        made = [
            Record(
                partition=PARTITION,
                offset=self.offset + number,
                key=record_key(command.room),
                value=encode_command(command),
                headers=COMMAND_HEADERS,
                timestamp_ms=int(time.time() * 1000) if at_ms is None else at_ms,
            )
            for number, command in enumerate(commands)
        ]
        self.offset += len(made)
        return made

    def apply(self, *commands: Command, at_ms: int | None = None) -> list[Applied]:
        return self.apply_records(self.records(commands, at_ms))

    def apply_records(self, records: list[Record]) -> list[Applied]:
        applied = apply_batch({PARTITION: records}, self.owner)
        self.letters += [letter for one in applied for letter in one.letters]
        return applied


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EmbeddedLog]:
    """A log of its own for a test."""
    made = EmbeddedLog(tmp_path / "log.sqlite3")
    made.ensure_topics(topic_specs())
    yield made
    made.close()


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    StoredOffset.objects.create(group="g", topic=PARTITION.topic, partition=0, topic_id="t", next_offset=0)
    owner = Ownership("g")
    owner.next_offset[PARTITION] = 0
    return Desk(owner)


@pytest.fixture
def people(transactional_db: None) -> dict[str, User]:
    return {name: User.objects.create_user(name, password="x", name=name.title()) for name in ("ada", "bo", "chen")}


@pytest.fixture
def room(people: dict[str, User]) -> Room:
    """A public room of ada (owner) and bo; chen is a stranger."""
    made = create_room(people["ada"], "lobby")
    Membership.objects.create(room=made, user=people["bo"])
    OutboxCommand.objects.all().delete()  # as if it had been relayed: what tests submit comes first
    return made


@pytest.fixture
def say(room: Room, people: dict[str, User]) -> Callable[..., SendMessage]:
    def make(name: str, body: str = "hello", client_id: UUID | None = None, **more: Any) -> SendMessage:
        fields = {"room": room.pk, "sender": people[name].pk, "html": f"<p>{body}</p>", **more}
        return SendMessage(client_id=client_id or uuid4(), body=body, **fields)

    return make
