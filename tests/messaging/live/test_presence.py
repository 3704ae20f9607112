"""Presence is the most present of all processes', fades late, and is told to those who look and share a room."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from messaging import limits
from messaging.actions.directs import open_direct_room
from messaging.live import broadcast
from messaging.live.broadcast import PresenceNews, ReadMarker
from messaging.live.load import Load
from messaging.live.presence import Presence
from messaging.live.receipts import Receipts
from messaging.live.session import Session
from messaging.models import Membership, Room
from messaging.selectors.standing import standings
from tests.messaging.live.test_session import Written

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

People = dict[str, User]


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Place:
    """Processes that hear each other at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock, self.load = Clock(), Load()
        self.sessions: dict[int, dict[int, list[Session]]] = defaultdict(lambda: defaultdict(list))
        self.processes: dict[int, Presence] = {}
        self.announced: list[PresenceNews] = []
        monkeypatch.setattr(broadcast, "announce_presence", self._pass_on)

    async def _pass_on(self, news: PresenceNews) -> None:
        self.announced.append(news)
        for process in self.processes.values():
            process.hear(news)

    def process(self, origin: int) -> Presence:
        mine = self.sessions[origin]
        self.processes[origin] = Presence(lambda user: tuple(mine[user]), self.load, self.clock, origin)
        return self.processes[origin]

    async def enter(self, origin: int, person: User) -> tuple[Session, Written]:
        writer = Written()
        session = Session(person, "key", writer)
        session.standings = await sync_to_async(standings)(person.pk)
        self.sessions[origin][person.pk].append(session)
        self.processes[origin].moved(person.pk)
        return session, writer

    def leave(self, origin: int, session: Session) -> None:
        self.sessions[origin][session.user_id].remove(session)
        self.processes[origin].leave(session)

    async def pass_s(self, seconds: float = 1) -> None:
        self.clock.now += seconds
        for process in self.processes.values():
            await process.tick()


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(monkeypatch)


def told(writer: Written, kind: str = "presence") -> list[dict[str, Any]]:
    frames = [json.loads(frame) for frame in writer.frames]
    writer.frames.clear()
    return [frame["people"] for frame in frames if frame["type"] == kind]


async def test_a_person_is_as_present_as_where_they_are_most(place: Place, room: Room, people: People) -> None:
    one, two = place.process(1), place.process(2)
    bo = str(people["bo"].pk)
    ada, screen = await place.enter(1, people["ada"])
    one.look_at(ada, [people["bo"].pk, people["ada"].pk])
    await place.pass_s()
    assert told(screen) == [{bo: "offline", str(people["ada"].pk): "active"}]
    phone, _ = await place.enter(2, people["bo"])
    desk, _ = await place.enter(1, people["bo"])
    await place.pass_s()
    await place.pass_s()
    assert told(screen) == [{bo: "active"}]
    desk.is_idle = True
    one.moved(people["bo"].pk)
    await place.pass_s()
    await place.pass_s()
    assert told(screen) == [], "still active in the other process"
    phone.is_idle = True
    two.moved(people["bo"].pk)
    await place.pass_s()
    await place.pass_s()
    assert told(screen) == [{bo: "idle"}]


async def test_who_leaves_is_offline_after_twenty_seconds_unless_they_come_back(
    place: Place, room: Room, people: People
) -> None:
    one, _two = place.process(1), place.process(2)
    bo = str(people["bo"].pk)
    ada, screen = await place.enter(1, people["ada"])
    one.look_at(ada, [people["bo"].pk])
    session, _ = await place.enter(2, people["bo"])
    await place.pass_s()
    await place.pass_s()
    told(screen)
    place.leave(2, session)
    await place.pass_s()
    session, _ = await place.enter(2, people["bo"])
    await place.pass_s()
    await place.pass_s(30)
    assert told(screen) == []
    place.leave(2, session)
    for _second in range(19):
        await place.pass_s()
    assert told(screen) == []
    for _second in range(3):
        await place.pass_s()
    assert told(screen) == [{bo: "offline"}]
    place.leave(1, ada)
    assert not one._lookers
    assert not one._looked_at


async def test_a_new_process_hears_of_all_and_a_dead_one_is_forgotten(place: Place, room: Room, people: People) -> None:
    two = place.process(2)
    await place.enter(2, people["bo"])
    await place.pass_s()
    one = place.process(1)
    await place.pass_s()
    await place.pass_s()
    assert one.state_of(people["bo"].pk) == 2
    del place.processes[2]
    await place.pass_s(limits.PRESENCE_FORGOTTEN_S + 1)
    await place.pass_s(limits.OFFLINE_AFTER_S + 1)
    assert one.state_of(people["bo"].pk) == 0
    place.processes[2] = two
    await place.pass_s()
    assert one.state_of(people["bo"].pk) == 2, "it was only away"
    await two.say_goodbye()
    del place.processes[2]
    await place.pass_s(limits.OFFLINE_AFTER_S + 1)
    assert one.state_of(people["bo"].pk) == 0


