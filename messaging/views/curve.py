"""A curve as the two paths of an SVG: its line, and the area under it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 320, 96
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


class Curve(NamedTuple):
    """`top`: the value at the upper edge. Paths are empty for fewer than two points."""

    line: str
    area: str
    top: float


def draw(points: Sequence[tuple[float, float]], span_s: float, least_top: float) -> Curve:
    """`points`: (seconds ago, value), oldest first; the right edge is now, the left one `span_s` ago."""
    top = round_up(max([least_top, *(value for _, value in points)]))
    places = [
        (round(WIDTH * (1 - ago / span_s), 1), round(HEIGHT * (1 - value / top), 1))
        for ago, value in points
        if ago <= span_s
    ]
    if len(places) < 2:
        return Curve("", "", top)
    line = "M" + "L".join(f"{x} {y}" for x, y in places)
    return Curve(line, f"{line}L{places[-1][0]} {HEIGHT}L{places[0][0]} {HEIGHT}Z", top)


def round_up(value: float) -> float:
    """To the next 1, 2, 2.5, 5 or 10 of its power of ten; `value` is above 0."""
    power = 1.0
    while power * 10 < value:
        power *= 10
    while power >= value:
        power /= 10
    return next((step * power for step in STEPS if step * power >= value), 10 * power)
