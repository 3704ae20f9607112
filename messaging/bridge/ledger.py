"""Deciding, command by command, on the facts of one batch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec import to_builtins

from messaging import limits
from messaging.actions.members import check_may_remove, check_may_set_role
from messaging.bridge.effects import Effects
from messaging.bridge.facts import Facts, command_key
from messaging.bridge.moderation import delete, hide, restore
from messaging.bridge.rows import MessageRow
from messaging.errors import (
    Archived,
    Banned,
    EditWindow,
    Forbidden,
    Invalid,
    LastOwner,
    Muted,
    NotFound,
    NotMember,
    ReadOnly,
    Rejection,
    SlowMode,
)
from messaging.live.broadcast import Count, MembershipChange, Refusal
from messaging.models import AppliedCommand, Membership, Room
from messaging.wire.commands import (
    KINDS,
    AddMember,
    AttachPreviews,
    Command,
    DeleteMessage,
    EditMessage,
    HideMessage,
    JoinRoom,
    LeaveRoom,
    OpenRoom,
    ReactMessage,
    RemoveMember,
    RestoreMessage,
    SendMessage,
    SetRole,
    fingerprint,
)
from messaging.wire.links import still_linked
from messaging.wire.mentions import mention_names, names_everybody

EDIT_WINDOW = timedelta(minutes=15)
SLOW_MODE_SLACK = timedelta(seconds=1)
"""Web processes measure from accept to accept, we from time to time in the log: nobody loses a message by that."""


class Ledger:
    """Decides each command of a batch in log order; what follows gathers in `effects`, to be written once."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.effects = Effects(facts)
        self._mark = 0
        """Fingerprint of the command at hand."""

    def decide(self, command: Command, accepted_at: datetime) -> None:
        """Apply one command, or record its refusal; a repeat does nothing."""
        key, mark = command_key(command), fingerprint(command)
        self._mark = mark
        if key in self.facts.decided:
            self._repeat(command, self.facts.decided[key] == mark)
            return
        try:
            seq = _EFFECTS[type(command)](self, command, accepted_at)
        except Rejection as why:
            self._refuse(command, why.code)
            self._decided(command, mark, None, why.code)
        else:
            self.effects.applied += 1
            if not isinstance(command, SendMessage):
                self._decided(command, mark, seq, "")
        self.facts.decided[key] = mark

    def _repeat(self, command: Command, same: bool) -> None:
        """The first decision stands. Another command under a spent id is refused; its outcome stays the first one's."""
        if same:
            self.effects.repeats += 1
        else:
            self._refuse(command, Invalid.code)

    def _refuse(self, command: Command, code: str) -> None:
        self.effects.people.refusals.append(Refusal(command.sender, command.client_id, code))

    def _decided(self, command: Command, mark: int, seq: int | None, refusal: str) -> None:
        self.effects.decisions.append(
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

    def member(self, command: Command) -> Membership:
        room = self.facts.rooms.get(command.room)
        if room is None:
            raise NotFound
        member = self.facts.members.get((command.room, command.sender))
        if (command.sender, None) in self.facts.barred:
            raise Banned
        if member is None or (command.sender, command.room) in self.facts.barred:
            raise NotMember if room.kind == Room.Kind.PUBLIC else NotFound
        if room.archived_at is not None:
            raise Archived
        return member

    def _writer(self, command: Command) -> Membership:
        """A member who may write at this moment: sanctions are in force beside the log."""
        member = self.member(command)
        if self._is_sanctioned(self.facts.muted, command):
            raise Muted
        return member

    def _speaker(self, command: Command) -> Membership:
        """A writer who may say something here, and not just react."""
        member = self._writer(command)
        if self.facts.rooms[command.room].announcements and member.role == Membership.Role.MEMBER:
            raise ReadOnly
        return member

    def _check_not_last_owner(self, member: Membership) -> None:
        places = (one for (room, _), one in self.facts.members.items() if room == member.room_id)
        others = [one for one in places if one.user_id != member.user_id]
        if member.role == Membership.Role.OWNER and not any(one.role == Membership.Role.OWNER for one in others):
            raise LastOwner

    @staticmethod
    def _is_sanctioned(sanctioned: set[tuple[int, int | None]], command: Command) -> bool:
        return bool(sanctioned) and not sanctioned.isdisjoint({(command.sender, command.room), (command.sender, None)})

    def _check_slow_mode(self, command: SendMessage, member: Membership, at: datetime) -> None:
        """By the times of the messages, so that a backlog is judged as if it had been applied at once."""
        slow_mode_s = self.facts.rooms[command.room].slow_mode_s
        if not slow_mode_s or member.role != Membership.Role.MEMBER:
            return
        wait = timedelta(seconds=slow_mode_s)
        if member.last_sent_at is not None and at - member.last_sent_at < wait - SLOW_MODE_SLACK:
            raise SlowMode
        member.last_sent_at = at
        self.effects.spoke[command.room, command.sender] = member

    def message(self, room: int, seq: int) -> MessageRow:
        message = self.facts.messages.get((room, seq))
        if message is None:
            raise NotFound
        return message

    def _shown(self, room: int, seq: int) -> MessageRow:
        message = self.message(room, seq)
        if message.deleted_at is not None or message.hidden_at is not None:
            raise NotFound
        return message

    # Effects: each returns the seq it is about, or None

    def _send(self, command: SendMessage, accepted_at: datetime) -> int:
        member = self._speaker(command)
        if command.reply_to is not None and command.reply_to > self.facts.heads[command.room].seq:
            raise NotFound
        head = self.facts.heads[command.room]
        sent_at = _clamp(accepted_at, head.last_message_at, self.facts.now)
        self._check_slow_mode(command, member, sent_at)
        head.seq += 1
        head.rev += 1
        head.last_message_at = sent_at
        message = MessageRow(
            room_id=command.room,
            seq=head.seq,
            rev=head.rev,
            client_id=command.client_id,
            sender_id=command.sender,
            fingerprint=self._mark,
            body=command.body,
            html=command.html,
            reply_to=command.reply_to,
            mentions=self._named(command.room, command.body),
            created_at=sent_at,
            hidden_at=self.facts.now if command.hidden else None,
        )
        self.effects.new.append(message)
        self.facts.messages[command.room, head.seq] = message
        self.effects.read[command.room, command.sender] = head.seq
        self.count(message, 1, [])
        if command.filter:
            self.effects.noticed.append((message, command.filter))
        return head.seq

    def _named(self, room: int, body: str) -> list[int]:
        names = mention_names(body)
        if not names:
            return []
        if room in self.facts.small and names_everybody(names):
            return sorted(user for place, user in self.facts.members if place == room)
        found = {self.facts.named.get(name.lower(), 0) for name in names}
        return sorted(user for user in found if (room, user) in self.facts.members)

    def count(self, message: MessageRow, delta: int, named_before: list[int]) -> None:
        """Note how this changes what others have to read; nobody is told that they named themselves."""
        counts = self.effects.counts[message.room_id]
        if not message.mentions and not named_before:  # hardly any message names somebody
            counts.append(Count(message.seq, message.rev, message.sender_id, delta))
            return
        others = [user for user in message.mentions if user != message.sender_id]
        before = [user for user in named_before if user != message.sender_id]
        if others != before:
            self.effects.mentions[message.room_id, message.seq] = others
        named, unnamed = sorted(set(others) - set(before)), sorted(set(before) - set(others))
        counts.append(Count(message.seq, message.rev, message.sender_id, delta, named, unnamed))

    def _edit(self, command: EditMessage, accepted_at: datetime) -> int:
        self._speaker(command)
        message = self._shown(command.room, command.seq)
        if message.sender_id != command.sender:
            raise Forbidden
        if message.rev != command.rev_seen:
            raise Invalid("This message has changed since you opened it.")
        if self.facts.now - message.created_at > EDIT_WINDOW:
            raise EditWindow
        self.effects.revisions.setdefault((command.room, command.seq), []).append(message.revision())
        message.body, message.html, message.edited_at = command.body, command.html, self.facts.now
        message.previews = still_linked(message.previews, command.html)
        before, message.mentions = message.mentions, self._named(command.room, command.body)
        self.touch(message)
        self.count(message, 0, before)
        if command.filter:
            self.effects.noticed.append((message, command.filter))
        return message.seq

    def _react(self, command: ReactMessage, accepted_at: datetime) -> int:
        """Reacting twice, or taking back what is not there, changes nothing."""
        self._writer(command)
        message = self._shown(command.room, command.seq)
        reactions = dict(message.reactions or {})
        people = reactions.get(command.emoji, [])
        if command.on == (command.sender in people):
            return message.seq
        if command.on and not people and len(reactions) >= limits.REACTIONS_MOST:
            raise Invalid("This message has as many kinds of reactions as it can have.")
        others = [user for user in people if user != command.sender]
        reactions[command.emoji] = [*others, command.sender] if command.on else others
        message.reactions = {emoji: users for emoji, users in reactions.items() if users}
        self.touch(message)
        return message.seq

    def _attach(self, command: AttachPreviews, accepted_at: datetime) -> int:
        """Those of links that still stand there: the message may have been edited since they were fetched."""
        message = self.message(command.room, command.seq)
        if message.deleted_at is not None or message.sender_id != command.sender:
            raise NotFound
        found = still_linked(to_builtins(command.previews), message.html)
        if found != message.previews:
            message.previews = found
            self.touch(message)
        return message.seq

    def touch(self, message: MessageRow) -> None:
        head = self.facts.heads[message.room_id]
        head.rev += 1
        message.rev = head.rev
        self.effects.changed[message.room_id, message.seq] = message

    def _join(self, command: JoinRoom, accepted_at: datetime) -> None:
        room = self.facts.rooms.get(command.room)
        key = command.room, command.sender
        if room is None or (room.kind != Room.Kind.PUBLIC and key not in self.facts.members):
            raise NotFound
        if self._is_sanctioned(self.facts.barred, command):
            raise Banned
        if room.archived_at is not None:
            raise Archived
        self._admit(command.room, command.sender)

    def _add(self, command: AddMember, accepted_at: datetime) -> None:
        member = self.member(command)
        kind = self.facts.rooms[command.room].kind
        if kind == Room.Kind.DIRECT or (kind == Room.Kind.PRIVATE and member.role == Membership.Role.MEMBER):
            raise Forbidden
        person = self.facts.users.get(command.user)
        if person is None or not person.is_active:
            raise NotFound
        if (command.user, command.room) in self.facts.barred:
            raise Forbidden("This person is banned from the room.")
        self._admit(command.room, command.user)

    def _admit(self, room: int, user: int) -> None:
        """Make somebody a member who is none yet; what was said before counts as read."""
        if (room, user) in self.facts.members:
            return
        member = Membership(room_id=room, user_id=user, read_seq=self.facts.heads[room].seq)
        self.effects.joined[room, user] = self.facts.members[room, user] = member
        self._members_changed(room, user)

    def _leave(self, command: LeaveRoom, accepted_at: datetime) -> None:
        room = self.facts.rooms.get(command.room)
        key = command.room, command.sender
        member = self.facts.members.get(key)
        if room is None or member is None:
            raise NotFound
        if room.kind == Room.Kind.DIRECT:
            raise Forbidden
        if self._has_others(member) and self.facts.users[command.sender].is_active:
            self._check_not_last_owner(member)  # (an account that ends leaves whatever it owned)
        self._dismiss(key, self.facts.members.pop(key))

    def _has_others(self, member: Membership) -> bool:
        room, user = member.room_id, member.user_id
        return room in self.facts.shared or any(place == room and one != user for place, one in self.facts.members)

    def _set_role(self, command: SetRole, accepted_at: datetime) -> None:
        key = command.room, command.user
        acting = self.facts.members.get((command.room, command.sender))
        if self._is_sanctioned(self.facts.barred, command):
            raise NotFound
        target = check_may_set_role(
            acting, self.facts.rooms.get(command.room), self.facts.members.get(key), command.role
        )
        if target.role == command.role:
            return
        self._check_not_last_owner(target)
        target.role = command.role
        if key not in self.effects.joined:
            self.effects.promoted[key] = target
        self._members_changed(*key)

    def _remove(self, command: RemoveMember, accepted_at: datetime) -> None:
        """Whatever is decided, the kick that was in force at once is over: from here on membership says it."""
        key = command.room, command.user
        self.effects.kicks_done.add(key)
        self.facts.barred.discard((command.user, command.room))
        check_may_remove(
            self.facts.users.get(command.sender),
            self.facts.members.get((command.room, command.sender)),
            self.facts.rooms.get(command.room),
            self.facts.members.get(key),
        )
        self._dismiss(key, self.facts.members.pop(key))

    def _open(self, command: OpenRoom, accepted_at: datetime) -> None:
        """The room and its first members are there already; from here on they stand in the log too."""
        self.member(command)
        for room, user in [key for key in self.facts.members if key[0] == command.room]:
            self._members_changed(room, user)

    def _dismiss(self, key: tuple[int, int], member: Membership) -> None:
        self.effects.promoted.pop(key, None)
        if self.effects.joined.pop(key, None) is None:
            self.effects.left[key] = member
        self._members_changed(*key)

    def _members_changed(self, room: int, user: int) -> None:
        self.facts.heads[room].members_version += 1
        self.effects.people.memberships.append(MembershipChange(room, user))


_EFFECTS: dict[type[Command], Callable[[Ledger, Any, datetime], int | None]] = {
    SendMessage: Ledger._send,
    EditMessage: Ledger._edit,
    DeleteMessage: delete,
    JoinRoom: Ledger._join,
    LeaveRoom: Ledger._leave,
    AddMember: Ledger._add,
    RemoveMember: Ledger._remove,
    OpenRoom: Ledger._open,
    ReactMessage: Ledger._react,
    AttachPreviews: Ledger._attach,
    HideMessage: hide,
    RestoreMessage: restore,
    SetRole: Ledger._set_role,
}


def _clamp(accepted_at: datetime, previous: datetime | None, now: datetime) -> datetime:
    """Never before the message in front, never in the future: a room's times rise with its seq, whatever clocks say."""
    at = min(accepted_at, now)
    return at if previous is None else max(at, previous)
