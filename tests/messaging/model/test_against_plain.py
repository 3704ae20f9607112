"""Everything people do, in any order, with announcements lost: numbers and screens equal those of a plain model."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from accounts.models import User
from messaging.actions.members import remove_member
from messaging.actions.rooms import create_room
from messaging.bridge.offsets import Ownership
from messaging.errors import Rejection
from messaging.live.broadcast import ReadMarker
from messaging.live.hub import Hub
from messaging.live.read_markers import ReadMarkers
from messaging.live.session import Session
from messaging.models import (
    Membership,
    Message,
    Room,
    StoredOffset,
)
from messaging.selectors.standing import Standing, standings
from messaging.wire.commands import Command, DeleteMessage, EditMessage, JoinRoom, LeaveRoom, RemoveMember, SendMessage
from tests.faults.scale import SOAK
from tests.messaging.conftest import PARTITION, Desk
from tests.messaging.live.test_session import Written
from tests.messaging.model.plain import PlainChat

NAMES = ("ada", "bo", "chen", "dee")
PEOPLE, ROOMS = st.sampled_from(range(4)), st.sampled_from(range(2))
SEQS = st.integers(0, 12)
BODIES = st.lists(st.sampled_from(["hello", "@ada", "@bo", "@chen", "@dee", "@nobody"]), min_size=1, max_size=3)


def empty_the_tables() -> None:
    """Of the chat, between examples: truncating the whole database takes a second on MariaDB."""
    with connection.constraint_checks_disabled():
        for app in ("messaging", "accounts"):
            for model in apps.get_app_config(app).get_models():
                model.objects.all()._raw_delete(using="default")


class Screen:
    """A browser's copy of one room, and its badge, from the frames of one socket."""

    def __init__(self) -> None:
        self.rev = 0
        self.messages: dict[int, dict[str, Any]] = {}

    def take(self, frame: dict[str, Any]) -> None:
        if frame.get("reset"):
            self.messages.clear()
        elif frame["rev"] <= self.rev:
            return
        else:
            assert frame["after"] <= self.rev, "a hole on a live socket"
        for message in frame["messages"]:
            held = self.messages.get(message["seq"])
            if held is None or held["rev"] < message["rev"]:
                self.messages[message["seq"]] = message
        self.rev = frame["rev"]


