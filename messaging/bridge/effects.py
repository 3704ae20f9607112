"""What a batch does: gathered while it is decided, written at once, announced after the commit."""

from __future__ import annotations

from collections import defaultdict
from functools import reduce
from operator import or_

from django.db.models import Q

from messaging.actions.reports import open_filter_cases
from messaging.bridge.bulk import begin_insert, in_column, raise_column, set_columns, update_messages
from messaging.bridge.events import events_of
from messaging.bridge.facts import Facts
from messaging.bridge.rows import MessageRow
from messaging.live.broadcast import Count, PeopleNews, RoomChange
from messaging.log.port import Outgoing
from messaging.models import AppliedCommand, Membership, Mention, MessageRevision, RoomHead, Sanction
from messaging.wire.events import MemberFact

Place = tuple[int, int]
"""(room, seq)"""

Member = tuple[int, int]
"""(room, user)"""


class Effects:
    """Of one batch, beside what it changed in its facts. It is written in a number of statements that does not grow."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.revs_before = {room: head.rev for room, head in facts.heads.items()}
        self._versions_before = {room: head.members_version for room, head in facts.heads.items()}
        self.applied = 0
        """Commands that took effect."""
        self.repeats = 0
        """Commands that had been decided before."""
        self.people = PeopleNews()
        self.new: list[MessageRow] = []
        self.changed: dict[Place, MessageRow] = {}
        self.mentions: dict[Place, list[int]] = {}
        """Whom a message names from now on, where that changed; its sender is not among them."""
        self.revisions: dict[Place, list[MessageRevision]] = {}
        """What edited messages said before; an empty list, once what they said is to be forgotten."""
        self.counts: dict[int, list[Count]] = defaultdict(list)
        self.read: dict[Member, int] = {}
        self.joined: dict[Member, Membership] = {}
        self.left: dict[Member, Membership] = {}
        self.spoke: dict[Member, Membership] = {}
        """Who wrote in a room in slow mode."""
        self.promoted: dict[Member, Membership] = {}
        """Who has another role than before."""
        self.kicks_done: set[Member] = set()
        self.decisions: list[AppliedCommand] = []
        self.noticed: list[tuple[MessageRow, int]] = []
        """Messages that a word filter (its id) found something in."""
        self.told: list[tuple[RoomChange, list[Outgoing]]] = []
        """Once written: what is announced of each room, and the events for services."""

    def write(self) -> None:
        """Inside the batch's transaction."""
        wait_for_insert = begin_insert(self.new)
        try:
            self.told = [(change, self._events(change)) for change in self._changes()]
        finally:
            wait_for_insert()
        new = {(message.room_id, message.seq) for message in self.new}
        update_messages([message for place, message in self.changed.items() if place not in new])
        heads = {
            head.room_id: (head.seq, head.rev, head.members_version, in_column(head.last_message_at))
            for head in self._moved_heads()
        }
        set_columns("messaging_roomhead", "room_id", heads, ("seq", "rev", "members_version", "last_message_at"))
        self._write_members()
        self._write_mentions(new)
        self._write_revisions()
        AppliedCommand.objects.bulk_create(self.decisions)
        open_filter_cases(self.noticed)

    def _write_members(self) -> None:
        if self.left:
            Membership.objects.filter(pk__in=[member.pk for member in self.left.values()]).delete()
        for key, member in self.joined.items():  # who joins and writes at once has no row yet whose marker could rise
            member.read_seq = max(member.read_seq, self.read.get(key, 0))
        Membership.objects.bulk_create(self.joined.values())
        self._raise_read_markers()
        Membership.objects.bulk_update(self.spoke.values(), ["last_sent_at"], batch_size=200)
        Membership.objects.bulk_update(self.promoted.values(), ["role"], batch_size=200)
        if self.kicks_done:
            places = reduce(or_, (Q(room_id=room, user_id=user) for room, user in self.kicks_done))
            kicks = Sanction.objects.in_force().filter(places, kind=Sanction.Kind.KICK)
            kicks.update(lifted_at=self._facts.now)

    def _raise_read_markers(self) -> None:
        """Sending moves one's own marker; it never goes down (a marker may be rising beside us)."""
        members = {key: self._facts.members.get(key) for key in self.read}
        newest = {member.pk: self.read[key] for key, member in members.items() if member}
        raise_column("messaging_membership", "id", newest, "read_seq")

    def _write_mentions(self, new: set[Place]) -> None:
        stale = [Q(room_id=room, seq=seq) for room, seq in self.mentions.keys() - new]
        if stale:
            Mention.objects.filter(reduce(or_, stale)).delete()
        Mention.objects.bulk_create(
            Mention(room_id=room, seq=seq, user_id=user)
            for (room, seq), users in self.mentions.items()
            for user in users
        )

    def _write_revisions(self) -> None:
        forgotten = [Q(room_id=room, seq=seq) for (room, seq), kept in self.revisions.items() if not kept]
        if forgotten:
            MessageRevision.objects.filter(reduce(or_, forgotten)).delete()
        MessageRevision.objects.bulk_create(one for kept in self.revisions.values() for one in kept)

    def _moved_heads(self) -> list[RoomHead]:
        return [head for room, head in self._facts.heads.items() if self._has_moved(room, head)]

    def _has_moved(self, room: int, head: RoomHead) -> bool:
        return head.rev != self.revs_before[room] or head.members_version != self._versions_before[room]

    def _changes(self) -> list[RoomChange]:
        """What is announced once this is committed: per changed room, its messages as ready fragments."""
        by_room: dict[int, dict[int, MessageRow]] = defaultdict(dict)
        for message in [*self.new, *self.changed.values()]:
            by_room[message.room_id][message.seq] = message
        return [self._change(head, by_room[head.room_id]) for head in self._moved_heads()]

    def _events(self, change: RoomChange) -> list[Outgoing]:
        """What services are told of one of these."""
        room = change.room
        rows = {fragment.seq: self._facts.messages[room, fragment.seq] for fragment in change.fragments}
        users = [moved.user for moved in self.people.memberships if moved.room == room]
        members = {user: self._facts.members.get((room, user)) for user in users}
        facts = [
            MemberFact(user, member.role, max(member.read_seq, self.read.get((room, user), 0)))
            if member
            else MemberFact(user, "")
            for user, member in members.items()
        ]
        return events_of(change, self._facts.rooms[room], rows, facts)

    def _change(self, head: RoomHead, messages: dict[int, MessageRow]) -> RoomChange:
        room = head.room_id
        return RoomChange(
            room=room,
            after=self.revs_before[room],
            rev=head.rev,
            seq=head.seq,
            meta=self._facts.rooms[room].meta_version,
            members_version=head.members_version,
            fragments=[
                messages[seq].view(self._facts.users[messages[seq].sender_id].display_name).fragment()
                for seq in sorted(messages)
            ],
            counts=self.counts[room],
        )
