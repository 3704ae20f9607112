"""Dead letters: kept once with their reason, replayed once in effect, discarded by somebody."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from messaging.bridge.announcer import Announcer
from messaging.bridge.audit import audit
from messaging.bridge.bridge import Bridge
from messaging.bridge.dead_letters import ask_replay, discard, replay_asked
from messaging.bridge.topics import COMMANDS
from messaging.log.embedded import EmbeddedLog
from messaging.models import DeadLetter, Message, Room
from messaging.wire.commands import SendMessage
from messaging.wire.records import COMMAND_HEADERS, encode_command, record_key

Say = Callable[..., SendMessage]
STRANGER = 99_999_999


def drain(log: EmbeddedLog) -> None:
    bridge = Bridge(log, "g", Announcer(lambda *_: None))
    bridge.drain()
    bridge.close()


def append(log: EmbeddedLog, value: bytes, key: bytes) -> None:
    log.appender().append(COMMANDS, key, value, COMMAND_HEADERS).result(10)


@pytest.fixture
def orphan(log: EmbeddedLog, room: Room) -> SendMessage:
    """A message whose sender is not there, as a dead letter."""
    command = SendMessage(client_id=uuid4(), room=room.pk, sender=STRANGER, body="a secret", html="<p>a secret</p>")
    append(log, encode_command(command), record_key(room.pk))
    drain(log)
    return command


def test_a_letter_says_what_it_is_where_from_and_why(log: EmbeddedLog, orphan: SendMessage) -> None:
    letter = DeadLetter.objects.get()
    assert (letter.reason, letter.origin, letter.state) == ("the sender does not exist", "chat.commands/0/0", "waiting")
    assert bytes(letter.value) == encode_command(orphan)


def test_what_is_mended_is_applied_by_its_replay_exactly_once(
    log: EmbeddedLog, orphan: SendMessage, room: Room, people: dict[str, User]
) -> None:
    User.objects.create(pk=STRANGER, username="found")
    room.memberships.create(user_id=STRANGER)
    assert ask_replay(DeadLetter.objects.all(), people["ada"]) == 1
    assert ask_replay(DeadLetter.objects.all(), people["bo"]) == 0, "asked for already"
    assert replay_asked(log.appender()) == 1
    assert replay_asked(log.appender()) == 0
    drain(log)
    assert list(Message.objects.values_list("body", "sender_id")) == [("a secret", STRANGER)]
    letter = DeadLetter.objects.get()
    assert (letter.state, letter.decided_by) == ("replayed", people["ada"])
    # A relay that died before it noted what it had done does it again.
    DeadLetter.objects.update(state=DeadLetter.State.REPLAY)
    replay_asked(log.appender())
    drain(log)
    assert Message.objects.count() == 1
    report = audit(log, "g")
    assert report.findings == []
    assert report.counts["dead letter replayed"] == 1


def test_a_replay_that_fails_again_is_the_same_letter(
    log: EmbeddedLog, orphan: SendMessage, people: dict[str, User]
) -> None:
    append(log, b"\xffpoison", b"1")
    drain(log)
    ask_replay(DeadLetter.objects.all(), None)
    replay_asked(log.appender())
    drain(log)
    assert set(DeadLetter.objects.values_list("state", "tries")) == {("waiting", 2)}
    assert DeadLetter.objects.count() == 2
    assert discard(DeadLetter.objects.all(), people["ada"]) == 2
    report = audit(log, "g")
    assert report.findings == []
    assert (report.counts["dead letter discarded"], report.counts["dead letter again"]) == (2, 2)


def test_a_letter_that_comes_back_before_the_relay_notes_its_replay_goes_on_waiting(
    log: EmbeddedLog, orphan: SendMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    appender = log.appender()
    append_one = appender.append

    def applied_at_once(*arguments: object) -> object:
        future = append_one(*arguments)  # type: ignore[arg-type]
        future.result(10)
        drain(log)
        return future

    ask_replay(DeadLetter.objects.all(), None)
    monkeypatch.setattr(appender, "append", applied_at_once)
    replay_asked(appender)
    assert DeadLetter.objects.get().state == "waiting"


def test_admin_shows_replays_and_discards(log: EmbeddedLog, orphan: SendMessage, client: Client) -> None:
    append(log, b"\xffpoison", b"1")
    drain(log)
    client.force_login(User.objects.create_superuser("root", password="x"))
    one, other = DeadLetter.objects.order_by("id")
    page = client.get("/admin/messaging/deadletter/").content.decode()
    assert "the sender does not exist" in page
    detail = client.get(f"/admin/messaging/deadletter/{one.pk}/change/").content.decode()
    assert f"sender: {STRANGER}" in detail
    assert "a secret" not in detail, "bodies of messages are not an operator's to read"
    assert "ff 70 6f 69 73 6f 6e" in client.get(f"/admin/messaging/deadletter/{other.pk}/change/").content.decode()
    chosen = {"_selected_action": [one.pk], "action": "replay"}
    assert (
        "1 dead letter is replayed."
        in client.post("/admin/messaging/deadletter/", chosen, follow=True).content.decode()
    )
    chosen = {"_selected_action": [one.pk, other.pk], "action": "throw_away"}
    answer = client.post("/admin/messaging/deadletter/", chosen, follow=True).content.decode()
    assert "1 dead letter is discarded." in answer
    assert set(DeadLetter.objects.values_list("pk", "state", "decided_by__username")) == {
        (one.pk, "replay", "root"),
        (other.pk, "discarded", "root"),
    }
    assert client.post(f"/admin/messaging/deadletter/{one.pk}/delete/").status_code == 403


def test_who_may_only_look_decides_nothing(log: EmbeddedLog, orphan: SendMessage, client: Client) -> None:
    from django.contrib.auth.models import Permission

    viewer = User.objects.create_user("viewer", password="x", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_deadletter"))
    client.force_login(viewer)
    chosen = {"_selected_action": [DeadLetter.objects.get().pk], "action": "replay"}
    client.post("/admin/messaging/deadletter/", chosen)
    assert DeadLetter.objects.get().state == "waiting"


def test_the_command_line_replays_by_id_or_all(
    log: EmbeddedLog, orphan: SendMessage, settings: object, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.EMBEDDED = False  # type: ignore[attr-defined]
    for nonsense in (["x"], ["-1"]):
        with pytest.raises(CommandError, match="takes ids"):
            call_command("kafka_bridge", replay_dead_letters=nonsense)
    with pytest.raises(CommandError, match="0 of 1"):
        call_command("kafka_bridge", replay_dead_letters=["12345"])
    call_command("kafka_bridge", replay_dead_letters=[str(DeadLetter.objects.get().pk)])
    assert DeadLetter.objects.get().state == "replay"
    call_command("kafka_bridge", replay_dead_letters=["all"])
    assert "0 dead letters" in capsys.readouterr().out
