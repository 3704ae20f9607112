"""The hub passes on what is announced, finds what was not, and shows a room only to its members."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from messaging import limits, metrics
from messaging.actions.rooms import change_room, create_room
from messaging.live import broadcast
from messaging.live import hub as hub_module
from messaging.live.broadcast import MembershipChange, PeopleNews, ReadMarker, Refusal
from messaging.live.hub import Hub
from messaging.live.local_room import Caught, Ring
from messaging.live.read_markers import ReadMarkers
from messaging.live.session import Session
from messaging.models import Membership, Room
from messaging.selectors import standing
from messaging.selectors.standing import standings
from messaging.wire.commands import LeaveRoom, SendMessage, SetRole
from tests.messaging.conftest import Desk
from tests.messaging.live.test_session import Written

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

Say = Callable[..., SendMessage]
People = dict[str, User]


async def enter(hub: Hub, person: User, *watch: int) -> tuple[Session, Written]:
    writer = Written()
    session = Session(person, f"key of {person.username}", writer)
    session.standings = await sync_to_async(standings)(person.pk)
    hub.add(session)
    await hub.settle_groups()
    await hub.watch(session, dict.fromkeys(watch, 0))
    return session, writer


async def until(condition: Callable[[], object], what: str) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)
    assert condition(), what


def shown(writer: Written) -> list[str]:
    frames = [json.loads(frame) for frame in writer.frames if frame.startswith(b"{")]
    return [message["body"] for frame in frames if frame["type"] == "changes" for message in frame["messages"]]


async def apply(desk: Desk, *commands: SendMessage | LeaveRoom | SetRole, announced: bool = True) -> None:
    for applied in await sync_to_async(desk.apply)(*commands):
        if announced:
            await broadcast.announce(applied.changes, applied.people)


async def test_watchers_get_the_same_bytes_once_and_the_others_a_badge(
    hub: Hub, desk: Desk, say: Say, room: Room, people: People
) -> None:
    _, ada = await enter(hub, people["ada"], room.pk)
    _, second = await enter(hub, people["ada"], room.pk)
    _, bo = await enter(hub, people["bo"])
    await apply(desk, say("ada", "one"), say("ada", "two"))
    await until(lambda: shown(ada) == ["one", "two"], "the messages")
    assert ada.frames[-1] is second.frames[-1]
    await until(lambda: bo.frames, "the badge")
    assert json.loads(bo.frames[-1])["rooms"][str(room.pk)]["unread"] == 2
    assert shown(bo) == []


async def test_a_lost_announcement_is_found_by_the_next_one(
    hub: Hub, desk: Desk, say: Say, room: Room, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REV_CHECK_EVERY_S", 60)
    await asyncio.sleep(0.1)  # the check that is under way
    _, ada = await enter(hub, people["ada"], room.pk)
    session, _ = await enter(hub, people["bo"])
    await apply(desk, say("ada", "lost"), announced=False)
    await apply(desk, say("ada", "heard"))
    await until(lambda: shown(ada) == ["lost", "heard"], "both")
    assert session.standings[room.pk].unread == 2


async def test_a_lost_announcement_is_found_without_a_next_one(
    hub: Hub, desk: Desk, say: Say, room: Room, people: People
) -> None:
    _, ada = await enter(hub, people["ada"], room.pk)
    await apply(desk, say("ada", "lost"), announced=False)
    await until(lambda: shown(ada) == ["lost"], "the message")


async def test_an_announcement_told_twice_is_shown_once(
    hub: Hub, desk: Desk, say: Say, room: Room, people: People
) -> None:
    _, ada = await enter(hub, people["ada"], room.pk)
    session, _ = await enter(hub, people["bo"])
    [applied] = await sync_to_async(desk.apply)(say("ada", "once"))
    for _ in range(2):
        await broadcast.announce(applied.changes)
    await apply(desk, say("ada", "the end"))
    await until(lambda: shown(ada)[-1:] == ["the end"], "the end")
    assert shown(ada) == ["once", "the end"]
    assert session.standings[room.pk].unread == 2


async def test_who_has_left_gets_nothing_though_the_news_of_it_was_lost(
    hub: Hub, desk: Desk, say: Say, room: Room, people: People
) -> None:
    session, bo = await enter(hub, people["bo"], room.pk)
    leave = LeaveRoom(client_id=uuid4(), room=room.pk, sender=people["bo"].pk)
    await apply(desk, leave, announced=False)
    await apply(desk, say("ada", "among ourselves"))
    await until(lambda: room.pk not in session.standings, "expelled")
    assert shown(bo) == []
    assert json.loads(bo.frames[-1]) == {"type": "notice", "code": "left", "room": room.pk}


async def test_who_has_left_gets_nothing_by_any_catch_up(
    hub: Hub, desk: Desk, say: Say, room: Room, people: People
) -> None:
    """Neither by the check for missed changes, nor by a sync or a watch of their own."""
    session, bo = await enter(hub, people["bo"], room.pk)
    asking, asked = await enter(hub, people["bo"])
    leave = LeaveRoom(client_id=uuid4(), room=room.pk, sender=people["bo"].pk)
    await apply(desk, leave, say("ada", "among ourselves"), announced=False)
    await hub.sync(asking, room.pk, 0)
    await until(lambda: room.pk not in session.standings, "expelled")
    assert room.pk not in asking.standings
    assert shown(bo) == shown(asked) == []


async def test_a_new_member_is_told_of_the_room_and_may_watch_it(
    hub: Hub, desk: Desk, say: Say, room: Room, people: People
) -> None:
    session, chen = await enter(hub, people["chen"], room.pk)
    assert session.watched == {}
    await sync_to_async(Membership.objects.create)(room=room, user=people["chen"])
    await broadcast.announce([], PeopleNews(memberships=[MembershipChange(room.pk, people["chen"].pk)]))
    await until(lambda: room.pk in session.standings, "joined")
    assert json.loads(chen.frames[-1])["room"]["name"] == "lobby"
    await hub.watch(session, {room.pk: 0})
    await apply(desk, say("ada", "welcome"))
    await until(lambda: shown(chen) == ["welcome"], "the message")


async def test_refusals_and_sign_outs_reach_the_person_and_nobody_else(hub: Hub, room: Room, people: People) -> None:
    _, ada = await enter(hub, people["ada"])
    _, bo = await enter(hub, people["bo"])
    refusal = Refusal(people["ada"].pk, uuid4(), "not_member")
    await broadcast.announce([], PeopleNews(refusals=[refusal], signed_out=[broadcast.session_name("key of ada")]))
    await until(lambda: len(ada.frames) == 2, "both")
    rejected = json.loads(ada.frames[0])
    assert (rejected["client_id"], rejected["code"], rejected["final"]) == (str(refusal.client_id), "not_member", True)
    assert ada.frames[1] == b"close 4401"
    assert bo.frames == []


async def test_a_socket_that_is_gone_leaves_nothing_behind(hub: Hub, room: Room, people: People) -> None:
    session, _ = await enter(hub, people["ada"], room.pk)
    hub.remove(session)
    # What was under way for it comes to its end only now.
    await hub.watch(session, {room.pk: 0})
    await hub.refresh(session, room.pk)
    assert (hub.sessions, hub.rooms, dict(hub.by_user)) == (set(), {}, {})


async def test_the_newest_watch_counts_though_an_older_one_is_still_under_way(
    hub: Hub, desk: Desk, say: Say, room: Room, people: People
) -> None:
    other = await sync_to_async(create_room)(people["ada"], "other")
    session, _ = await enter(hub, people["ada"])
    older = asyncio.create_task(hub.watch(session, {room.pk: 0, other.pk: 0}))
    await asyncio.sleep(0)
    await hub.watch(session, {})
    await older
    assert session.watched == {}


async def test_a_hub_is_only_in_the_shards_it_has_people_in(hub: Hub, room: Room, people: People) -> None:
    session, _ = await enter(hub, people["ada"])
    mine = broadcast.shard_group(broadcast.shard_of(room.pk))
    assert hub._groups == {broadcast.PEOPLE_GROUP, mine}
    hub.remove(session)
    await hub.settle_groups()
    assert hub._groups == {broadcast.PEOPLE_GROUP}


async def test_rooms_that_come_while_groups_are_being_joined_keep_theirs(
    hub: Hub, room: Room, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer, rooms = broadcast.layer(), [await sync_to_async(create_room)(people["ada"], name) for name in "ab"]
    group_add, group_discard, may_go, left = layer.group_add, layer.group_discard, asyncio.Event(), []

    async def slow(group: str, channel: str) -> None:
        await may_go.wait()
        await group_add(group, channel)

    async def noted(group: str, channel: str) -> None:
        left.append(group)
        await group_discard(group, channel)

    await hub.settle_groups()
    known = await sync_to_async(standings)(people["ada"].pk)
    monkeypatch.setattr(layer, "group_add", slow)
    monkeypatch.setattr(layer, "group_discard", noted)
    settling = []
    for one in rooms:
        session = Session(people["ada"], "key", Written())
        session.standings = {one.pk: known[one.pk]}
        hub.add(session)
        settling.append(asyncio.create_task(hub.settle_groups()))
        await asyncio.sleep(0)
        monkeypatch.setattr(layer, "group_add", group_add)  # the second is faster
    await asyncio.sleep(0)
    may_go.set()
    await asyncio.gather(*settling)
    assert left == []
    assert {broadcast.shard_group(broadcast.shard_of(one.pk)) for one in rooms} <= hub._groups


async def test_a_group_is_joined_again_after_it_could_not_be_left(
    hub: Hub, room: Room, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = broadcast.layer()
    group_discard, joined, mine = layer.group_discard, [], broadcast.shard_group(broadcast.shard_of(room.pk))

    async def too_late(group: str, channel: str) -> None:
        await group_discard(group, channel)
        raise TimeoutError

    async def noted(group: str, _: str) -> None:
        joined.append(group)

    session, _ = await enter(hub, people["ada"])
    monkeypatch.setattr(layer, "group_discard", too_late)
    hub.remove(session)
    with pytest.raises(TimeoutError):
        await hub.settle_groups()
    monkeypatch.setattr(layer, "group_add", noted)
    await enter(hub, people["ada"])
    assert joined == [mine]


async def test_equal_catch_ups_share_one_read_and_recent_ones_need_none(
    hub: Hub, desk: Desk, say: Say, room: Room, people: People
) -> None:
    for number in range(3):
        await apply(desk, say("ada", f"{number}"), announced=False)
    sessions = [await enter(hub, people["bo"]) for _ in range(50)]
    before = metrics.catch_ups._value.get()
    await asyncio.gather(*(hub.watch(session, {room.pk: 1}) for session, _ in sessions))
    assert metrics.catch_ups._value.get() - before == 1
    assert all(shown(written) == ["1", "2"] for _, written in sessions)
    await apply(desk, say("ada", "3"), say("ada", "4"))
    await until(lambda: shown(sessions[-1][1])[-1:] == ["4"], "live")
    late, written = await enter(hub, people["bo"])
    await hub.watch(late, {room.pk: 3})
    assert shown(written) == ["3", "4"]
    up_to_date, written = await enter(hub, people["bo"])
    await hub.watch(up_to_date, {room.pk: 5})
    assert written.frames == []
    assert metrics.catch_ups._value.get() - before == 1


async def test_a_room_s_ring_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RING_BYTES", 1000)
    ring = Ring()
    for rev in range(1, 100):
        ring.add(rev - 1, rev, [b"x" * 100])
    assert ring.since(50) is None
    assert ring.since(95) == Caught(99, [b"x" * 100] * 4)
    ring.add(150, 151, [b"after a gap"])
    assert ring.since(99) is None
    assert ring.since(150) == Caught(151, [b"after a gap"])
    ring.forget_old()
    assert ring.since(150) is not None
    monkeypatch.setattr(limits, "RING_S", -1)
    ring.forget_old()
    assert ring.since(150) is None
    assert ring._bytes == 0


async def test_a_slow_socket_is_skipped_and_resynced(
    hub: Hub, desk: Desk, say: Say, room: Room, people: People
) -> None:
    _, slow = await enter(hub, people["bo"], room.pk)
    slow.waiting = limits.SKIP_BYTES + 1
    for number in range(3):
        await apply(desk, say("ada", f"{number}"))
    await asyncio.sleep(0.3)
    assert shown(slow) == []
    slow.waiting = 0
    await until(lambda: shown(slow) == ["0", "1", "2"], "caught up")
    await apply(desk, say("ada", "live"))
    await until(lambda: shown(slow)[-1:] == ["live"], "live again")


def notices(writer: Written) -> list[dict[str, object]]:
    frames = [json.loads(frame) for frame in writer.frames if frame.startswith(b"{")]
    return [frame["room"] for frame in frames if frame["type"] == "notice" and frame["code"] == "changed"]


async def test_what_changes_of_a_room_is_told_to_everybody_in_it(hub: Hub, room: Room, people: People) -> None:
    _, ada = await enter(hub, people["ada"], room.pk)
    _, bo = await enter(hub, people["bo"])
    await sync_to_async(change_room)(people["ada"], room.pk, topic="tea", announcements=True)
    await broadcast.announce([], PeopleNews(rooms=[room.pk]))
    for writer in (ada, bo):
        await until(lambda writer=writer: notices(writer), "told")
        assert [(one["topic"], one["announcements"]) for one in notices(writer)] == [("tea", True)]


@pytest.mark.parametrize("announced", [True, False])
async def test_a_new_role_is_told_to_the_person_and_to_who_looks(
    hub: Hub, desk: Desk, room: Room, people: People, announced: bool
) -> None:
    _, ada = await enter(hub, people["ada"], room.pk)
    _, bo = await enter(hub, people["bo"])
    chen = await sync_to_async(Membership.objects.create)(room=room, user=people["chen"])
    _, unconcerned = await enter(hub, chen.user)
    role = SetRole(client_id=uuid4(), room=room.pk, sender=people["ada"].pk, user=people["bo"].pk, role="moderator")
    await apply(desk, role, announced=announced)
    await until(lambda: notices(ada) and notices(bo), "told")
    assert notices(bo)[-1]["role"] == "moderator"
    assert (notices(ada)[-1]["role"], notices(ada)[-1]["members_version"]) == ("owner", 1)
    assert notices(unconcerned) == []


async def test_a_socket_that_has_just_come_knows_the_markers_of_the_last_second(
    hub: Hub, desk: Desk, room: Room, people: People, say: Say
) -> None:
    markers = ReadMarkers()
    await sync_to_async(desk.apply)(*[say("ada") for _ in range(3)])
    for is_written in (False, True):
        session, writer = await enter(hub, people["bo"])
        assert session.standings[room.pk].read == 0
        markers.mark(ReadMarker(people["bo"].pk, room.pk, 2))
        if is_written:
            await markers._flush()  # between this socket's reading and its welcome
        await markers.tell(session)
        frame = {"type": "read", "room": room.pk, "seq": 2, "unread": 1, "mentions": 0}
        assert frame in [json.loads(text) for text in writer.frames]
        hub.remove(session)
    await markers._flush()
    assert markers._written == {}


async def test_who_comes_while_members_are_checked_is_not_put_out(
    hub: Hub, room: Room, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enter(hub, people["ada"], room.pk)
    local, came = hub.rooms[room.pk], []
    ask = hub_module.in_database

    async def slowly(work: Callable[..., Any], *given: Any) -> Any:
        found = await ask(work, *given)
        if work is standing.members_among and not came:
            came.append(await enter(hub, people["bo"], room.pk))
        return found

    monkeypatch.setattr(hub_module, "in_database", slowly)
    await hub.recheck_members(room.pk, local, local.members_version + 1)
    [(session, bo)] = came
    assert room.pk in session.standings
    assert session in local.members
    assert not [frame for frame in bo.frames if b'"left"' in frame]
