"""Webhooks, with a real receiver on this machine."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import Message as Headers
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from messaging.bridge import webhooks
from messaging.bridge.announcer import Announcer
from messaging.bridge.bridge import Bridge
from messaging.bridge.webhooks import Webhooks
from messaging.log.embedded import EmbeddedLog
from messaging.models import Room, Webhook, WebhookDelivery
from messaging.wire.commands import SendMessage
from tests.messaging.bridge.conftest import append

Say = Callable[..., SendMessage]
People = dict[str, User]
Tell = Callable[..., None]


class Receiver:
    """Keeps what it is told, and answers the statuses it is given, then 200."""

    def __init__(self) -> None:
        self.told: list[tuple[Headers, bytes]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.told.append((self.headers, body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def bodies(self) -> list[str]:
        return [one["body"] for _, body in self.told for one in json.loads(body)["messages"]]


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    made = Receiver()
    settings.CHAT_WEBHOOK_ALLOWED = [made.address]
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def hook(receiver: Receiver, people: People) -> Webhook:
    return Webhook.objects.create(url=f"http://{receiver.address}/hook", created_by=people["ada"])


@pytest.fixture
def worker(log: EmbeddedLog, room: Room) -> Iterator[Webhooks]:
    made = Webhooks(log)
    made.tick_every_s = 1e9  # type: ignore[misc]
    made._tick_at = 1e18
    made.drain()
    yield made
    made.close()


@pytest.fixture
def tell(log: EmbeddedLog, worker: Webhooks) -> Iterator[Tell]:
    """Commands become events, and the events become deliveries that wait."""
    bridge = Bridge(log, "g", Announcer(lambda *_: None))

    def go(*commands: SendMessage) -> None:
        for command in commands:
            append(log, command)
            bridge.drain()
        worker.drain()

    yield go
    bridge.close()


def make_due() -> None:
    Webhook.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_the_signature_is_what_the_documentation_verifies(
    tell: Tell, worker: Webhooks, say: Say, hook: Webhook, receiver: Receiver
) -> None:
    tell(say("ada", "grüße 👋"))
    worker.tick()
    (headers, body), found = receiver.told[0], {}
    text = (Path(__file__).parents[3] / "docs/operations.md").read_text()
    exec(re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0], found)
    assert found["is_genuine"](hook.secret, headers, body)
    assert not found["is_genuine"](hook.secret, headers, body + b" ")
    assert not found["is_genuine"]("another", headers, body)
    by_hand = hmac.new(hook.secret.encode(), headers["Chatsite-Timestamp"].encode() + b"." + body, hashlib.sha256)
    assert headers["Chatsite-Signature"] == f"v1={by_hand.hexdigest()}"
    facts = json.loads(body)
    assert facts["id"] == headers["Chatsite-Event-Id"]
    assert facts["about"]["name"] == "lobby"
    assert receiver.bodies == ["grüße 👋"]
    kept = WebhookDelivery.objects.get()
    assert (kept.body, kept.outcome, kept.tries) == ("", "status 200", 1)


@pytest.mark.parametrize("status", [500, 302, 404])
def test_what_fails_comes_again_with_the_same_id_and_the_rest_waits_behind_it(
    tell: Tell, worker: Webhooks, say: Say, hook: Webhook, receiver: Receiver, status: int
) -> None:
    receiver.answers = [status]
    tell(say("ada", "one"), say("ada", "two"))
    worker.tick()
    worker.tick()
    assert receiver.bodies == ["one"]
    hook.refresh_from_db()
    assert hook.failures == 1
    assert hook.due_at > timezone.now()
    make_due()
    worker.tick()
    assert receiver.bodies == ["one", "one", "two"]
    ids = [UUID(headers["Chatsite-Event-Id"]) for headers, _ in receiver.told]
    assert ids[0] == ids[1] != ids[2]
    hook.refresh_from_db()
    assert hook.failures == 0


def test_waits_grow_and_differ(hook: Webhook, receiver: Receiver, tell: Tell, worker: Webhooks, say: Say) -> None:
    tell(say("ada"))
    for tries in range(5):
        receiver.answers = [500]
        before = timezone.now()
        worker.tick()
        hook.refresh_from_db()
        waits = (hook.due_at - before).total_seconds()
        assert webhooks.FIRST_S * 2**tries / 2 <= waits <= webhooks.FIRST_S * 2**tries + 30
        make_due()


def test_one_that_always_fails_is_switched_off_and_goes_on_when_it_is_enabled(
    tell: Tell, worker: Webhooks, say: Say, hook: Webhook, receiver: Receiver, people: People, client: Client,
    settings: Any,
) -> None:  # fmt: skip
    settings.CHAT_WEBHOOK_FAILURES = 3
    receiver.answers = [500] * 3
    tell(say("ada", "one"))
    for _ in range(5):
        worker.tick()
        make_due()
    hook.refresh_from_db()
    assert (len(receiver.told), hook.enabled, hook.failures) == (3, False, 3)
    tell(say("ada", "while it is off"))
    root = User.objects.create_superuser("root", password="x", name="Root")
    client.force_login(root)
    form = {"url": hook.url, "events": "all", "secret": hook.secret, "room": "", "enabled": "on"}
    assert client.post(f"/admin/messaging/webhook/{hook.pk}/change/", form).status_code == 302
    worker.tick()
    assert receiver.bodies == ["one"] * 4


def test_an_event_that_is_handled_twice_is_told_once(
    tell: Tell, worker: Webhooks, say: Say, hook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    handle = Webhooks.handle
    monkeypatch.setattr(Webhooks, "handle", lambda self, events: (seen.extend(events), handle(self, events))[1])
    tell(say("ada"))
    handle(worker, seen)
    worker.tick()
    handle(worker, seen)
    worker.tick()
    assert len(seen) == len(receiver.told) == WebhookDelivery.objects.count() == 1


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://127.0.0.1/", "NotPublic"),
        ("https://169.254.169.254/latest/", "NotPublic"),
        ("https://[::ffff:10.0.0.1]/", "NotPublic"),
        ("https://localhost:6379/", "NotPublic"),
        ("http://127.0.0.1:1/", "only https"),
        ("https:///", ""),
    ],
)
def test_private_addresses_are_refused(
    tell: Tell, worker: Webhooks, say: Say, hook: Webhook, url: str, why: str
) -> None:
    Webhook.objects.update(url=url)
    tell(say("ada"))
    worker.tick()
    kept = WebhookDelivery.objects.get()
    assert why in kept.outcome
    assert (kept.tries, kept.done_at) == (1, None)


def test_only_what_it_is_for(
    tell: Tell, worker: Webhooks, say: Say, hook: Webhook, room: Room, people: People, receiver: Receiver
) -> None:
    Webhook.objects.create(url=f"{hook.url}?members", created_by=people["ada"], events="members")
    tell(say("ada", "in public"))
    Room.objects.update(kind=Room.Kind.PRIVATE)
    tell(say("ada", "in private"))
    Webhook.objects.filter(pk=hook.pk).update(room=room)
    tell(say("ada", "named"))
    worker.tick()
    assert receiver.bodies == ["in public", "named"]


def test_the_log_of_deliveries_is_bounded(hook: Webhook, worker: Webhooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "KEPT_MOST", 5)
    monkeypatch.setattr(webhooks, "WAITING_MOST", 3)
    now = timezone.now()
    for number in range(20):
        WebhookDelivery.objects.create(webhook=hook, event_id=UUID(int=number), done_at=now if number % 2 else None)
    old = now - webhooks.KEPT - timedelta(hours=1)
    WebhookDelivery.objects.create(webhook=hook, event_id=UUID(int=99), created_at=old)
    webhooks._trim()
    kept = set(WebhookDelivery.objects.values_list("event_id", flat=True))
    assert kept == {UUID(int=number) for number in (14, 16, 18, 11, 13, 15, 17, 19)}


@pytest.mark.parametrize("url", ["http://example.org/", "ftp://example.org/", "https://a:b@example.org/", "nothing"])
def test_the_admin_refuses_what_could_not_work(client: Client, people: People, url: str) -> None:
    client.force_login(User.objects.create_superuser("root", password="x", name="Root"))
    form = {"url": url, "events": "all", "secret": "s" * 20, "enabled": "on"}
    assert client.post("/admin/messaging/webhook/add/", form).status_code == 200
    assert not Webhook.objects.exists()
    form["url"] = "https://example.org/hook"
    assert client.post("/admin/messaging/webhook/add/", form).status_code == 302
    assert Webhook.objects.get().created_by.username == "root"
    assert client.get("/admin/messaging/webhookdelivery/").status_code == 200
