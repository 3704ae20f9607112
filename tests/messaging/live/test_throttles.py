"""Limits say how long to wait, and forget nobody too early."""

from __future__ import annotations

import pytest

from messaging import limits
from messaging.errors import RateLimited, SlowMode
from messaging.live import throttles
from messaging.live.throttles import ConnectLimit, SendLimits


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(throttles.time, "monotonic", lambda: now[0])
    return now


def test_slow_mode_says_what_is_left_and_a_reload_is_no_way_around_it(clock: list[float]) -> None:
    sends = SendLimits()
    sends.check_turn(1, 7, 30)
    sends.check_turn(1, 7, 30)  # asking is free: what was refused for another reason has cost no turn
    sends.note_turn(1, 7)
    clock[0] += 12
    sends.forget(1)
    with pytest.raises(SlowMode) as caught:
        sends.check_turn(1, 7, 30)
    assert caught.value.retry_after == 18
    sends.check_turn(1, 8, 30)
    sends.check_turn(2, 7, 30)
    clock[0] += 18
    sends.check_turn(1, 7, 30)


def test_re_sends_are_never_refused_and_wait_when_they_are_too_many(
    clock: list[float], settings: pytest.FixtureRequest
) -> None:
    settings.CHAT_SEND_RATE, settings.CHAT_SEND_BURST = 10, 20  # type: ignore[attr-defined]
    sends = SendLimits()
    waits = [sends.wait_to_repeat(1) for _ in range(300)]
    assert waits[:200] == [0.0] * 200
    assert waits[-1] == pytest.approx(1.0)
    assert sends.wait_to_repeat(2) == 0


def test_turns_that_are_long_over_are_forgotten(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TURNS_REMEMBERED", 3)
    sends = SendLimits()
    for user in range(3):
        sends.note_turn(user, 7)
    clock[0] += limits.SLOW_MODE_MOST_S
    sends.note_turn(9, 7)
    assert list(sends._spoke) == [(9, 7)]


def test_a_crowd_is_let_in_evenly_and_the_rest_told_to_come_back(
    clock: list[float], settings: pytest.FixtureRequest
) -> None:
    settings.CHAT_CONNECT_RATE = 50  # type: ignore[attr-defined]
    connects = ConnectLimit()
    waits = [connects.admit("127.0.0.1") for _ in range(int(50 + 50 * limits.CONNECT_WAIT_S))]
    with pytest.raises(RateLimited):
        connects.admit("127.0.0.1")
    assert waits[:50] == [0.0] * 50
    assert waits[50:] == sorted(waits[50:])
    assert waits[-1] == pytest.approx(limits.CONNECT_WAIT_S, abs=0.02)
    clock[0] += 1
    assert connects.admit("::1") <= limits.CONNECT_WAIT_S


def test_one_address_gets_ten_a_second_and_loopback_is_free(
    clock: list[float], settings: pytest.FixtureRequest
) -> None:
    settings.CHAT_CONNECT_RATE, settings.CHAT_CONNECT_RATE_PER_ADDRESS = 1000, 10  # type: ignore[attr-defined]
    connects = ConnectLimit()
    for _ in range(10):
        connects.admit("192.0.2.1")
    with pytest.raises(RateLimited):
        connects.admit("192.0.2.1")
    connects.admit("192.0.2.2")
    connects.admit(None)
    for _ in range(50):
        connects.admit("127.0.0.1")


def test_addresses_are_forgotten_when_they_are_many(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ADDRESSES_REMEMBERED", 3)
    connects = ConnectLimit()
    for number in range(3):
        connects.admit(f"192.0.2.{number}")
    clock[0] += 60
    connects.admit("192.0.2.9")
    assert len(connects._by_address) == 1
