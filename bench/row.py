"""One row of the speed table: a figure, its reference of the same call, and what it has to keep."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Limit:
    """A bound of `value`, of `ratio`, or of another figure of the row by its name."""

    of: str
    op: Literal["<=", ">="]
    bound: float

    def holds(self, figures: dict[str, float]) -> bool:
        found = figures[self.of]
        return found <= self.bound if self.op == "<=" else found >= self.bound

    def __str__(self) -> str:
        return f"{self.of} {self.op} {self.bound:,.10g}"


@dataclass(frozen=True)
class Row:
    """`value` None: it could not be measured, and `why` says so."""

    name: str
    what: str
    unit: str
    value: float | None = None
    reference: float | None = None
    reference_what: str = ""
    """In the same unit, unless this says another."""
    figures: dict[str, float] = field(default_factory=dict)
    """What else was seen: percentiles, sizes, counts."""
    must: Sequence[Limit] = ()
    aim: Sequence[Limit] = ()
    conditions: dict[str, Any] = field(default_factory=dict)
    why: str = ""

    @property
    def ratio(self) -> float | None:
        """The value as a multiple of the reference."""
        if self.value is None or not self.reference:
            return None
        return self.value / self.reference

    @property
    def ok(self) -> bool | None:
        """Whether every `must` holds; None when nothing was measured or nothing is asked."""
        return self._keeps(self.must)

    @property
    def reaches_aim(self) -> bool | None:
        return self._keeps(self.aim)

    def _keeps(self, limits: Sequence[Limit]) -> bool | None:
        if self.value is None or not limits:
            return None
        known = {**self.figures, "value": self.value} | ({} if self.ratio is None else {"ratio": self.ratio})
        return all(limit.holds(known) for limit in limits)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "what": self.what, "value": rounded(self.value), "unit": self.unit,
            "reference": rounded(self.reference), "reference_what": self.reference_what, "ratio": rounded(self.ratio),
            "must": [str(limit) for limit in self.must], "aim": [str(limit) for limit in self.aim],
            "ok": self.ok, "reaches_aim": self.reaches_aim,
            "figures": {name: rounded(value) for name, value in self.figures.items()},
            "conditions": self.conditions, "why": self.why,
        }  # fmt: skip


def not_measured(name: str, why: str) -> Row:
    return Row(name, "", "", why=why)


def rounded(value: float | None) -> float | None:
    """Four digits that count."""
    return None if value is None else float(f"{value:.4g}") if abs(value) < 1000 else round(value)


def percentile(values: Iterable[float], share: float) -> float:
    """The nearest rank. Raises ValueError for no values: a percentile of nothing is not 0."""
    found = sorted(values)
    if not found:
        raise ValueError("a percentile of nothing")
    return found[min(len(found) - 1, int(share * len(found)))]


def medians_of(times: int, once: Callable[[], Sequence[float]]) -> list[float]:
    """Call `once` so often; the median of each of its figures."""
    return [statistics.median(values) for values in zip(*(once() for _ in range(times)), strict=True)]
