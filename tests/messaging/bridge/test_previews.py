"""Links get previews as a later change: of what still stands there, once, and never after a deletion."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from accounts.models import User
from messaging.bridge.announcer import Announcer
from messaging.bridge.bridge import Bridge
from messaging.bridge.previewer import Previewer
from messaging.bridge.relay import Relay
from messaging.fetching.fetch import NoPreview
from messaging.log.embedded import EmbeddedLog
from messaging.models import AppliedCommand, LinkedPage, Message, Room
from messaging.selectors import history
from messaging.wire.commands import AttachPreviews, DeleteMessage, EditMessage, Preview, SendMessage
from messaging.wire.links import LINKS_MOST, links_in
from messaging.wire.records import decode_command, encode_command, record_key
from tests.messaging.conftest import Desk

pytestmark = pytest.mark.usefixtures("own_cache")

Say = Callable[..., SendMessage]
People = dict[str, User]
URL, OTHER = "https://example.org/a", "https://example.org/b"
ABOUT = {"url": URL, "title": "A page", "description": "Of ours", "site": "example.org"}


def linking(*urls: str) -> str:
    return "".join(f'<p><a href="{url}">there</a></p>' for url in urls)


@pytest.fixture
def attach(room: Room, people: People) -> Callable[..., AttachPreviews]:
    def make(name: str = "ada", seq: int = 1, **changes: str) -> AttachPreviews:
        found = [Preview(**{**ABOUT, **changes})]
        return AttachPreviews(client_id=uuid4(), room=room.pk, sender=people[name].pk, seq=seq, previews=found)

    return make


def test_links_are_those_of_the_rendered_message() -> None:
    html = linking(URL, "mailto:ada@example.org", OTHER, URL) + '<p>https://example.org/text</p><a name="x">'
    assert links_in(html) == [URL, OTHER]
    assert len(links_in(linking(*(f"https://example.org/{n}" for n in range(9))))) == LINKS_MOST


def test_a_command_with_previews_is_the_same_in_the_log(attach: Callable[..., AttachPreviews]) -> None:
    command = attach()
    assert decode_command(encode_command(command), record_key(command.room)) == command


def test_a_preview_is_a_change_of_its_message(desk: Desk, say: Say, attach: Callable[..., AttachPreviews]) -> None:
    desk.apply(say("ada", html=linking(URL)))
    [applied] = desk.apply(attach())
    assert Message.objects.get().previews == [ABOUT]
    [change] = applied.changes
    assert b"A page" in change.fragments[0].json
    assert change.counts == [], "nobody has more to read for it"
    [view] = history.changes_after(change.room, 1).messages
    assert view.previews == [Preview(**ABOUT)]


def test_only_links_that_stand_there_have_one(
    desk: Desk, say: Say, attach: Callable[..., AttachPreviews], room: Room, people: People
) -> None:
    desk.apply(say("ada", html=linking(URL)))
    desk.apply(attach(url=OTHER))
    assert Message.objects.get().previews is None
    desk.apply(attach())
    edit = EditMessage(
        client_id=uuid4(), room=room.pk, sender=people["ada"].pk, seq=1, rev_seen=2, body="x", html=linking(OTHER)
    )
    desk.apply(edit)
    assert Message.objects.get().previews is None


def test_nobody_elses_and_no_deleted_message_gets_one(
    desk: Desk, say: Say, attach: Callable[..., AttachPreviews], room: Room, people: People
) -> None:
    desk.apply(say("ada", html=linking(URL)))
    wrong = attach("bo")
    desk.apply(wrong)
    assert AppliedCommand.objects.get(client_id=wrong.client_id).refusal == "not_found"
    desk.apply(attach(), DeleteMessage(client_id=uuid4(), room=room.pk, sender=people["ada"].pk, seq=1))
    assert Message.objects.get().previews is None
    late = attach()
    desk.apply(late)
    assert AppliedCommand.objects.get(client_id=late.client_id).refusal == "not_found"


class Fetching:
    """Instead of the network; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Preview | None] = {URL: Preview(**ABOUT)}

    def __call__(self, url: str) -> Preview | None:
        self.asked.append(url)
        if url not in self.answers:
            raise NoPreview("no such page")
        return self.answers[url]


@pytest.fixture
def fetching(monkeypatch: pytest.MonkeyPatch) -> Fetching:
    found = Fetching()
    monkeypatch.setattr(Previewer, "fetch", staticmethod(found))
    return found


@pytest.fixture
def whole(log: EmbeddedLog, room: Room, fetching: Fetching) -> Iterator[Callable[..., None]]:
    """Commands go all the way: bridge, previewer, outbox, bridge."""
    from messaging.bridge.topics import COMMANDS
    from messaging.wire.records import COMMAND_HEADERS

    bridge, previewer = Bridge(log, "g", Announcer(lambda *_: None)), Previewer(log)
    relay = Relay(log.appender())
    previewer.drain()

    def go(*commands: SendMessage | DeleteMessage) -> None:
        for command in commands:
            value = encode_command(command)
            log.appender().append(COMMANDS, record_key(command.room), value, COMMAND_HEADERS).result(10)
        bridge.drain()
        previewer.drain()
        previewer.tick()
        relay.step()
        bridge.drain()

    yield go
    bridge.close()
    previewer.close()


def test_the_previewer_looks_once_and_shows_what_it_found(
    whole: Callable[..., None], say: Say, fetching: Fetching
) -> None:
    whole(say("ada", html=linking(URL, OTHER)), say("bo", html=linking(URL)), say("bo"))
    assert [message.previews for message in Message.objects.order_by("seq")] == [[ABOUT], [ABOUT], None]
    assert fetching.asked == [URL, OTHER], "once for all, also where there was nothing"
    assert not LinkedPage.objects.exists()
    whole()
    whole()
    assert AppliedCommand.objects.count() == 2
    assert not LinkedPage.objects.exists()


def test_what_was_deleted_meanwhile_is_not_looked_at(
    whole: Callable[..., None], say: Say, fetching: Fetching, room: Room, people: People
) -> None:
    delete = DeleteMessage(client_id=uuid4(), room=room.pk, sender=people["ada"].pk, seq=1)
    whole(say("ada", html=linking(URL)), delete)
    assert fetching.asked == []
    assert not LinkedPage.objects.exists()


def test_switched_off_nothing_is_fetched(
    whole: Callable[..., None], say: Say, fetching: Fetching, settings: pytest.FixtureRequest
) -> None:
    settings.CHAT_LINK_PREVIEWS = False
    whole(say("ada", html=linking(URL)))
    assert (fetching.asked, LinkedPage.objects.count()) == ([], 0)
