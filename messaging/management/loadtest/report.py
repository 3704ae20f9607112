"""What a load test says: a plain value for programs, a page for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.template import Context, Engine

from messaging.management.loadtest.histogram import Histogram
from messaging.management.loadtest.plan import Step
from messaging.management.loadtest.run import Found
from messaging.management.loadtest.saturation import Point, cause, fit, kept, knee, phases
from messaging.views.curve import HEIGHT, WIDTH, round_up

PAGE = "loadtest/report.html"
KEPT_STEP_S = 5.0
"""Seconds are counted whole: of shorter steps too much would count for their neighbours."""
WRONG = ("holes", "doubles", "disorder", "lost", "behind")


def as_value(found: Found, conditions: Mapping[str, Any], steps: Sequence[Step]) -> dict[str, Any]:
    """Counts, milliseconds and rates; `series` has an entry a second. See docs/loadtest.md."""
    total = found.total()
    seconds = sum(step.seconds for step in steps) if found.is_whole else max(1.0, found.took_s)
    ends: dict[str, int | None] = {name: getattr(total, name) for name in ("holes", "doubles", "disorder")}
    for name in ("lost", "behind", "left_out"):  # known only after everything was waited for
        ends[name] = sum(getattr(end, name) for end in found.ends) if found.is_whole else None
    value: dict[str, Any] = {
        "scenario": conditions["scenario"],
        "conditions": dict(conditions),
        "is_whole": found.is_whole,
        **{name: getattr(total, name) for name in ("sent", "accepted", "busy", "rejected", "delivered", "closed")},
        "sends_per_s": round(total.accepted / seconds, 1),
        "deliveries_per_s": round(total.delivered / seconds, 1),
        "accept_ms": total.accept.summary(),
        "deliver_ms": total.deliver.summary(),
        **ends,
        "generator_was_limit": found.generator_was_limit(),
        "generator_lag_ms_p99": round(total.lag.percentile(0.99), 2),
        "series": [_second(number, found) for number in range(len(found.seconds))],
    }
    if total.resumed.total:
        value["resumed_ms"] = total.resumed.summary()
    if len(steps) > 1:
        value["steps"] = _steps(found, steps)
    if conditions["scenario"] == "saturation":
        points = _points(found, steps)
        law = fit(points)
        value["saturation"] = {
            "knee_sends_per_s": knee(points), "sigma": round(law.sigma, 4), "kappa": round(law.kappa, 6),
            "cause": cause(points),
        }  # fmt: skip
    if conditions["scenario"] == "overload" and found.is_whole and steps[0].seconds >= KEPT_STEP_S:
        value["kept"] = round(kept(_points(found, steps)), 3)
    return value


def is_clean(value: Mapping[str, Any]) -> bool:
    """Whether nothing that is known of it is wrong."""
    return not any(value[name] for name in WRONG)


def _second(number: int, found: Found) -> dict[str, Any]:
    second = found.seconds[number]
    watched = found.watched[number] if number < len(found.watched) else {}
    return {
        "t": number + 1, "step": second.step, "sends": second.sent, "accepted": second.accepted,
        "deliveries": second.delivered, "busy": second.busy, "closed": second.closed,
        **_of("accept", second.accept), **_of("deliver", second.deliver),
        "generator cpu": round(second.cpu, 3), **{name: round(figure, 3) for name, figure in watched.items()},
    }  # fmt: skip


def _of(name: str, late: Histogram) -> dict[str, float]:
    return {f"{name}_p50": round(late.percentile(0.5), 2), f"{name}_p99": round(late.percentile(0.99), 2)}


def _points(found: Found, steps: Sequence[Step]) -> list[Point]:
    points = []
    for number, step in enumerate(steps):
        places = [place for place, second in enumerate(found.seconds) if second.step == number]
        by_second = [float(found.seconds[place].accepted) for place in places]
        watched: dict[str, float] = {}
        for place in places:
            for name, figure in found.watched[place].items():
                watched[name] = max(watched.get(name, 0.0), figure)
        points.append(Point(step.rate, sum(by_second) / step.seconds, by_second, watched))
    return points


def _steps(found: Found, steps: Sequence[Step]) -> list[dict[str, Any]]:
    points = _points(found, steps)
    names = phases(points)
    rows = []
    for number, (point, phase) in enumerate(zip(points, names, strict=True)):
        second = found.of_step(number)
        rows.append(
            {
                "offered": round(point.offered, 1),
                "goodput": round(point.goodput, 1),
                "phase": phase,
                "busy": second.busy,
                "accept_p99": round(second.accept.percentile(0.99), 1),
                "deliver_p99": round(second.deliver.percentile(0.99), 1),
            }
        )
    return rows


# The page

CHARTS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("Sends and deliveries a second", (("sends", "sent"), ("accepted", "accepted"), ("deliveries", "deliveries"))),
    ("Send to accepted, ms", (("accept_p50", "p50"), ("accept_p99", "p99"))),
    ("Due to shown, ms", (("deliver_p50", "p50"), ("deliver_p99", "p99"))),
    ("Refused and lost connections", (("busy", "busy"), ("closed", "closed"))),
)


def as_page(value: Mapping[str, Any]) -> str:
    """One file with everything in it: no script, nothing to fetch."""
    series = value["series"]
    watched = sorted({name for second in series for name in second if name.endswith(" cpu")})
    late = sorted({name for second in series for name in second if name.endswith("lag, s")})
    charts = [_chart(title, lines, series) for title, lines in CHARTS]
    charts.append(_chart("Processors", [(name, name) for name in watched], series))
    if late:
        charts.append(_chart("Seconds late", [(name, name) for name in late], series))
    counts = [(name, f"{value[name]:,}") for name in ("sent", "accepted", "busy", "rejected", "delivered", "closed")]
    times = [(name, value[f"{name}_ms"]) for name in ("accept", "deliver", "resumed") if f"{name}_ms" in value]
    wrong = [(name, value[name]) for name in WRONG]
    context = Context(
        {"value": value, "charts": charts, "counts": counts, "times": times, "wrong": wrong,
         "is_clean": is_clean(value), "WIDTH": WIDTH, "HEIGHT": HEIGHT}
    )  # fmt: skip
    return Engine.get_default().get_template(PAGE).render(context)


def _chart(title: str, lines: Sequence[tuple[str, str]], series: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Every line over the same seconds; lines of very different sizes each have their own top."""
    tops = {key: max([0.1, *(second.get(key, 0.0) for second in series)]) for key, _ in lines}
    shared = max(tops.values(), default=1.0)
    drawn = []
    for place, (key, name) in enumerate(lines):
        top = round_up(tops[key] if tops[key] < shared / 20 else shared)
        width = max(1, len(series) - 1)
        places = [
            f"{round(WIDTH * number / width, 1)} {round(HEIGHT * (1 - second.get(key, 0.0) / top), 1)}"
            for number, second in enumerate(series)
        ]
        path = "M" + "L".join(places) if len(places) > 1 else ""
        drawn.append({"name": name, "path": path, "top": f"{top:,g}", "place": place})
    return {"title": title, "lines": drawn}
