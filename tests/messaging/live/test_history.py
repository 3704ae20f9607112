"""The last half hour in memory: rates and percentiles as Prometheus makes them."""

from __future__ import annotations

import pytest

from messaging import metrics
from messaging.live.history import KEPT, History, percentile

INFINITE = float("inf")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def history_of(steps: int, clock: Clock, sends_each: int) -> History:
    history = History(clock)
    for _ in range(steps):
        history.take()
        metrics.frames_received.labels(type="send").inc(sends_each)
        metrics.frames_received.labels(type="ping").inc(100)
        clock.now += 5
    return history


def test_rates_are_differences_over_time_whatever_was_counted_before() -> None:
    metrics.frames_received.labels(type="send").inc(1000)
    sends = history_of(10, Clock(), sends_each=20).curves()["sends"]
    assert len(sends) == 9
    assert {value for _, value in sends} == {4.0}
    assert sends[0][0] > sends[-1][0] == 5


def test_it_remembers_half_an_hour_and_no_more() -> None:
    clock = Clock()
    history = history_of(KEPT + 50, clock, sends_each=1)
    assert len(history.curves()["sockets"]) == KEPT
    assert history.curves()["sockets"][0][0] == KEPT * 5


def test_gauges_are_as_they_stood() -> None:
    before = metrics.sockets._value.get()
    clock = Clock()
    history = History(clock)
    try:
        for count in (3, 7):
            metrics.sockets.set(count)
            clock.now += 5
            history.take()
        assert [value for _, value in history.curves()["sockets"]] == [3, 7]
        assert history.curves()["memory"][-1][1] > 10_000_000
    finally:
        metrics.sockets.set(before)


def test_nothing_taken_is_nothing_to_draw() -> None:
    assert set(map(len, History().curves().values())) == {0}


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (((0.1, 0.0), (0.2, 0.0), (INFINITE, 0.0)), None),
        (((0.1, 100.0), (0.2, 100.0), (INFINITE, 100.0)), 0.099),
        (((0.1, 0.0), (0.2, 100.0), (INFINITE, 100.0)), 0.199),
        (((0.1, 0.0), (0.2, 0.0), (INFINITE, 100.0)), 0.2),
    ],
)
def test_a_percentile_is_interpolated_in_its_bucket(
    after: tuple[tuple[float, float], ...], expected: float | None
) -> None:
    before = tuple((bound, 0.0) for bound, _ in after)
    found = percentile(before, after, 0.99)
    assert found == (None if expected is None else pytest.approx(expected))


def test_a_percentile_counts_only_what_came_in_between() -> None:
    before = ((0.1, 0.0), (1.0, 1000.0), (INFINITE, 1000.0))
    after = ((0.1, 10.0), (1.0, 1010.0), (INFINITE, 1010.0))
    assert percentile(before, after, 0.5) == pytest.approx(0.05)