class Chat(RuleBasedStateMachine):
    """Commands wait in `log` until the bridge steps; its announcements reach the hub, or are lost."""

    def __init__(self) -> None:
        super().__init__()
        empty_the_tables()
        self.runner = asyncio.Runner()
        self.people = [User.objects.create_user(name) for name in NAMES]
        self.rooms = [create_room(self.people[0], f"room {number}") for number in range(2)]
        StoredOffset.objects.create(group="g", topic=PARTITION.topic, partition=0, topic_id="t", next_offset=0)
        owner = Ownership("g")
        owner.next_offset[PARTITION] = 0
        self.desk = Desk(owner)
        self.log: list[Command] = []
        self.sent: list[Command] = []
        self.hub, self.markers = Hub(), ReadMarkers()
        self.sockets: dict[int, tuple[Session, Written]] = {}
        self.screens: dict[tuple[int, int], Screen] = {}
        self.plain = PlainChat({person.username: person.pk for person in self.people})

    @initialize()
    def everybody_comes_in(self) -> None:
        for room in self.rooms:
            self.plain.rooms[room.pk] = made = self._plain_room(room)
            for person in self.people[1:3]:
                Membership.objects.create(room=room, user=person)
                made.read[person.pk] = 0

    def _plain_room(self, room: Room) -> Any:
        from tests.messaging.model.plain import PlainRoom

        return PlainRoom(owner=self.people[0].pk, read={self.people[0].pk: 0})

    # What people ask for

    def _ask(self, kind: type[Command], who: int, where: int, **fields: Any) -> None:
        command = kind(client_id=uuid4(), room=self.rooms[where].pk, sender=self.people[who].pk, **fields)
        self.log.append(command)
        self.sent.append(command)

    @rule(who=PEOPLE, where=ROOMS, words=BODIES)
    def send(self, who: int, where: int, words: list[str]) -> None:
        self._ask(SendMessage, who, where, body=" ".join(words), html="")

    @rule(who=PEOPLE, where=ROOMS, words=BODIES)
    def send_once_more(self, who: int, where: int, words: list[str]) -> None:
        self.send(who, where, words)

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0, 30))
    def resend(self, which: int) -> None:
        self.log.append(self.sent[-1 - which % len(self.sent)])

    @rule(who=PEOPLE, where=ROOMS, seq=SEQS, words=BODIES, stale=st.booleans())
    def edit(self, who: int, where: int, seq: int, words: list[str], stale: bool) -> None:
        messages = self.plain.rooms[self.rooms[where].pk].messages
        rev = messages[seq - 1].rev if 0 < seq <= len(messages) else 1
        self._ask(EditMessage, who, where, seq=max(1, seq), rev_seen=rev + stale, body=" ".join(words), html="")

    @rule(who=PEOPLE, where=ROOMS, seq=SEQS)
    def delete(self, who: int, where: int, seq: int) -> None:
        self._ask(DeleteMessage, who, where, seq=max(1, seq))

    @rule(who=PEOPLE, where=ROOMS)
    def join(self, who: int, where: int) -> None:
        self._ask(JoinRoom, who, where)

    @rule(who=st.sampled_from([1, 2, 3]), where=ROOMS)
    def leave(self, who: int, where: int) -> None:
        """Anybody but the owner, who would come back without the power that the plain model gives to them."""
        self._ask(LeaveRoom, who, where)

    @rule(whom=PEOPLE, where=ROOMS)
    def kick(self, whom: int, where: int) -> None:
        """In force at once, and removed by the bridge."""
        self._bridge(announced=True)
        room, client_id = self.rooms[where], uuid4()
        try:
            remove_member(self.people[0], room.pk, NAMES[whom], client_id)
        except Rejection:
            return
        assert room.pk not in standings(self.people[whom].pk), "in force at once"
        self.log.append(
            RemoveMember(client_id=client_id, room=room.pk, sender=self.people[0].pk, user=self.people[whom].pk)
        )

    @rule(who=PEOPLE, where=ROOMS, seq=SEQS)
    def read(self, who: int, where: int, seq: int) -> None:
        """As the consumer does, for somebody whose socket is open."""
        held = self._held(who, where)
        if held is not None and held.read < seq <= held.seq:
            marker = ReadMarker(self.people[who].pk, held.id, seq)
            self.markers.mark(marker)
            self.runner.run(self.hub.mark_read(marker))
            self.plain.read_up_to(held.id, marker.user, seq)

    @rule(who=PEOPLE, where=ROOMS, seq=SEQS, was=st.none() | SEQS)
    def mark_unread(self, who: int, where: int, seq: int, was: int | None) -> None:
        held = self._held(who, where)
        if held is None:
            return
        seen = held.read if was is None else was
        marker = ReadMarker(self.people[who].pk, held.id, seq, seen)
        self._bridge(announced=True)  # a message of one's own on its way would move the marker meanwhile
        if seq < seen and self.runner.run(self.markers.go_back(marker)):
            self.runner.run(self.hub.mark_read(marker))
        self.plain.go_back(held.id, marker.user, seq, seen)

    def _held(self, who: int, where: int) -> Standing | None:
        if who not in self.sockets:
            return None
        return self.sockets[who][0].standings.get(self.rooms[where].pk)

    # Sockets

    @rule(who=PEOPLE, forgets=st.booleans())
    def connect(self, who: int, forgets: bool) -> None:
        """Come back with what is held, or as a new tab."""
        self.disconnect(who)
        writer = Written()
        session = Session(self.people[who], f"key {who}", writer)
        session.standings = standings(self.people[who].pk)
        self.sockets[who] = session, writer
        self.hub.add(session)
        self.runner.run(self.markers.tell(session))  # as the consumer does: the database may not know the last second
        revs = {}
        for where, room in enumerate(self.rooms):
            screen = Screen() if forgets else self.screens.get((who, where), Screen())
            self.screens[who, where] = screen
            revs[room.pk] = screen.rev
        self.runner.run(self.hub.watch(session, revs))
        self._look(who)

    @rule(who=PEOPLE)
    def disconnect(self, who: int) -> None:
        if who in self.sockets:
            self._look(who)
            self.hub.remove(self.sockets.pop(who)[0])

    def _look(self, who: int) -> None:
        """Apply what has arrived."""
        _, writer = self.sockets[who]
        rooms = {room.pk: where for where, room in enumerate(self.rooms)}
        for text in writer.frames:
            frame = json.loads(text)
            if frame["type"] == "changes":
                self.screens[who, rooms[frame["room"]]].take(frame)
            if frame["type"] == "notice" and frame["code"] == "left":
                self.screens[who, rooms[frame["room"]]] = Screen()
        writer.frames.clear()

    # The bridge

    @rule()
    def a_window_ends(self) -> None:
        self.runner.run(self.hub.fanout.flush())

    @rule(announced=st.booleans())
    def bridge_steps(self, announced: bool) -> None:
        self._bridge(announced)

    def _bridge(self, announced: bool) -> None:
        commands, self.log = self.log, []
        if not commands:
            return
        for command in commands:
            self.plain.apply(command)
        for applied in self.desk.apply(*commands):
            if announced:
                self.runner.run(self.hub._handle(applied.people))
                self.runner.run(self.hub._handle(applied.changes))

    @rule()
    def all_agrees(self) -> None:
        """Whatever was lost is found by the next check of revs and sanctions."""
        self._bridge(announced=False)
        self.runner.run(self.hub.fanout.flush())
        self.runner.run(self.markers._flush())
        self.runner.run(self.hub.rechecks.find_holes())
        self.runner.run(self.hub.rechecks.follow_sanctions(self.hub.sessions))
        self.runner.run(self.hub.rechecks.follow_memberships(self.hub.sessions))
        for person in self.people:
            self._agrees_in_database(person)
        for who in self.sockets:
            self._agrees_on_screen(who)

    def _agrees_in_database(self, person: User) -> None:
        found = {room: _numbers(held) for room, held in standings(person.pk).items()}
        assert found == self._expected(person.pk), person.username

    def _expected(self, user: int) -> dict[int, tuple[int, int, int]]:
        return {
            pk: (room.read[user], room.unread(user), room.mentions(user))
            for pk, room in self.plain.rooms.items()
            if user in room.read
        }

    def _agrees_on_screen(self, who: int) -> None:
        session, _ = self.sockets[who]
        assert {room: _numbers(held) for room, held in session.standings.items()} == self._expected(session.user_id)
        self._look(who)  # who was removed and came back holds nothing any more: a page leaves the room at once
        self.runner.run(
            self.hub.watch(session, {room.pk: self.screens[who, n].rev for n, room in enumerate(self.rooms)})
        )
        self._look(who)
        for where, room in enumerate(self.rooms):
            if room.pk in session.standings:
                shown = {
                    seq: (m["client_id"], m["body"], m["rev"]) for seq, m in self.screens[who, where].messages.items()
                }
                assert shown == self._stored(room), f"{NAMES[who]} in {room.name}"

    def _stored(self, room: Room) -> dict[int, tuple[str, str, int]]:
        rows = Message.objects.filter(room=room).order_by("seq")
        plain = self.plain.rooms[room.pk].messages
        stored = {row.seq: (str(row.client_id), row.body, row.rev) for row in rows}
        assert stored == {
            seq: (str(message.client_id), message.body, message.rev) for seq, message in enumerate(plain, 1)
        }
        return stored

    def teardown(self) -> None:
        with self.runner:
            self.all_agrees()


