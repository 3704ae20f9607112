"""Pages, changes and counts say exactly what is in the room, and no stranger gets any of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from uuid import uuid4

import pytest

from accounts.models import User
from messaging import limits
from messaging.actions.read import raise_read_markers
from messaging.errors import NotFound, NotMember
from messaging.models import Membership, Message, Room
from messaging.selectors import history
from messaging.selectors.outcomes import outcomes
from messaging.selectors.standing import require_standing, standings
from messaging.wire.commands import DeleteMessage, EditMessage, SendMessage
from tests.messaging.conftest import Desk

Say = Callable[..., SendMessage]
People = dict[str, User]


def seqs(page: history.Page) -> list[int]:
    return [view.seq for view in page.messages]


def test_pages_exclude_their_bounds_and_say_whether_there_is_more(desk: Desk, say: Say, room: Room) -> None:
    desk.apply(*[say("ada") for _ in range(20)])
    newest = history.newest_page(room.pk, 5)
    assert (seqs(newest), newest.more, newest.rev) == ([16, 17, 18, 19, 20], True, 20)
    assert seqs(history.page_before(room.pk, 4, 5)) == [1, 2, 3]
    assert not history.page_before(room.pk, 4, 5).more
    after = history.page_after(room.pk, 17, 2)
    assert (seqs(after), after.more) == ([18, 19], True)
    assert seqs(history.page_around(room.pk, 10, 4)) == [8, 9, 10, 11]


def test_changes_lead_to_what_a_fresh_fetch_shows(desk: Desk, say: Say, room: Room, people: People) -> None:
    """For every kind of change, from every rev."""
    random.seed(7)
    seen: dict[int, dict[int, object]] = {0: {}}
    for _ in range(40):
        message = Message.objects.filter(deleted_at=None).order_by("?").first()
        kind = random.choice(["send", "send", "edit", "delete"])
        if message is None or kind == "send":
            desk.apply(say("ada"))
        elif kind == "edit":
            edit = EditMessage(
                client_id=uuid4(), room=room.pk, sender=message.sender_id, seq=message.seq, rev_seen=message.rev,
                body="edited", html="<p>edited</p>",
            )  # fmt: skip
            desk.apply(edit)
        else:
            desk.apply(DeleteMessage(client_id=uuid4(), room=room.pk, sender=people["ada"].pk, seq=message.seq))
        page = history.newest_page(room.pk, 100)
        seen[page.rev] = {view.seq: view for view in page.messages}
    newest = max(seen)
    for rev, held in seen.items():
        changes = history.changes_after(room.pk, rev)
        assert not changes.reset
        assert held | {view.seq: view for view in changes.messages} == seen[newest]


def test_too_far_behind_or_ahead_means_the_newest_page_and_reset(
    desk: Desk, say: Say, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.apply(*[say("ada") for _ in range(60)])
    for after in (None, 61):
        changes = history.changes_after(room.pk, after)
        assert changes.reset
        assert [view.seq for view in reversed(changes.messages)] == list(range(11, 61))
    monkeypatch.setattr(limits, "CHANGES_MOST", 10)
    assert history.changes_after(room.pk, 49).reset
    assert not history.changes_after(room.pk, 50).reset
    assert history.changes_after(room.pk, 60).messages == []


def test_a_foreign_room_and_no_room_look_the_same(room: Room, people: People) -> None:
    chen = people["chen"].pk
    with pytest.raises(NotMember):
        require_standing(chen, room.pk)
    Room.objects.update(kind=Room.Kind.PRIVATE)
    for room_id in (room.pk, 999_999):
        with pytest.raises(NotFound):
            require_standing(chen, room_id)


def test_markers_never_go_down(room: Room, people: People) -> None:
    ada = people["ada"].pk
    raise_read_markers({(ada, room.pk): 9, (people["bo"].pk, room.pk): 4})
    raise_read_markers({(ada, room.pk): 5})
    raise_read_markers({})
    assert dict(Membership.objects.values_list("user_id", "read_seq")) == {ada: 9, people["bo"].pk: 4}


def test_outcomes_tell_stored_refused_and_pending(desk: Desk, say: Say, room: Room, people: People) -> None:
    stored, refused = say("ada"), say("ada", room=999_999)
    desk.apply(stored, refused)
    unknown = uuid4()
    found = outcomes([stored.client_id, refused.client_id, unknown], people["ada"].pk)
    assert found == {
        str(stored.client_id): {"state": "stored", "room": room.pk, "seq": 1},
        str(refused.client_id): {"state": "refused", "room": 999_999, "code": "not_found"},
        str(unknown): {"state": "pending"},
    }
    assert outcomes([stored.client_id], people["bo"].pk) == {str(stored.client_id): {"state": "pending"}}


def test_a_sidebar_costs_the_same_for_one_room_and_for_many(
    desk: Desk, people: People, django_assert_max_num_queries: Callable[..., object]
) -> None:
    from messaging.actions.directs import open_direct_room
    from messaging.actions.rooms import create_room

    for number in range(10):
        create_room(people["ada"], f"room {number}")
    open_direct_room(people["ada"], people["bo"])
    with django_assert_max_num_queries(1):  # type: ignore[attr-defined]
        found = standings(people["ada"].pk)
    assert len(found) == 11
    assert list(found.values())[-1].name == "Bo"
