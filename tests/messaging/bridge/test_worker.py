"""Services that read chat.events: what they write happens once, what they cannot handle holds nobody up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from accounts.models import User
from messaging.bridge.announcer import Announcer
from messaging.bridge.bridge import Bridge
from messaging.bridge.notifier import Notifier
from messaging.bridge.topics import COMMANDS, EVENTS
from messaging.bridge.worker import Worker
from messaging.log.embedded import EmbeddedLog
from messaging.models import Membership, MentionDigest, Room, StoredOffset
from messaging.wire.commands import DeleteMessage, SendMessage
from messaging.wire.events import RoomEvent
from messaging.wire.records import COMMAND_HEADERS, encode_command, record_key

Say = Callable[..., SendMessage]
People = dict[str, User]


class Counting(Worker):
    """Keeps what it was given; fails as it is told."""

    name = "counting"
    start_latest = False

    def __init__(self, log: EmbeddedLog) -> None:
        super().__init__(log)
        self.seen: list[int] = []
        self.failures: Iterator[Exception] = iter(())
        self.hates: int | None = None

    def handle(self, events: Sequence[RoomEvent]) -> None:
        for failure in self.failures:
            raise failure
        if any(event.rev == self.hates for event in events):
            raise IntegrityError("not this one")
        self.seen += [event.rev for event in events]


@pytest.fixture
def tell(log: EmbeddedLog, room: Room) -> Iterator[Callable[..., None]]:
    """Have the bridge apply commands, each in a batch of its own."""
    bridge = Bridge(log, "g", Announcer(lambda *_: None))

    def apply(*commands: SendMessage | DeleteMessage) -> None:
        for command in commands:
            value = encode_command(command)
            log.appender().append(COMMANDS, record_key(command.room), value, COMMAND_HEADERS).result(10)
            bridge.drain()

    yield apply
    bridge.close()


def test_a_worker_goes_on_where_it_was(log: EmbeddedLog, tell: Callable[..., None], say: Say) -> None:
    tell(say("ada"), say("ada"))
    first = Counting(log)
    assert first.drain() == 2
    first.close()
    tell(say("ada"))
    second = Counting(log)
    second.drain()
    second.close()
    assert (first.seen, second.seen) == ([1, 2], [3])
    assert StoredOffset.objects.get(group="counting").next_offset == 3


def test_what_is_away_is_waited_for(
    log: EmbeddedLog, tell: Callable[..., None], say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.bridge.backoff.Backoff.MOST_S", 0.05)
    tell(say("ada"), say("ada"))
    worker = Counting(log)
    worker.failures = iter([OperationalError("gone away")] * 3)
    worker.drain()
    assert worker.seen == [1, 2]
    worker.close()


def test_an_event_that_cannot_be_handled_is_skipped_alone(
    log: EmbeddedLog, tell: Callable[..., None], say: Say
) -> None:
    tell(say("ada"))
    log.appender().append(EVENTS, b"1", b"\xffnot an event").result(10)
    tell(say("ada"), say("ada"))
    worker = Counting(log)
    worker.hates = 2
    worker.drain()
    assert worker.seen == [1, 3]
    worker.close()


def test_a_worker_that_lost_its_partition_leaves_it_alone(
    log: EmbeddedLog, tell: Callable[..., None], say: Say
) -> None:
    tell(say("ada"))
    sleeper, other = Counting(log), Counting(log)
    sleeper.step()
    other.drain()
    assert other.seen == [1]
    sleeper.drain()
    assert sleeper.seen == []
    sleeper.close()
    other.close()


# The notifier


@pytest.fixture
def notifier(log: EmbeddedLog, people: People, settings: object) -> Iterator[Notifier]:
    settings.CHAT_DIGEST_AFTER_S = 0  # type: ignore[attr-defined]
    settings.SITE_URL = "https://chat.example"  # type: ignore[attr-defined]
    User.objects.filter(username="bo").update(email="bo@example.org")
    made = Notifier(log)
    made.drain()
    yield made
    made.close()


def mailed(notifier: Notifier) -> list[str]:
    """Let the notifier do what is there and due; the mails since the last time."""
    mail.outbox.clear()
    notifier.drain()
    notifier.tick()
    return [one.body for one in mail.outbox]


def test_who_is_named_and_does_not_look_gets_one_mail(
    notifier: Notifier, tell: Callable[..., None], say: Say, room: Room
) -> None:
    tell(say("ada", "hello @bo"), say("ada", "nothing"), say("ada", "@bo are you there?"), say("ada", "@ada myself"))
    [body] = mailed(notifier)
    assert body.index("hello @bo") < body.index("are you there?")
    assert "nothing" not in body
    assert f"https://chat.example/rooms/{room.pk}/3/" in body
    assert mail.outbox[0].to == ["bo@example.org"]
    assert mail.outbox[0].subject == "2 mentions of you in chatsite"
    assert mailed(notifier) == [], "told once"
    tell(say("ada", "@bo news"))
    [body] = mailed(notifier)
    assert "news" in body
    assert "hello" not in body


def test_what_was_read_deleted_or_is_not_ours_any_more_is_not_mailed(
    notifier: Notifier, tell: Callable[..., None], say: Say, room: Room, people: People, settings: object
) -> None:
    tell(say("ada", "@bo read"))
    Membership.objects.filter(user=people["bo"]).update(read_seq=1)
    assert mailed(notifier) == []
    tell(say("ada", "@bo deleted"))
    tell(DeleteMessage(client_id=say("ada").client_id, room=room.pk, sender=people["ada"].pk, seq=2))
    assert mailed(notifier) == []
    tell(say("ada", "@bo left"))
    Membership.objects.filter(user=people["bo"]).delete()
    assert mailed(notifier) == []
    assert MentionDigest.objects.get().due_at is None


def test_who_does_not_want_mail_or_has_no_address_gets_none(
    notifier: Notifier, tell: Callable[..., None], say: Say, people: People
) -> None:
    User.objects.filter(username="bo").update(mail_mentions=False)
    tell(say("ada", "@bo hello"))
    assert mailed(notifier) == []
    User.objects.filter(username="bo").update(mail_mentions=True, email="")
    tell(say("ada", "@bo hello"))
    assert mailed(notifier) == []


def test_a_mail_that_could_not_be_sent_is_tried_again(
    notifier: Notifier, tell: Callable[..., None], say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    tell(say("ada", "@bo hello"))
    monkeypatch.setattr("messaging.bridge.notifier.send_mail", refusing)
    assert mailed(notifier) == []
    monkeypatch.undo()
    assert mailed(notifier) == [], "not at once"
    MentionDigest.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert len(mailed(notifier)) == 1


def test_two_notifiers_mail_once(notifier: Notifier, tell: Callable[..., None], say: Say, log: EmbeddedLog) -> None:
    tell(say("ada", "@bo hello"))
    notifier.drain()
    digest = MentionDigest.objects.get()
    mail.outbox.clear()
    for _ in range(2):  # both saw it due
        mine = MentionDigest.objects.filter(pk=digest.pk, due_at=digest.due_at)
        if mine.update(due_at=timezone.now()):
            notifier._mail(digest.user_id, digest.mailed_at, timezone.now())
    assert len(mail.outbox) == 1


def test_the_command_knows_its_workers_and_where_it_is_not_needed() -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("chat_worker", "nonsense")
    with pytest.raises(CommandError, match="runs every service by itself"):
        call_command("chat_worker", "notifier")
