"""Dead, hung and flapping dependencies: opens, probes, closes; and the metric says the same."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import pytest

from messaging import breaker as module
from messaging import metrics
from messaging.breaker import Breaker, BreakerOpen, State


class Dependency:
    """Answers as told: True is well, False fails."""

    def __init__(self, answers: Iterable[bool]) -> None:
        self.answers = iter(answers)
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        if not next(self.answers):
            raise ConnectionError
        return "well"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def attempt(breaker: Breaker, dependency: Dependency) -> str:
    try:
        return breaker.call(dependency)
    except BreakerOpen:
        return "not asked"
    except ConnectionError:
        return "failed"


def told() -> float:
    return metrics.breaker_state.labels(dependency="test")._value.get()


def test_a_dead_one_is_asked_once_a_rest(clock: list[float]) -> None:
    breaker, dead = Breaker("test", rest_s=2), Dependency([False] * 100)
    seen = []
    for _ in range(100):
        seen.append(attempt(breaker, dead))
        clock[0] += 0.1
    assert dead.asked == 5
    assert seen.count("not asked") == 95
    assert (breaker.state, told()) == (State.OPEN, 2)


def test_it_probes_with_one_call_and_closes(clock: list[float]) -> None:
    breaker, back = Breaker("test", rest_s=2), Dependency([False, True, True])
    assert attempt(breaker, back) == "failed"
    clock[0] += 2
    assert attempt(breaker, back) == "well"
    assert attempt(breaker, back) == "well"
    assert (breaker.state, told()) == (State.CLOSED, 0)


def test_a_flapping_one_opens_and_closes_with_it(clock: list[float]) -> None:
    breaker, flapping = Breaker("test", rest_s=2), Dependency([True, False] * 10)
    states = []
    for _ in range(20):
        attempt(breaker, flapping)
        states.append(breaker.state)
        assert told() == breaker.state
        clock[0] += 2
    assert states == [State.CLOSED, State.OPEN] * 10


def test_failures_have_to_come_in_a_row(clock: list[float]) -> None:
    breaker, shaky = Breaker("test", failures=3), Dependency([False, False, True, False, False, True])
    for _ in range(6):
        attempt(breaker, shaky)
    assert breaker.state is State.CLOSED


def test_while_a_hung_one_is_probed_nobody_else_waits_for_it(clock: list[float]) -> None:
    breaker = Breaker("test", rest_s=2)
    attempt(breaker, Dependency([False]))
    clock[0] += 2
    asked, answer = threading.Event(), threading.Event()

    def hang() -> str:
        asked.set()
        assert answer.wait(5)
        raise ConnectionError

    probe = threading.Thread(target=lambda: attempt(breaker, hang))  # type: ignore[arg-type]
    probe.start()
    assert asked.wait(5)
    assert told() == State.HALF_OPEN
    assert attempt(breaker, Dependency([True])) == "not asked"
    answer.set()
    probe.join()
    assert (breaker.state, told()) == (State.OPEN, 2)


def test_a_clock_that_is_set_back_does_not_keep_it_open(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    breaker = Breaker("test", rest_s=2)
    attempt(breaker, Dependency([False]))
    monkeypatch.setattr(module.time, "time", lambda: -600.0)
    clock[0] += 2
    assert attempt(breaker, Dependency([True])) == "well"
