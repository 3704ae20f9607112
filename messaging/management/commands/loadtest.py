"""`manage.py loadtest`: many sockets talk by a schedule and check every frame; then a report."""

from __future__ import annotations

import json
import os
import socket
import sys
from argparse import ArgumentParser
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from messaging.limits import BODY_CHARACTERS
from messaging.management.development import LOCAL, refusal
from messaging.management.loadtest.people import make_seats
from messaging.management.loadtest.plan import Second
from messaging.management.loadtest.report import WRONG, as_page, as_value, is_clean
from messaging.management.loadtest.run import Found, LoadError, run
from messaging.management.loadtest.scenarios import SCENARIOS

ANSWER_S = 5.0
WIDEST = 50_000
"""Sockets: beyond it one address has no ports left."""


class Command(BaseCommand):
    help = (
        "Talk to a running development stack over many sockets, by a schedule that waits for nobody, and check every "
        "frame at its client. Exits with 1 when anything was missing, twice, out of order or lost. Scenarios: "
    ) + "; ".join(f"{name}: {scenario.about}" for name, scenario in SCENARIOS.items())

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("scenario", choices=SCENARIOS)
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="the chat (default: %(default)s)")
        parser.add_argument("--sockets", type=int, default=200, help="each somebody else's (default: %(default)s)")
        parser.add_argument("--rooms", type=int, default=20, help="over which they spread (default: %(default)s)")
        parser.add_argument("--rate", type=float, default=50, help="sends a second of all (default: %(default)g)")
        parser.add_argument("--seconds", type=float, default=20, help="how long (default: %(default)g)")
        parser.add_argument("--bytes", type=int, default=150, help="characters of a message (default: %(default)s)")
        parser.add_argument(
            "--processes", type=int, default=max(1, (os.cpu_count() or 1) // 2),
            help="that make the load (default: %(default)s)",
        )  # fmt: skip
        parser.add_argument(
            "--metrics",
            action="append",
            default=[],
            metavar="NAME=URL",
            help="metrics of a server, shown beside it",
        )
        parser.add_argument("--json", type=Path, metavar="FILE", help="the report, for programs")
        parser.add_argument("--html", type=Path, metavar="FILE", help="the report, with curves")

    def handle(self, *args: Any, **options: Any) -> None:
        if why := refusal():
            raise CommandError(f"Load tests are for development stacks: {why}.", returncode=2)
        host, port = _address(options["url"])
        _check(options)
        metrics = dict(_named(text) for text in options["metrics"])
        _check_answers(host, port)
        scenario = SCENARIOS[options["scenario"]]
        rooms = min(scenario.rooms(options["rooms"]), options["sockets"])
        self.stdout.write(f"{options['scenario']}: {options['sockets']} sockets, {rooms} rooms")
        seats = scenario.seats(make_seats(options["sockets"], rooms))
        steps = scenario.steps(options["rate"], options["seconds"])
        try:
            found = run(
                host, port, seats, steps, characters=options["bytes"], processes=options["processes"], metrics=metrics,
                tell=self._tell(),
            )  # fmt: skip
        except LoadError as error:
            raise CommandError(str(error)) from error
        conditions = {
            "scenario": options["scenario"], "sockets": options["sockets"], "rooms": rooms, "rate": options["rate"],
            "seconds": options["seconds"], "bytes": options["bytes"], "processes": options["processes"],
            "processors": os.cpu_count(), "log": "embedded" if settings.EMBEDDED else "Kafka",
        }  # fmt: skip
        self._report(found, as_value(found, conditions, steps), options)

    def _tell(self) -> Any:
        numbers = count(1)

        def tell(second: Second) -> None:
            self.stdout.write(
                f"{next(numbers):4} s  sent {second.sent:6,}  accepted {second.accepted:6,}"
                f"  deliveries {second.delivered:9,}  accept p99 {second.accept.percentile(0.99):7.1f} ms"
                f"  shown p99 {second.deliver.percentile(0.99):7.1f} ms"
                + (f"  busy {second.busy}" if second.busy else "")
                + (f"  closed {second.closed}" if second.closed else "")
                + (f"  WRONG {wrong}" if (wrong := second.holes + second.doubles + second.disorder) else "")
            )
            self.stdout.flush()

        return tell

    def _report(self, found: Found, value: dict[str, Any], options: dict[str, Any]) -> None:
        if options["json"]:
            options["json"].write_text(json.dumps(value, indent=1) + "\n")
        if options["html"]:
            options["html"].write_text(as_page(value))
        out = self.stdout.write
        out(f"accepted {value['sends_per_s']:,} sends/s, {value['deliveries_per_s']:,} deliveries/s")
        for name in ("accept", "deliver", "resumed"):
            if ms := value.get(f"{name}_ms"):
                out(f"{name}: p50 {ms['p50']} ms, p99 {ms['p99']} ms, at most {ms['max']} ms")
        out(", ".join(f"{name} {'unknown' if value[name] is None else value[name]}" for name in WRONG))
        if value["left_out"]:
            out(f"{value['left_out']} were passed over by snapshots, for sockets that were away too long")
        if saturation := value.get("saturation"):
            out(f"keeps up to {saturation['knee_sends_per_s']:g} sends/s; {saturation['cause']}")
        if "kept" in value:
            out(f"at twice the rate {value['kept']:.0%} of what is done at a little more than it")
        if value["generator_was_limit"]:
            out("the generator was the limit: more --processes, or another machine")
        if not is_clean(value):
            sys.exit(1)
        if not found.is_whole:
            raise CommandError("stopped before its end", returncode=130)


def _address(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or 80
    except ValueError as error:
        raise CommandError(f"--url: {error}", returncode=2) from error
    if parts.scheme != "http" or parts.hostname not in LOCAL - {""}:
        raise CommandError("--url has to be http:// on this machine: load only ever goes to it.", returncode=2)
    return parts.hostname, port


def _check_answers(host: str, port: int) -> None:
    """Before anybody is made. Raises CommandError."""
    try:
        socket.create_connection((host, port), timeout=ANSWER_S).close()
    except OSError as error:
        raise CommandError(
            f"Nobody answers at {host}:{port} ({error}): start the chat, or name it with --url."
        ) from error


def _check(options: dict[str, Any]) -> None:
    bounds = {
        "sockets": (1, WIDEST), "rooms": (1, WIDEST), "rate": (0.1, 1e6), "seconds": (1, 86_400),
        "bytes": (24, BODY_CHARACTERS), "processes": (1, 64),
    }  # fmt: skip
    for name, (least, most) in bounds.items():
        if not least <= options[name] <= most:
            raise CommandError(f"--{name} has to be from {least:g} to {most:g}.", returncode=2)
    if options["processes"] > options["sockets"]:
        raise CommandError("--processes cannot be more than --sockets.", returncode=2)
    for name in ("json", "html"):
        if options[name] is not None and not options[name].absolute().parent.is_dir():
            raise CommandError(f"--{name}: there is no folder {options[name].absolute().parent}.", returncode=2)


def _named(text: str) -> tuple[str, str]:
    name, found, url = text.partition("=")
    if not found or not url.startswith("http://"):
        raise CommandError("--metrics is NAME=http://…, for example web=http://127.0.0.1:9100/metrics.", returncode=2)
    return name, url
