"""What is tried: how many rooms, who talks, and how much when. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from messaging.management.loadtest.plan import Seat, Step

TALKERS_AMONG_IDLE = 20
RAMP_STEPS = 10
SATURATION = (0.1, 0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 2.0, 1.0, 0.5)
"""Of the rate that is taken for the most: up beyond it and back."""
OVERLOAD = (0.5, *4 * (1.1, 2.0), 0.5)
"""Of the same, in turn: what the machine does meanwhile concerns both alike."""


@dataclass(frozen=True)
class Scenario:
    about: str
    steps: Callable[[float, float], list[Step]]
    one_room: bool = False
    few_talk: bool = False

    def rooms(self, asked: int) -> int:
        return 1 if self.one_room else asked

    def seats(self, made: Sequence[Seat]) -> list[Seat]:
        """Who talks: everybody, or, among the idle, a few of them."""
        if not self.few_talk:
            return list(made)
        return [replace(seat, talks=number < TALKERS_AMONG_IDLE) for number, seat in enumerate(made)]


def _steady(rate: float, seconds: float) -> list[Step]:
    return [Step(rate, seconds)]


def _cut_in_the_middle(rate: float, seconds: float) -> list[Step]:
    return [Step(rate, seconds / 2), Step(rate, seconds / 2, cut=True)]


def _ramp(rate: float, seconds: float) -> list[Step]:
    return [Step(rate * (number + 1) / RAMP_STEPS, seconds / RAMP_STEPS) for number in range(RAMP_STEPS)]


def _shares(shares: Sequence[float], rate: float, seconds: float) -> list[Step]:
    return [Step(rate * share, seconds / len(shares)) for share in shares]


SCENARIOS = {
    "hot-room": Scenario("everybody in one room, everybody talks", _steady, one_room=True),
    "many-rooms": Scenario("people spread over rooms, everybody talks", _steady),
    "idle": Scenario(f"all hold a socket, {TALKERS_AMONG_IDLE} of them talk", _steady, few_talk=True),
    "reconnect-storm": Scenario("half-way through every socket is lost at once", _cut_in_the_middle),
    "ramp": Scenario(f"more and more in {RAMP_STEPS} steps, up to --rate", _ramp),
    "saturation": Scenario("from a tenth of --rate to three times as much, and back", partial(_shares, SATURATION)),
    "overload": Scenario("in turn a little more than --rate, and twice as much", partial(_shares, OVERLOAD)),
}
