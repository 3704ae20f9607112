"""How fast: what a person may send, what a room in slow mode takes from one person, how many may connect."""

from __future__ import annotations

import ipaddress
import math
import time

from django.conf import settings

from messaging import limits
from messaging.errors import RateLimited, SlowMode


class TokenBucket:
    """`rate` a second on average, `burst` at once. Raises RateLimited with the seconds to wait."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self._tokens, self._at = burst, time.monotonic()

    def take(self) -> None:
        self._refill()
        if self._tokens < 1:
            raise RateLimited(retry_after=round((1 - self._tokens) / self.rate, 3))
        self._tokens -= 1

    def reserve(self, most_s: float) -> float:
        """Take a token that may be there only in some seconds; returns how many. Raises RateLimited beyond `most_s`."""
        self._refill()
        wait_s = max(0.0, (1 - self._tokens) / self.rate)
        if wait_s > most_s:
            raise RateLimited(retry_after=round(wait_s, 3))
        self._tokens -= 1
        return wait_s

    @property
    def is_full(self) -> bool:
        self._refill()
        return self._tokens >= self.burst

    def _refill(self) -> None:
        now = time.monotonic()
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now


class SendLimits:
    """`CHAT_SEND_RATE` per person and slow mode per person and room, over all their sockets in this process.

    (Over processes the bridge holds slow mode up: it knows every message.)
    """

    def __init__(self) -> None:
        self._buckets: dict[int, TokenBucket] = {}
        self._repeats: dict[int, TokenBucket] = {}
        self._spoke: dict[tuple[int, int], float] = {}
        """When somebody last wrote in a slow room: {(user, room): monotonic}."""

    def take(self, user_id: int) -> None:
        """Raises RateLimited."""
        bucket = self._buckets.get(user_id)
        if bucket is None:
            bucket = self._buckets[user_id] = TokenBucket(settings.CHAT_SEND_RATE, settings.CHAT_SEND_BURST)
        bucket.take()

    def wait_to_repeat(self, user_id: int) -> float:
        """Seconds that a re-send has to wait: REPEATS times as many as new messages are free."""
        bucket = self._repeats.get(user_id)
        if bucket is None:
            rate, burst = limits.REPEATS * settings.CHAT_SEND_RATE, limits.REPEATS * settings.CHAT_SEND_BURST
            bucket = self._repeats[user_id] = TokenBucket(rate, burst)
        return bucket.reserve(math.inf)

    def check_turn(self, user_id: int, room_id: int, every_s: float) -> None:
        """Raises SlowMode with the seconds that are left."""
        spoke_at = self._spoke.get((user_id, room_id))
        left = 0.0 if spoke_at is None else spoke_at + every_s - time.monotonic()
        if left > 0:
            raise SlowMode(retry_after=round(left, 1))

    def note_turn(self, user_id: int, room_id: int) -> None:
        """This person has just written in a slow room."""
        now = time.monotonic()
        self._spoke[user_id, room_id] = now
        if len(self._spoke) > limits.TURNS_REMEMBERED:
            self._spoke = {key: at for key, at in self._spoke.items() if now - at < limits.SLOW_MODE_MOST_S}

    def forget(self, user_id: int) -> None:
        """Of somebody without sockets here. Who waits in a slow room is kept: a reload is no way around it."""
        self._buckets.pop(user_id, None)
        self._repeats.pop(user_id, None)


class ConnectLimit:
    """`CHAT_CONNECT_RATE` per process and `CHAT_CONNECT_RATE_PER_ADDRESS`: a crowd that comes back is let in evenly."""

    def __init__(self) -> None:
        self._all = TokenBucket(settings.CHAT_CONNECT_RATE, settings.CHAT_CONNECT_RATE)
        self._by_address: dict[str, TokenBucket] = {}

    def admit(self, address: str | None) -> float:
        """The seconds this one has to wait. Raises RateLimited when that is more than CONNECT_WAIT_S."""
        if address is not None and not _is_loopback(address):
            self._bucket_of(address).take()
        return self._all.reserve(limits.CONNECT_WAIT_S)

    def _bucket_of(self, address: str) -> TokenBucket:
        bucket = self._by_address.get(address)
        if bucket is None:
            if len(self._by_address) >= limits.ADDRESSES_REMEMBERED:
                self._by_address = {known: held for known, held in self._by_address.items() if not held.is_full}
            rate = settings.CHAT_CONNECT_RATE_PER_ADDRESS
            bucket = self._by_address[address] = TokenBucket(rate, rate)
        return bucket


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:  # a UNIX socket has no address
        return True
