"""Deciding and doing, command by command, on the facts of one batch; then everything is written at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, Case, Value, When
from django.db.models.functions import Greatest

from messaging import metrics
from messaging.bridge.facts import Facts, command_key
from messaging.errors import Archived, EditWindow, Forbidden, Invalid, NotFound, NotMember, Rejection
from messaging.live.broadcast import Count, MembershipChange, PeopleNews, Refusal, RoomChange
from messaging.models import AppliedCommand, Membership, Message, Room, RoomHead
from messaging.wire.commands import (
    KINDS,
    AddMember,
    Command,
    DeleteMessage,
    EditMessage,
    JoinRoom,
    LeaveRoom,
    SendMessage,
    fingerprint,
)

EDIT_WINDOW = timedelta(minutes=15)


class Ledger:
    """The effects of a batch so far. `decide` for each command in log order, then `write` once."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.people = PeopleNews()
        self.revs_before = {room: head.rev for room, head in facts.heads.items()}
        self._versions_before = {room: head.members_version for room, head in facts.heads.items()}
        self._new: list[Message] = []
        self._changed: dict[tuple[int, int], Message] = {}
        self._read: dict[tuple[int, int], int] = {}
        self._counts: dict[int, list[Count]] = defaultdict(list)
        self._joined: dict[tuple[int, int], Membership] = {}
        self._left: dict[tuple[int, int], Membership] = {}
        self._decisions: list[AppliedCommand] = []

    def decide(self, command: Command, accepted_at: datetime) -> None:
        """Apply one command, or record its refusal; a repeat does nothing."""
        key, mark = command_key(command), fingerprint(command)
        if key in self.facts.decided:
            self._repeat(command, self.facts.decided[key] == mark)
            return
        try:
            seq = _EFFECTS[type(command)](self, command, accepted_at)
        except Rejection as why:
            self._refuse(command, why.code)
            self._decided(command, mark, None, why.code)
        else:
            metrics.applied.labels(outcome="applied").inc()
            if not isinstance(command, SendMessage):
                self._decided(command, mark, seq, "")
        self.facts.decided[key] = mark

    def _repeat(self, command: Command, same: bool) -> None:
        """The first decision stands. Another command under a spent id is refused; its outcome stays the first one's."""
        if same:
            metrics.applied.labels(outcome="repeat").inc()
        else:
            self._refuse(command, Invalid.code)

    def _refuse(self, command: Command, code: str) -> None:
        metrics.applied.labels(outcome="refused").inc()
        self.people.refusals.append(Refusal(command.sender, command.client_id, code))

    def _decided(self, command: Command, mark: int, seq: int | None, refusal: str) -> None:
        self._decisions.append(
            AppliedCommand(
                client_id=command.client_id,
                sender_id=command.sender,
                room_id=command.room,
                kind=KINDS[type(command)],
                fingerprint=mark,
                seq=seq,
                refusal=refusal,
            )
        )

    # Checks

    def _member(self, command: Command) -> Membership:
        room = self.facts.rooms.get(command.room)
        if room is None:
            raise NotFound
        member = self.facts.members.get((command.room, command.sender))
        if member is None:
            raise NotMember if room.kind == Room.Kind.PUBLIC else NotFound
        if room.archived_at is not None:
            raise Archived
        return member

    def _message(self, room: int, seq: int) -> Message:
        message = self.facts.messages.get((room, seq))
        if message is None:
            raise NotFound
        return message

    # Effects: each returns the seq it is about, or None

    def _send(self, command: SendMessage, accepted_at: datetime) -> int:
        self._member(command)
        if command.reply_to is not None and command.reply_to > self.facts.heads[command.room].seq:
            raise NotFound
        head = self.facts.heads[command.room]
        head.seq += 1
        head.rev += 1
        head.last_message_at = _clamp(accepted_at, head.last_message_at, self.facts.now)
        message = Message(
            room_id=command.room,
            seq=head.seq,
            rev=head.rev,
            client_id=command.client_id,
            sender_id=command.sender,
            fingerprint=fingerprint(command),
            body=command.body,
            html=command.html,
            reply_to=command.reply_to,
            created_at=head.last_message_at,
        )
        self._new.append(message)
        self.facts.messages[command.room, head.seq] = message
        self._read[command.room, command.sender] = head.seq
        self._counts[command.room].append(Count(head.seq, command.sender, 1))
        return head.seq

    def _edit(self, command: EditMessage, accepted_at: datetime) -> int:
        self._member(command)
        message = self._message(command.room, command.seq)
        if message.sender_id != command.sender:
            raise Forbidden
        if message.deleted_at is not None:
            raise NotFound
        if message.rev != command.rev_seen:
            raise Invalid("This message has changed since you opened it.")
        if self.facts.now - message.created_at > EDIT_WINDOW:
            raise EditWindow
        message.body, message.html, message.edited_at = command.body, command.html, self.facts.now
        self._touch(message)
        return message.seq

    def _delete(self, command: DeleteMessage, accepted_at: datetime) -> int:
        member = self._member(command)
        message = self._message(command.room, command.seq)
        if message.sender_id != command.sender and member.role == Membership.Role.MEMBER:
            raise Forbidden
        if message.deleted_at is None:
            message.body, message.html, message.deleted_at = "", "", self.facts.now
            self._touch(message)
            self._counts[command.room].append(Count(message.seq, message.sender_id, -1))
        return message.seq

    def _touch(self, message: Message) -> None:
        head = self.facts.heads[message.room_id]
        head.rev += 1
        message.rev = head.rev
        self._changed[message.room_id, message.seq] = message

    def _join(self, command: JoinRoom, accepted_at: datetime) -> None:
        room = self.facts.rooms.get(command.room)
        key = command.room, command.sender
        if room is None or (room.kind != Room.Kind.PUBLIC and key not in self.facts.members):
            raise NotFound
        if room.archived_at is not None:
            raise Archived
        self._admit(command.room, command.sender)

    def _add(self, command: AddMember, accepted_at: datetime) -> None:
        member = self._member(command)
        kind = self.facts.rooms[command.room].kind
        if kind == Room.Kind.DIRECT or (kind == Room.Kind.PRIVATE and member.role == Membership.Role.MEMBER):
            raise Forbidden
        person = self.facts.users.get(command.user)
        if person is None or not person.is_active:
            raise NotFound
        self._admit(command.room, command.user)

    def _admit(self, room: int, user: int) -> None:
        """Make somebody a member who is none yet; what was said before counts as read."""
        if (room, user) in self.facts.members:
            return
        member = self._left.pop((room, user), None)
        if member is None:
            member = Membership(room_id=room, user_id=user, read_seq=self.facts.heads[room].seq)
            self._joined[room, user] = member
        self.facts.members[room, user] = member
        self._members_changed(room, user)

    def _leave(self, command: LeaveRoom, accepted_at: datetime) -> None:
        room = self.facts.rooms.get(command.room)
        key = command.room, command.sender
        member = self.facts.members.pop(key, None)
        if room is None or member is None:
            raise NotFound
        if room.kind == Room.Kind.DIRECT:
            self.facts.members[key] = member
            raise Forbidden
        if self._joined.pop(key, None) is None:
            self._left[key] = member
        self._members_changed(*key)

    def _members_changed(self, room: int, user: int) -> None:
        self.facts.heads[room].members_version += 1
        self.people.memberships.append(MembershipChange(room, user))

    # Writing

    def write(self) -> None:
        """Store everything in bulk: a number of statements that does not grow with the batch."""
        Message.objects.bulk_create(self._new)
        unsaved = {(message.room_id, message.seq) for message in self._new}
        changed = [message for place, message in self._changed.items() if place not in unsaved]
        fields = ["rev", "body", "html", "edited_at", "deleted_at"]
        Message.objects.bulk_update(changed, fields, batch_size=200)
        RoomHead.objects.bulk_update(
            self._moved_heads(), ["seq", "rev", "members_version", "last_message_at"], batch_size=200
        )
        Membership.objects.filter(pk__in=[member.pk for member in self._left.values()]).delete()
        Membership.objects.bulk_create(self._joined.values())
        self._raise_read_markers()
        AppliedCommand.objects.bulk_create(self._decisions)

    def _moved_heads(self) -> list[RoomHead]:
        return [head for room, head in self.facts.heads.items() if self._has_moved(room, head)]

    def _has_moved(self, room: int, head: RoomHead) -> bool:
        return head.rev != self.revs_before[room] or head.members_version != self._versions_before[room]

    def _raise_read_markers(self) -> None:
        """Sending moves one's own marker; it never goes down (a marker may be rising beside us)."""
        if not self._read:
            return
        members = {key: self.facts.members.get(key) for key in self._read}
        cases = [When(pk=member.pk, then=Value(self._read[key])) for key, member in members.items() if member]
        if cases:
            newest = Case(*cases, default=Value(0), output_field=BigIntegerField())
            rows = Membership.objects.filter(pk__in=[member.pk for member in members.values() if member])
            rows.update(read_seq=Greatest("read_seq", newest))

    def changes(self) -> list[RoomChange]:
        """What is announced once this is committed: per changed room, its messages as ready fragments."""
        by_room: dict[int, dict[int, Message]] = defaultdict(dict)
        for message in [*self._new, *self._changed.values()]:
            by_room[message.room_id][message.seq] = message
        return [self._change(head, by_room[head.room_id]) for head in self._moved_heads()]

    def _change(self, head: RoomHead, messages: dict[int, Message]) -> RoomChange:
        room = head.room_id
        return RoomChange(
            room=room,
            after=self.revs_before[room],
            rev=head.rev,
            seq=head.seq,
            meta=self.facts.rooms[room].meta_version,
            members_version=head.members_version,
            fragments=[
                messages[seq].view(self.facts.users[messages[seq].sender_id].display_name).fragment()
                for seq in sorted(messages)
            ],
            counts=self._counts[room],
        )


_EFFECTS: dict[type[Command], Callable[[Ledger, Any, datetime], int | None]] = {
    SendMessage: Ledger._send,
    EditMessage: Ledger._edit,
    DeleteMessage: Ledger._delete,
    JoinRoom: Ledger._join,
    LeaveRoom: Ledger._leave,
    AddMember: Ledger._add,
}


def _clamp(accepted_at: datetime, previous: datetime | None, now: datetime) -> datetime:
    """Never before the message in front, never in the future: a room's times rise with its seq, whatever clocks say."""
    at = min(accepted_at, now)
    return at if previous is None else max(at, previous)
