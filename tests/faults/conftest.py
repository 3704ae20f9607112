"""What fault tests measure is judged against its bound, and kept for the table in docs/reliability.md; and stacks over
services that may be killed."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.scale import SOAK
from tests.stack.own_services import OwnService
from tests.stack.stack import ServicesStack
from tests.stack.told import check_events

logger = logging.getLogger(__name__)

RESULTS = Path(__file__).resolve().parents[2] / "bench" / "results" / "faults.json"

LENIENT = 2.5

Measured = Callable[..., None]


@pytest.fixture
def measured() -> Measured:
    """`measured(fault, {what: (figure, bound)}, note)`: every figure is at most its bound; `make soak` keeps them."""

    def judge(fault: str, figures: Mapping[str, tuple[float, float]], note: str = "") -> None:
        logger.info("%s: %s %s", fault, dict(figures), note)
        if SOAK:
            kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
            kept[fault] = {
                "figures": {what: [round(figure, 3), bound] for what, (figure, bound) in figures.items()},
                "note": note,
            }
            RESULTS.parent.mkdir(parents=True, exist_ok=True)
            RESULTS.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n")
        assert {what: pair for what, pair in figures.items() if pair[0] > pair[1] * _patience(what)} == {}, fault

    return judge


def _patience(what: str) -> float:
    """Seconds are judged strictly where a machine is set aside for it; CI shares its own with others."""
    return LENIENT if what.endswith(", s") and not SOAK else 1.0


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Callable[[str], OwnService]]:
    """`own("kafka")`: a service of this test's own, running; it may be killed and started again."""
    with ExitStack() as ending:

        def start(name: str) -> OwnService:
            service = OwnService(name, tmp_path)
            ending.callback(service.end)
            service.start()
            return service

        yield start


@pytest.fixture
def make_stack(tmp_path: Path, services_template: str) -> Iterator[Callable[..., ServicesStack]]:
    """`make_stack(services, bridge, **environment)`: web and a bridge (with these arguments) over these services, the
    shared ones for the rest."""
    with ExitStack() as ending:

        def start(
            services: Mapping[str, str] | None = None, bridge: Sequence[str] = (), **environment: str
        ) -> ServicesStack:
            template = None if services and "DATABASE_URL" in services else services_template
            stack = ServicesStack(tmp_path, services, template)
            ending.callback(stack.end)
            stack.environment |= environment
            stack.start_bridge(*bridge)
            stack.start_web()
            stack.wait_for_demo()
            return stack

        yield start


def audited(stack: ServicesStack) -> dict[str, int]:
    """What `chat_audit` counts; fails when it finds anything, anything still waits, or `chat.events` says something
    else than the database."""
    report = json.loads(stack.run("chat_audit", "--json"))
    assert report["findings"] == []
    check_events(stack)
    counts: dict[str, int] = report["counts"]
    assert (counts.get("waiting", 0), counts["spooled"]) == (0, 0)
    return counts
