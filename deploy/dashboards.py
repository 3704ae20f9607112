"""python -m deploy.dashboards: write deploy/grafana/dashboards from the tables below (a test says when they are old).

Grafana's JSON is long and says little; here a panel is its title, its unit and what it draws.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent / "grafana/dashboards"
WIDTH, HEIGHT, COLUMNS = 8, 8, 3


class Panel(NamedTuple):
    """`lines`: legend -> PromQL. `unit`: Grafana's name of it."""

    title: str
    unit: str
    lines: dict[str, str]
    what: str = ""


def _percentiles(metric: str, label: str = "") -> dict[str, str]:
    by = f"le, {label}" if label else "le"
    return {
        f"p{percent}": f"histogram_quantile(0.{percent}, sum by ({by}) (rate({metric}_bucket[5m])))"
        for percent in (50, 95, 99)
    }


DASHBOARDS: dict[str, list[Panel]] = {
    "overview": [
        Panel("Open sockets", "short", {"{{instance}}": "chat_sockets", "all": "chat:sockets:sum"}),
        Panel(
            "Sends a second, and what is usual",
            "ops",
            {"sends": "chat:sends:rate1m", "from": "chat:sends:band_low", "to": "chat:sends:band_high"},
            "Outside of the band ChatSendsUnusual looks at how far.",
        ),
        Panel("Deliveries a second", "ops", {"deliveries": "chat:deliveries:rate1m"}),
        Panel(
            "Send to `accepted`",
            "s",
            {
                "p50": "chat:accept_seconds:p50_5m",
                "p99": "chat:accept_seconds:p99_1m",
                "usual": "chat:accept_seconds:band_high",
            },
        ),
        Panel("Accepted to stored", "s", {"p50": "chat:store_seconds:p50_5m", "p99": "chat:store_seconds:p99_1m"}),
        Panel("Waiting for the bridges", "short", {"records": "chat:bridge_lag_records:sum"}),
        Panel("HTTP answers a second", "reqps", {"{{status}}": "chat:http_requests:rate1m"}),
        Panel(
            "Errors",
            "percentunit",
            {"http": "chat:http_errors:ratio_rate5m", "frames": "chat:frames_wrong:ratio_rate5m"},
        ),
        Panel("Alerts that fire", "short", {"{{alertname}}": 'sum by (alertname) (ALERTS{alertstate="firing"})'}),
    ],
    "websocket": [
        Panel("Open sockets", "short", {"{{instance}}": "chat_sockets"}),
        Panel("Client frames a second", "ops", {"{{type}}": "chat:frames_received:rate1m"}),
        Panel("Wrong frames a second", "ops", {"{{code}}": "sum by (code) (rate(chat_frames_wrong_total[1m]))"}),
        Panel(
            "Closed by us, a minute", "opm", {"{{code}}": "sum by (code) (rate(chat_sockets_closed_total[5m])) * 60"}
        ),
        Panel("Deliveries a second", "ops", {"{{instance}}": "rate(chat_deliveries_total[1m])"}),
        Panel(
            "Slow readers and catch-ups, a second",
            "ops",
            {
                "skipped": "sum(rate(chat_frames_skipped_total[1m]))",
                "catch-ups": "sum(rate(chat_catch_ups_total[1m]))",
                "holes": "sum(rate(chat_hub_holes_total[1m]))",
            },
        ),
        Panel("Events of the channel layer a second", "ops", {"{{instance}}": "rate(chat_layer_events_total[1m])"}),
        Panel("Send to `accepted`", "s", _percentiles("chat_accept_seconds")),
        Panel("Lag of the event loop", "s", {"{{instance}}": "chat_loop_lag_seconds"}),
    ],
    "kafka": [
        Panel("Records waiting", "short", {"{{instance}}": "chat_bridge_lag_records"}),
        Panel("Age of the oldest record", "s", {"{{instance}}": "chat_bridge_lag_seconds"}),
        Panel(
            "Partitions",
            "short",
            {"{{instance}}": "chat_bridge_partitions", "halted": "sum(chat_bridge_halted_partitions)"},
        ),
        Panel("Commands decided a second", "ops", {"{{outcome}}": "chat:applied:rate1m"}),
        Panel("Records in a batch", "short", _percentiles("chat_batch_records")),
        Panel("Not acknowledged yet", "short", {"{{instance}}": "chat_log_pending_records"}),
        Panel(
            "The spool",
            "short",
            {
                "spooling": "sum(chat_spooling)",
                "waiting": "sum(chat_spooled_total) - sum(chat_spool_relayed_total)",
                "switches": "sum(chat_spool_switches_total)",
            },
        ),
        Panel(
            "Put aside, not told",
            "short",
            {
                "dead letters": "sum(chat_dead_letters_total)",
                "announcements dropped": "sum(chat_announce_failures_total)",
                "events skipped": "sum(chat_events_skipped_total)",
            },
        ),
        Panel("Outbox commands relayed a second", "ops", {"{{instance}}": "rate(chat_outbox_relayed_total[1m])"}),
    ],
    "stores": [
        Panel("Transaction of a batch", "s", _percentiles("chat_batch_seconds")),
        Panel("Accepted to stored", "s", _percentiles("chat_store_seconds")),
        Panel(
            "Breakers (2: away)",
            "short",
            {"{{dependency}} {{instance}}": "chat_breaker_state"},
            "0 closed, 1 probing, 2 open.",
        ),
        Panel("Statements a second", "ops", {"{{instance}}": "sum by (instance) (rate(django_db_execute_total[1m]))"}),
        Panel("Duration of a statement", "s", _percentiles("django_db_query_duration_seconds")),
        Panel("Database errors a second", "ops", {"{{type}}": "sum by (type) (rate(django_db_errors_total[1m]))"}),
        Panel(
            "New connections a second",
            "ops",
            {
                "made": "sum(rate(django_db_new_connections_total[1m]))",
                "failed": "sum(rate(django_db_new_connection_errors_total[1m]))",
            },
        ),
        Panel("Mails", "short", {"{{outcome}}": "sum by (outcome) (increase(chat_mails_total[1h]))"}),
    ],
    "saturation": [
        Panel(
            "Pressure by source (1: as much as can be done well)",
            "short",
            {"{{source}}": "max by (source) (chat_pressure)"},
        ),
        Panel("Kinds of work that are shed", "short", {"{{instance}}": "chat_shed_level"}),
        Panel("Shed a second", "ops", {"{{what}}": "sum by (what) (rate(chat_shed_total[1m]))"}),
        Panel(
            "CPU (1: a core)",
            "short",
            {"{{job}} {{instance}}": 'rate(process_cpu_seconds_total{job=~"chatsite-.*"}[1m])'},
        ),
        Panel("Memory", "bytes", {"{{job}} {{instance}}": 'process_resident_memory_bytes{job=~"chatsite-.*"}'}),
        Panel(
            "Descriptors in use",
            "percentunit",
            {"{{job}} {{instance}}": 'process_open_fds{job=~"chatsite-.*"} / process_max_fds'},
        ),
        Panel("Lag of the event loop", "s", {"{{instance}}": "chat_loop_lag_seconds"}),
        Panel("Memory of a socket", "bytes", {"{{instance}}": "process_resident_memory_bytes / (chat_sockets > 100)"}),
        Panel("How unusual (robust z)", "short", {"sends": "chat:sends:z", "accepting": "chat:accept_seconds:z"}),
    ],
    "moderation": [
        Panel(
            "Refused, a minute",
            "opm",
            {"{{code}}": 'sum by (code) (rate(chat_frames_wrong_total{code!~"bad_json|unknown_type"}[5m])) * 60'},
        ),
        Panel(
            "Sockets closed: signed out, banned, flooding",
            "opm",
            {"{{code}}": 'sum by (code) (rate(chat_sockets_closed_total{code=~"4401|4403|4429"}[5m])) * 60'},
        ),
        Panel(
            "What is done in admin, an hour",
            "short",
            {
                "{{view}}": "sum by (view) (increase(django_http_requests_total_by_view_transport_method_total"
                '{view=~"admin:.*", method="POST"}[1h]))'
            },
        ),
        Panel(
            "Sign-ins and sign-ups, an hour",
            "short",
            {
                "{{view}}": "sum by (view) (increase(django_http_requests_total_by_view_transport_method_total"
                '{view=~"accounts:(login|signup)", method="POST"}[1h]))'
            },
        ),
        Panel(
            "Refusals recorded by the bridge, a minute",
            "opm",
            {"refused": 'chat:applied:rate1m{outcome="refused"} * 60'},
        ),
        Panel("Client frames a second", "ops", {"{{type}}": "chat:frames_received:rate1m"}),
    ],
}


def dashboard(name: str, panels: Iterable[Panel]) -> dict[str, Any]:
    return {
        "uid": f"chatsite-{name}",
        "title": f"Chat: {name}",
        "tags": ["chatsite"],
        "timezone": "browser",
        "refresh": "15s",
        "time": {"from": "now-1h", "to": "now"},
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "links": [{"type": "dashboards", "tags": ["chatsite"], "title": "chat", "keepTime": True}],
        "panels": [_panel(number, panel) for number, panel in enumerate(panels)],
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "prometheus"}
    place = {"w": WIDTH, "h": HEIGHT, "x": number % COLUMNS * WIDTH, "y": number // COLUMNS * HEIGHT}
    targets = [
        {"refId": chr(ord("A") + line), "expr": expression, "legendFormat": legend, "datasource": source}
        for line, (legend, expression) in enumerate(panel.lines.items())
    ]
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.what,
        "datasource": source,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "custom": {"fillOpacity": 8}}, "overrides": []},
        "targets": targets,
    }


def files() -> dict[Path, str]:
    return {
        FOLDER / f"{name}.json": json.dumps(dashboard(name, panels), indent=1) + "\n"
        for name, panels in DASHBOARDS.items()
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text)
