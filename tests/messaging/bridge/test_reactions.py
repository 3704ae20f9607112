"""Reactions: once each, by who may write, gone with their message, and told like any change."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from messaging import limits
from messaging.actions.compose import compose
from messaging.errors import Invalid
from messaging.models import AppliedCommand, Message, Room, Sanction
from messaging.selectors import history
from messaging.wire import frames
from messaging.wire.commands import DeleteMessage, ReactMessage, SendMessage
from messaging.wire.emoji import EMOJI, QUICK
from messaging.wire.records import decode_command, encode_command, record_key
from tests.messaging.conftest import Desk

Say = Callable[..., SendMessage]
React = Callable[..., ReactMessage]
People = dict[str, User]


@pytest.fixture
def react(room: Room, people: People) -> React:
    def make(name: str, emoji: str = "👍", on: bool = True, seq: int = 1) -> ReactMessage:
        return ReactMessage(client_id=uuid4(), room=room.pk, sender=people[name].pk, seq=seq, emoji=emoji, on=on)

    return make


def refusal_of(command: ReactMessage) -> str:
    return AppliedCommand.objects.get(client_id=command.client_id).refusal


def test_everybody_counts_once_in_the_order_of_reacting(desk: Desk, say: Say, react: React, people: People) -> None:
    desk.apply(say("ada"))
    again = react("bo")
    desk.apply(again, react("ada"), again, react("bo"), react("bo", "🎉"))
    message = Message.objects.get()
    assert message.reactions == {"👍": [people["bo"].pk, people["ada"].pk], "🎉": [people["bo"].pk]}
    assert message.rev == 4, "what changes nothing has no rev"
    [applied] = desk.apply(react("bo", on=False), react("ada", on=False), react("ada", "🔥", on=False))
    message.refresh_from_db()
    assert message.reactions == {"🎉": [people["bo"].pk]}
    [change] = applied.changes
    assert "🎉" in change.fragments[0].json.decode()
    assert change.counts == [], "nobody has more to read for it"


def test_changes_tell_them_to_who_was_away(desk: Desk, say: Say, react: React, room: Room, people: People) -> None:
    desk.apply(say("ada"), say("ada"))
    desk.apply(react("bo"))
    [view] = history.changes_after(room.pk, 2).messages
    assert (view.seq, view.reactions) == (1, {"👍": [people["bo"].pk]})


def test_a_deleted_message_loses_them_and_takes_none(
    desk: Desk, say: Say, react: React, room: Room, people: People
) -> None:
    desk.apply(say("ada"), react("bo"))
    desk.apply(DeleteMessage(client_id=uuid4(), room=room.pk, sender=people["ada"].pk, seq=1))
    late = react("bo", "🎉")
    desk.apply(late)
    assert Message.objects.get().reactions is None
    assert refusal_of(late) == "not_found"


def test_strangers_and_the_muted_do_not_react(desk: Desk, say: Say, react: React, people: People) -> None:
    desk.apply(say("ada"))
    Sanction.objects.create(user=people["bo"], kind=Sanction.Kind.MUTE, reason="x", imposed_by=people["ada"])
    stranger, muted, nowhere = react("chen"), react("bo"), react("ada", seq=99)
    desk.apply(stranger, muted, nowhere)
    assert [refusal_of(one) for one in (stranger, muted, nowhere)] == ["not_member", "muted", "not_found"]
    assert Message.objects.get().reactions is None


def test_there_is_an_end_to_the_kinds_on_one_message(desk: Desk, say: Say, react: React) -> None:
    kinds = list(EMOJI)[: limits.REACTIONS_MOST + 1]
    desk.apply(say("ada"), *[react("ada", emoji) for emoji in kinds[:-1]])
    one_more, known = react("bo", kinds[-1]), react("bo", kinds[0])
    desk.apply(one_more, known)
    assert refusal_of(one_more) == "invalid"
    assert refusal_of(known) == ""


def test_only_emoji_that_can_be_picked_are_taken() -> None:
    for emoji in ("x", "<b>", "👍👍", "\u202e"):
        with pytest.raises(Invalid):
            compose(frames.React(client_id=uuid4(), room=1, seq=1, emoji=emoji, on=True), 1)
    assert set(QUICK) <= EMOJI.keys()
    names = [names[0] for names in EMOJI.values()]
    assert len(EMOJI) > 100
    assert all(names)
    assert all(len(emoji) <= 16 for emoji in EMOJI)


def test_the_record_holds_it_whole(react: React, room: Room) -> None:
    for command in (react("ada"), react("bo", "❤️", on=False)):
        assert decode_command(encode_command(command), record_key(room.pk)) == command


def test_over_http(client: Client, desk: Desk, say: Say, room: Room, people: People) -> None:
    desk.apply(say("ada"))
    client.force_login(people["bo"])
    url = f"/api/v1/rooms/{room.pk}/messages/1/reactions"
    answer = client.post(url, {"emoji": "nonsense"}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    client.force_login(people["chen"])
    assert client.post(url, {"emoji": "👍"}, content_type="application/json").status_code == 403