async def test_an_announcement_that_fails_is_made_good(
    place: Place, room: Room, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = place.process(1), place.process(2)
    await place.pass_s()

    async def fail(news: PresenceNews) -> None:
        raise TimeoutError

    with monkeypatch.context() as broken:
        broken.setattr(broadcast, "announce_presence", fail)
        await place.enter(2, people["bo"])
        with pytest.raises(TimeoutError):
            await two.tick()
    await place.pass_s()
    assert one.state_of(people["bo"].pk) == 2
    count = len(place.announced)
    await place.pass_s()
    assert len(place.announced) == count, "nothing changed, nothing is said"


async def test_nobody_sees_whom_they_share_no_room_with(place: Place, room: Room, people: People) -> None:
    one = place.process(1)
    stranger = await sync_to_async(User.objects.create_user)("zoe")
    ada, screen = await place.enter(1, people["ada"])
    await place.enter(1, stranger)
    one.look_at(ada, [stranger.pk])
    await place.pass_s()
    assert told(screen) == []
    made = await sync_to_async(open_direct_room)(people["ada"], stranger)
    ada.standings = await sync_to_async(standings)(people["ada"].pk)
    assert ada.standings[made.pk].person == stranger.pk
    one.look_at(ada, [stranger.pk])
    await place.pass_s()
    assert told(screen) == [{str(stranger.pk): "active"}]


async def test_with_too_much_to_do_presence_waits(place: Place, room: Room, people: People, settings: Any) -> None:
    settings.CHAT_FLOW_CONTROL = True
    one = place.process(1)
    ada, screen = await place.enter(1, people["ada"])
    one.look_at(ada, [people["ada"].pk])
    place.load.pressure = limits.SHED_AT["PRESENCE"]
    await place.pass_s()
    assert (told(screen), place.announced) == ([], [])
    place.load.pressure = 0.0
    await place.pass_s()
    assert told(screen) == [{str(people["ada"].pk): "active"}]


async def look(receipts: Receipts, person: User, room: Room) -> tuple[Session, Written]:
    writer = Written()
    session = Session(person, "key", writer)
    session.standings = await sync_to_async(standings)(person.pk)
    receipts.look_at(session, room.pk)
    return session, writer


async def test_receipts_follow_the_markers(room: Room, people: People) -> None:
    receipts = Receipts()
    ada, bo = people["ada"].pk, people["bo"].pk
    session, screen = await look(receipts, people["ada"], room)
    await receipts.tick()
    [first] = told(screen, "seen")
    assert (first[str(ada)], first[str(bo)]) == (0, 0)
    receipts.hear([ReadMarker(bo, room.pk, 5), ReadMarker(bo, room.pk, 4), ReadMarker(bo, room.pk + 1, 9)])
    await receipts.tick()
    await receipts.tick()
    assert told(screen, "seen") == [first | {str(bo): 5}]
    receipts.hear([ReadMarker(bo, room.pk, 2, was=5)])
    await receipts.tick()
    assert told(screen, "seen") == [first | {str(bo): 2}]
    receipts.leave(session)
    assert not receipts._rooms


async def test_who_does_not_share_neither_shows_nor_sees(room: Room, people: People) -> None:
    clock = Clock()
    receipts = Receipts(clock=clock)
    _, adas = await look(receipts, people["ada"], room)
    _, bos = await look(receipts, people["bo"], room)
    await receipts.tick()
    assert str(people["bo"].pk) in told(adas, "seen")[0]
    assert told(bos, "seen") != []
    await User.objects.filter(pk=people["bo"].pk).aupdate(shares_reading=False)
    clock.now += limits.RECEIPTS_CHECK_EVERY_S
    await receipts.tick()
    assert str(people["bo"].pk) not in told(adas, "seen")[0]
    assert told(bos, "seen") == [{}]


async def test_a_large_room_and_too_much_to_do_have_no_receipts(
    room: Room, people: People, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHAT_FLOW_CONTROL = True
    load = Load()
    receipts = Receipts(load)
    _, screen = await look(receipts, people["ada"], room)
    load.pressure = limits.SHED_AT["RECEIPTS"]
    await receipts.tick()
    assert told(screen, "seen") == []
    load.pressure = 0.0
    members = await Membership.objects.filter(room=room).acount()
    monkeypatch.setattr(limits, "RECEIPT_ROOM_MOST", members - 1)
    await receipts.tick()
    assert told(screen, "seen") == []
    monkeypatch.setattr(limits, "RECEIPT_ROOM_MOST", members)
    receipts._rooms[room.pk].read_at = None
    await receipts.tick()
    assert len(told(screen, "seen")) == 1