def _numbers(held: Standing) -> tuple[int, int, int]:
    return held.read, held.unread, held.mentions


EXAMPLES, STEPS = (5_000, 20) if SOAK else (60, 15)


@pytest.mark.django_db(transaction=True)
def test_random_operations_agree_with_the_plain_model() -> None:
    run_state_machine_as_test(
        Chat,
        settings=settings(
            max_examples=EXAMPLES if connection.vendor == "sqlite" else EXAMPLES // 5,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            report_multiple_bugs=False,
        ),
    )


@pytest.mark.django_db(transaction=True)
def test_who_goes_back_beyond_what_a_socket_has_heard_of_their_own_is_not_moved_on_again() -> None:
    """Found by the machine: the announcement of one's own message is lost, and another tab marks it unread."""
    state = Chat()
    state.everybody_comes_in()
    state.connect(who=0, forgets=False)
    state.send(who=0, where=0, words=["hello"])
    state.bridge_steps(announced=False)
    state.mark_unread(who=0, where=0, seq=0, was=1)
    state.all_agrees()
    state.teardown()


@pytest.mark.django_db(transaction=True)
def test_who_was_removed_and_came_back_sees_all_again_though_nothing_was_announced() -> None:
    """Found by the machine: `left` and `joined` wait together, and what is on screen has to be forgotten first."""
    state = Chat()
    state.everybody_comes_in()
    state.send(where=0, who=0, words=["hello"])
    state.bridge_steps(announced=False)
    state.connect(who=2, forgets=False)
    state.kick(where=0, whom=2)
    state.join(where=0, who=2)
    state.teardown()
