"""A chat without a database, a log or a process: what everything else has to agree with."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from messaging.wire.commands import (
    Command,
    DeleteMessage,
    EditMessage,
    JoinRoom,
    LeaveRoom,
    RemoveMember,
    SendMessage,
    fingerprint,
)


@dataclass
class PlainMessage:
    client_id: UUID
    sender: int
    body: str
    rev: int
    named: set[int] = field(default_factory=set)
    deleted: bool = False


@dataclass
class PlainRoom:
    owner: int
    rev: int = 0
    messages: list[PlainMessage] = field(default_factory=list)
    """Message `seq` stands at seq - 1."""
    read: dict[int, int] = field(default_factory=dict)
    """Marker of each member."""

    def unread(self, user: int) -> int:
        return len(self._above(user))

    def mentions(self, user: int) -> int:
        return sum(user in message.named for message in self._above(user))

    def _above(self, user: int) -> list[PlainMessage]:
        above = self.messages[self.read[user] :]
        return [message for message in above if message.sender != user and not message.deleted]


class PlainChat:
    """Applies the same commands, one at a time. `names`: lower-case username -> id."""

    def __init__(self, names: dict[str, int]) -> None:
        self.names = names
        self.rooms: dict[int, PlainRoom] = {}
        self._decided: dict[tuple[UUID, int], int] = {}

    def apply(self, command: Command) -> None:
        key = command.client_id, command.sender
        if key in self._decided:
            return
        self._decided[key] = fingerprint(command)
        room = self.rooms[command.room]
        match command:
            case JoinRoom():
                room.read.setdefault(command.sender, len(room.messages))
            case _ if command.sender not in room.read:
                pass
            case SendMessage():
                room.rev += 1
                named = self._named(room, command.body)
                room.messages.append(PlainMessage(command.client_id, command.sender, command.body, room.rev, named))
                room.read[command.sender] = len(room.messages)
            case EditMessage():
                self._edit(room, command)
            case DeleteMessage() if 0 < command.seq <= len(room.messages):
                message = room.messages[command.seq - 1]
                if command.sender in (message.sender, room.owner) and not message.deleted:
                    room.rev += 1
                    message.deleted, message.body, message.rev, message.named = True, "", room.rev, set()
            case LeaveRoom():
                del room.read[command.sender]
            case RemoveMember() if command.sender == room.owner and command.user not in (room.owner, command.sender):
                room.read.pop(command.user, None)

    def _edit(self, room: PlainRoom, command: EditMessage) -> None:
        if not 0 < command.seq <= len(room.messages):
            return
        message = room.messages[command.seq - 1]
        if message.sender == command.sender and not message.deleted and message.rev == command.rev_seen:
            room.rev += 1
            message.body, message.rev = command.body, room.rev
            message.named = self._named(room, command.body)

    def _named(self, room: PlainRoom, body: str) -> set[int]:
        """Words like @name; only members count."""
        words = {word[1:] for word in body.split() if word.startswith("@")}
        return {self.names[word] for word in words if self.names.get(word) in room.read}

    def read_up_to(self, room: int, user: int, seq: int) -> None:
        marker = self.rooms[room].read
        if user in marker:
            marker[user] = max(marker[user], min(seq, len(self.rooms[room].messages)))

    def go_back(self, room: int, user: int, seq: int, was: int) -> None:
        marker = self.rooms[room].read
        if user in marker and seq < marker[user] <= was:
            marker[user] = seq
