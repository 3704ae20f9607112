"""Signed facts to an address outside, within bounds of size and time."""

from __future__ import annotations

import hashlib
import hmac
import time
from urllib.parse import urlsplit
from uuid import UUID

import httpcore
from django.conf import settings

from messaging.fetching.guard import PublicOnly

POST_S, STEP_S = 8.0, 4.0
AGENT = b"chatsite webhook"
TIMEOUTS = {"timeout": {"connect": STEP_S, "read": STEP_S, "write": STEP_S, "pool": STEP_S}}


class NotDelivered(Exception):
    """Whether the receiver has it is not known; the reason is for who configured it."""


def signature(secret: str, timestamp: str, body: bytes) -> str:
    return "v1=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_allowed(url: str) -> bool:
    """Whether this address stands in CHAT_WEBHOOK_ALLOWED. Raises ValueError for one that is none."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}" in settings.CHAT_WEBHOOK_ALLOWED


def post(url: str, secret: str, event_id: UUID, body: bytes) -> str:
    """What it answered. Blocks for some seconds at most; redirects are not followed. Raises NotDelivered."""
    timestamp = str(int(time.time()))
    headers = [
        (b"User-Agent", AGENT),
        (b"Content-Type", b"application/json"),
        (b"Content-Length", str(len(body)).encode()),
        (b"Chatsite-Event-Id", str(event_id).encode()),
        (b"Chatsite-Timestamp", timestamp.encode()),
        (b"Chatsite-Signature", signature(secret, timestamp, body).encode()),
    ]
    network = PublicOnly(POST_S, settings.CHAT_WEBHOOK_ALLOWED)
    try:
        if urlsplit(url).scheme != "https" and not is_allowed(url):
            raise NotDelivered("only https")
        with (
            httpcore.ConnectionPool(network_backend=network, max_connections=1) as pool,
            pool.stream("POST", url, headers=headers, content=body, extensions=TIMEOUTS) as answer,
        ):
            status = answer.status  # its body is not read: the connection ends here
    except (
        httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, httpcore.UnsupportedProtocol,
        OSError, ValueError,
    ) as error:  # fmt: skip
        raise NotDelivered(repr(error)) from error
    if not 200 <= status < 300:
        raise NotDelivered(f"status {status}")
    return f"status {status}"
