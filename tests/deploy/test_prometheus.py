"""Rules, alerts, dashboards and runbooks say the same, and what they name is really there to be scraped."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from deploy import dashboards
from deploy.services import prometheus
from deploy.services.processes import free_port, stop
from tests.stack.client import ChatClient
from tests.stack.processes import wait_for
from tests.stack.prometheus import query
from tests.stack.stack import EmbeddedStack

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/prometheus"
RUNBOOKS = ROOT / "docs/runbooks"

GROUPS = [group for path in sorted(FOLDER.glob("rules/*.yml")) for group in yaml.safe_load(path.read_text())["groups"]]
RULES: list[dict[str, Any]] = [rule for group in GROUPS for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
PANELS = [
    (name, panel.title, expression)
    for name, panels in dashboards.DASHBOARDS.items()
    for panel in panels
    for expression in panel.lines.values()
]
EXPRESSIONS = [*(rule["expr"] for rule in RULES), *(expression for _, _, expression in PANELS)]


@pytest.fixture(scope="session")
def promtool() -> str:
    return _needed("promtool")


def _needed(program: str) -> str:
    found = shutil.which(program)
    if found is None and os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(f"needs {program}")
    return found or pytest.skip(f"needs {program} (make test installs it)")


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_configuration_and_every_rule_are_valid(promtool: str) -> None:
    run(promtool, "check", "config", "--lint=all", "--lint-fatal", "prometheus.yml")


def test_every_alert_fires_on_its_fault_and_none_when_all_is_well(promtool: str) -> None:
    run(promtool, "test", "rules", *sorted(str(path.relative_to(FOLDER)) for path in FOLDER.glob("tests/*.yml")))


def test_every_alert_has_a_test_in_which_it_fires() -> None:
    cases = yaml.safe_load((FOLDER / "tests/alerts.yml").read_text())["tests"]
    firing = {case["name"] for case in cases if case["promql_expr_test"][0]["exp_samples"]}
    assert firing == ALERTS.keys()


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_has_a_runbook_page(name: str) -> None:
    rule = ALERTS[name]
    assert rule["annotations"]["runbook"] == f"docs/runbooks/{name}.md"
    page = (RUNBOOKS / f"{name}.md").read_text()
    assert page.startswith(f"# {name}\n")
    for part in ("**Cause.** ", "**Check.**\n- ", "**Cure.** "):
        assert part in page
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}


def test_runbooks_name_only_what_there_is() -> None:
    pages = {path.stem: path.read_text() for path in RUNBOOKS.glob("*.md")}
    assert pages.keys() - {"README"} == ALERTS.keys()
    commands = {path.stem for path in (ROOT / "messaging/management/commands").glob("*.py")} | {"migrate"}
    for name, text in pages.items():
        assert set(re.findall(r"`(Chat[A-Z]\w+)`", text)) <= ALERTS.keys(), name
        assert set(re.findall(r"manage\.py (\w+)", text)) <= commands, name
        assert set(re.findall(r"\]\((\w+)\.md\)", text)) <= ALERTS.keys(), name
    assert set(re.findall(r"`(Chat\w+)`", pages["README"])) == ALERTS.keys()


def test_dashboards_are_what_the_tables_make() -> None:
    for path, text in dashboards.files().items():
        assert path.read_text() == text, f"{path.name}: python -m deploy.dashboards"
    assert {path.name for path in dashboards.FOLDER.iterdir()} == {path.name for path in dashboards.files()}


def test_every_expression_of_a_dashboard_parses(promtool: str, tmp_path: Path) -> None:
    rules = [{"record": f"panel:{number}", "expr": row[2]} for number, row in enumerate(PANELS)]
    path = tmp_path / "panels.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    run(promtool, "check", "rules", str(path))


def named(expression: str) -> set[str]:
    """Metrics and recorded series that an expression names."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}', "", expression)
    return set(re.findall(r"\b(?:chat_|django_|process_|chat:)[\w:]+", bare))


def scraped(text: str) -> set[str]:
    """Every series that a scrape has or would have, were there a label for it."""
    found = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\w+)$", text, re.MULTILINE):
        found |= {name, *(f"{name}_{part}" for part in ("bucket", "sum", "count") if kind == "histogram")}
    return found


@pytest.fixture
def observed(embedded_stack: EmbeddedStack, tmp_path: Path) -> Iterator[str]:
    """The address of a Prometheus that scrapes an embedded stack (web and bridge in one) every second."""
    _needed("prometheus")
    address = f"127.0.0.1:{embedded_stack.metrics_port}"
    folder, state, port = tmp_path / "prometheus", tmp_path / "prometheus.json", free_port()
    folder.mkdir()
    try:
        prometheus.start(folder, state, port, {"web": [address]}, every="1s")
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(state)


NEVER_IN_A_QUIET_STACK = re.compile(
    r"ALERTS|:z$|chat_(shed_total|mails_total|events_skipped|frames_wrong_total|sockets_closed)|django_db_errors|connection_errors"
    r"|admin:|accounts:|> 100\)|refused"
)
"""What has data only when something happened, or after half an hour."""


@pytest.mark.asyncio
@pytest.mark.timed
async def test_a_live_prometheus_has_data_for_every_panel_and_no_alert(
    embedded_stack: EmbeddedStack, observed: str
) -> None:
    async with ChatClient(embedded_stack, "ada") as ada:
        for number in range(40):  # so slowly that they are in different scrapes
            await ada.say(f"message {number}")
            await asyncio.sleep(0.25)
            if query(observed, "chat:sends:rate1m > 0 and on() chat:store_seconds:p99_1m > 0"):
                break
        wait_for(lambda: query(observed, "chat:sends:band_high > 0"), 10, "a band")
        expected = [row[2] for row in PANELS if not NEVER_IN_A_QUIET_STACK.search(row[2])]
        wait_for(lambda: [shown for shown in expected if not query(observed, shown)] == [], 30, "data for every panel")
    assert query(observed, "up") != []
    assert query(observed, 'ALERTS{alertstate="firing"}') == []


def test_what_rules_and_dashboards_name_is_in_a_live_scrape(embedded_stack: EmbeddedStack) -> None:
    embedded_stack.sign_in("ada")
    live = scraped(httpx.get(f"http://127.0.0.1:{embedded_stack.metrics_port}/metrics").text)
    asked = set().union(*(named(expression) for expression in EXPRESSIONS))
    assert len(asked) > 40
    assert asked - live - RECORDED == set()
    documented = set(re.findall(r"^\| `(chat_\w+)`", (ROOT / "docs/metrics.md").read_text(), re.MULTILINE))
    ours = {name for name in live if re.fullmatch(r"chat_\w+(?<!_created)(?<!_bucket)(?<!_sum)(?<!_count)", name)}
    assert ours == documented


@pytest.mark.asyncio
@pytest.mark.timed
async def test_a_web_process_that_is_killed_is_told_by_its_alert_and_comes_back(
    embedded_stack: EmbeddedStack, observed: str
) -> None:
    wait_for(lambda: query(observed, 'up{job="chatsite-web"} == 1'), 20, "a scrape")
    embedded_stack.web.kill()
    down = 'ALERTS{alertname="ChatWebDown", alertstate="firing"}'
    wait_for(lambda: query(observed, down), 60, "ChatWebDown fires")
    embedded_stack.start_web()
    wait_for(lambda: not query(observed, down), 60, "ChatWebDown clears")
