"""What a series of loads says about the server: its phases, its knee, the law that fits, and what gave out. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

KEEPS_UP = 0.95
DECLINES = 0.9
SWINGS = 0.25
BUSY_CPU, LATE_LOOP_S, BEHIND_S = 0.9, 0.25, 3.0


class Point(NamedTuple):
    """One step: offered and stored a second, the goodput of each of its seconds, and what was watched meanwhile."""

    offered: float
    goodput: float
    by_second: Sequence[float]
    watched: Mapping[str, float]


class Law(NamedTuple):
    """Gunther's Universal Scalability Law: X(N) = N / (1 + sigma (N - 1) + kappa N (N - 1)), N in units of the first
    step. `sigma`: contention, `kappa`: what parts cost one another."""

    sigma: float
    kappa: float

    def at(self, n: float) -> float:
        return n / (1 + self.sigma * (n - 1) + self.kappa * n * (n - 1))


def phases(points: Sequence[Point]) -> list[str]:
    """`growth`, `plateau`, `decline`, `oscillation`, step by step; after a lower load again `growth` is recovery."""
    peak = max((point.goodput for point in points), default=0.0)
    up = _up_to_the_knee(points)
    return ["growth"] * up + [_phase(point, peak) for point in points[up:]]


def _phase(point: Point, peak: float) -> str:
    if _keeps_up(point):
        return "growth"
    if len(point.by_second) > 2 and point.goodput > 0:
        swing = statistics.pstdev(point.by_second) / point.goodput
        if swing > SWINGS:
            return "oscillation"
    return "plateau" if point.goodput >= DECLINES * peak else "decline"


def knee(points: Sequence[Point]) -> float:
    """The highest load that was kept up with on the way up, sends a second. (On the way down some of what is accepted
    had waited.)"""
    falls = (place for place in range(1, len(points)) if points[place].offered < points[place - 1].offered)
    way_up = points[: next(falls, len(points))]
    return max((point.offered for point in way_up if _keeps_up(point)), default=0.0)


def _keeps_up(point: Point) -> bool:
    return point.goodput >= KEEPS_UP * point.offered


def _up_to_the_knee(points: Sequence[Point]) -> int:
    """How many steps there are until the highest load was kept up with, for the first time. All of them were: what the
    last moments of a short step lack is accepted in the next one."""
    top = knee(points)
    return next((number for number, point in enumerate(points, 1) if point.offered == top and _keeps_up(point)), 0)


def kept(points: Sequence[Point]) -> float:
    """What is left of the goodput at the highest load, as a share of that at the next lower one; in rounds of both."""
    most, less = sorted({point.offered for point in points}, reverse=True)[:2]
    peak = _goodput(points, less)
    return _goodput(points, most) / peak if peak else 0.0


def _goodput(points: Sequence[Point], offered: float) -> float:
    return statistics.mean(point.goodput for point in points if point.offered == offered)


def fit(points: Sequence[Point]) -> Law:
    """Least squares on (N / C - 1) / (N - 1) = sigma + kappa N; neither is below 0."""
    rising = sorted(points, key=lambda point: point.offered)
    if not rising or not rising[0].goodput:
        return Law(0.0, 0.0)
    first = rising[0]
    xs, ys = [], []
    for point in rising[1:]:
        n, c = point.offered / first.offered, point.goodput / first.goodput
        if n > 1 and c > 0:
            xs.append(n)
            ys.append((n / c - 1) / (n - 1))
    if len(set(xs)) < 2:
        return Law(max(0.0, ys[0]) if ys else 0.0, 0.0)
    slope, constant = statistics.linear_regression(xs, ys)
    if slope < 0:
        return Law(max(0.0, statistics.mean(ys)), 0.0)
    return Law(max(0.0, constant), slope)


def cause(points: Sequence[Point]) -> str:
    """What had no more to give at the first step beyond the knee."""
    short = next((point for point in points[_up_to_the_knee(points) :] if not _keeps_up(point)), None)
    if short is None:
        return "nothing gave out"
    signs = [
        f"{name} {value:.2f}"
        for name, value in short.watched.items()
        if (name.endswith(" cpu") and value >= BUSY_CPU)
        or (name.endswith(" loop lag, s") and value >= LATE_LOOP_S)
        or (name.endswith(" lag, s") and not name.endswith(" loop lag, s") and value >= BEHIND_S)
    ]
    return ", ".join(signs) or "none of what was watched was at its end: give --metrics, or look at the stores"
