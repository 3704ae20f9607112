"""A row says what was measured, and never more."""

from __future__ import annotations

import math

import pytest

from bench.row import Limit, Row, medians_of, not_measured, percentile

MUST = (Limit("value", "<=", 20), Limit("ratio", "<=", 2.5))


def row(value: float, reference: float = 10, **figures: float) -> Row:
    return Row("fanout", "a delivery", "µs", value, reference, figures=figures, must=MUST, aim=(Limit("p99", "<=", 1),))


@pytest.mark.parametrize(
    ("value", "reference", "ok"), [(20, 8, True), (20.1, 20, False), (20, 7.9, False), (30, 1, False)]
)
def test_a_row_is_ok_when_all_it_must_keep_holds(value: float, reference: float, ok: bool) -> None:
    assert row(value, reference, p99=0).ok is ok


def test_a_limit_can_be_of_any_figure_and_of_either_direction() -> None:
    assert row(1, p99=1).reaches_aim is True
    assert row(1, p99=1.1).reaches_aim is False
    assert Limit("value", ">=", 3).holds({"value": 3})
    assert not Limit("value", ">=", 3).holds({"value": 2.9})


def test_a_limit_of_what_was_not_measured_is_an_error_and_no_pass() -> None:
    with pytest.raises(KeyError):
        row(1).reaches_aim  # noqa: B018


def test_what_was_not_measured_has_a_reason_and_no_figure() -> None:
    told = not_measured("drain", "without KAFKA_BOOTSTRAP_SERVERS").as_json()
    assert told["value"] is told["ratio"] is told["ok"] is told["reaches_aim"] is None
    assert told["why"] == "without KAFKA_BOOTSTRAP_SERVERS"


def test_no_reference_is_no_ratio() -> None:
    assert Row("growth", "", "%", 3.0).ratio is None


def test_medians_are_taken_of_each_figure_apart() -> None:
    rounds = iter([(1, 30), (3, 10), (2, 99)])
    assert medians_of(3, lambda: next(rounds)) == [2, 30]


def test_a_percentile_is_one_of_the_values_and_of_nothing_there_is_none() -> None:
    values = [float(n) for n in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile([7.0], 0.99)) == (51, 100, 7)
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)


def test_figures_keep_four_digits() -> None:
    told = row(math.pi, p99=123456.7).as_json()
    assert (told["value"], told["figures"]["p99"]) == (3.142, 123457)
