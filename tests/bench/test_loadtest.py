"""The search for the highest rate ends at the knee, and frames of the tutorial are cut as they were sent."""

from __future__ import annotations

import pytest

from bench.loadtest import WRONG, highest, is_in_time
from bench.readers import frames_of
from bench.watched_room import server_frame


def knee(at: float, first: float, steps: int) -> tuple[float | None, int]:
    """What is found, and after how many rates."""
    tried: list[float] = []

    def try_rate(rate: float) -> tuple[bool, float]:
        tried.append(rate)
        return rate <= at, rate

    return highest(try_rate, first, steps), len(set(tried))


@pytest.mark.parametrize("first", [1.0, 100.0, 4000.0])
def test_the_search_ends_at_the_knee(first: float) -> None:
    found, tried = knee(700, first, 16)
    assert found == pytest.approx(700, rel=0.05)
    assert found <= 700
    assert tried == 16


def test_one_disturbed_moment_does_not_turn_it() -> None:
    disturbed = {200.0, 700.0}

    def try_rate(rate: float) -> tuple[bool, float]:
        if rate in disturbed:
            disturbed.remove(rate)
            return False, rate
        return rate <= 700, rate

    assert highest(try_rate, 100.0, 6) == 700


def test_nothing_that_holds_is_nothing_and_no_figure() -> None:
    assert knee(0, 100, 4) == (None, 4)


@pytest.mark.parametrize(
    ("accepted", "p99", "holds"), [(100, 249.9, True), (98, 10, False), (100, 250, False), (0, 1, False)]
)
def test_in_time_is_accepted_and_delivered(accepted: int, p99: float, holds: bool) -> None:
    sent = 100 if accepted else 0
    report = {"sent": sent, "accepted": accepted, "deliver_ms": {"p99": p99}, **dict.fromkeys(WRONG, 0)}
    assert is_in_time(report) is holds
    assert not any(is_in_time(report | {name: 1}) for name in WRONG)


def test_frames_are_cut_wherever_the_stream_is_broken() -> None:
    texts = [b"", b"a" * 5, b"b" * 126, b"c" * 70_000]
    long = b"\x81\x7f" + (70_000).to_bytes(8, "big") + texts[3]
    stream = b"".join(map(server_frame, texts[:3])) + long
    for cut in (0, 1, 2, 3, 9, 60, 140, 145, 1000, len(stream)):
        first, rest = frames_of(stream[:cut])
        second, left = frames_of(rest + stream[cut:])
        assert first + second == texts
        assert left == b""
