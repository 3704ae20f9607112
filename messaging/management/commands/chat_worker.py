"""`manage.py chat_worker`: a service that reads what happened from `chat.events`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from prometheus_client import start_http_server

from messaging import log as log_port
from messaging.bridge.topics import topic_specs
from messaging.bridge.workers import WORKERS
from messaging.log.port import LogError
from messaging.management.stopping import end_on_signals
from messaging.watchdog import Watchdog


class Command(BaseCommand):
    help = "Run a service that reads chat.events in a group of its own. Run any number of each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", choices=sorted(WORKERS), help="which service")
        parser.add_argument("--once", action="store_true", help="handle what is there, then end")
        parser.add_argument("--instance-id", help="static membership: a name that survives a restart")
        parser.add_argument("--metrics-port", type=int, help="serve /metrics on this port of --metrics-host")
        parser.add_argument("--metrics-host", default="127.0.0.1", help="default: %(default)s")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.EMBEDDED:
            raise CommandError(
                "KAFKA_BOOTSTRAP_SERVERS is not set: `manage.py serve` runs every service by itself.", returncode=2
            )
        if options["metrics_port"]:
            start_http_server(options["metrics_port"], addr=options["metrics_host"])
        log = log_port.open_log()
        try:
            log.ensure_topics(topic_specs())
            self._run(log, options)
        except LogError as error:
            raise CommandError(str(error)) from error
        finally:
            log.close()

    def _run(self, log: log_port.Log, options: dict[str, Any]) -> None:
        worker = WORKERS[options["name"]](log, instance_id=options["instance_id"])
        end_on_signals(worker)
        self.stdout.write(f"{worker.name}: Ctrl-C ends it after the batch at hand")
        try:
            if options["once"]:
                self.stdout.write(f"{worker.name}: handled {worker.drain()} events")
            else:
                with Watchdog(worker.name, lambda: worker.rounds, settings.CHAT_STUCK_S):
                    worker.run()
        finally:
            worker.close()
        self.stdout.write(f"{worker.name}: ended")
