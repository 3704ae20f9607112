"""What goes into the channel layer comes out the same, and a session's key never does."""

from __future__ import annotations

from uuid import uuid4

from messaging.live import broadcast
from messaging.live.broadcast import MembershipChange, PeopleNews, Refusal, RoomChange
from messaging.wire.server_frames import Fragment


def test_events_survive_the_layer() -> None:
    news = PeopleNews(refusals=[Refusal(1, uuid4(), "busy")], memberships=[MembershipChange(1, 2)])
    change = RoomChange(1, 2, 3, 3, 0, 0, [Fragment(3, 3, b"{}")], [broadcast.Count(3, 3, 1, 1)])
    for kind, content in (("people", news), ("changes", [change])):
        assert broadcast.read_event({"type": kind, "data": broadcast._pack(content)}) == content


def test_nobody_can_sign_in_with_the_name_of_a_session() -> None:
    assert broadcast.session_name("secret-key") != "secret-key"
    assert "secret" not in broadcast.session_name("secret-key")
    assert broadcast.session_name("a") != broadcast.session_name("b")
