"""`manage.py serve`: the web process on daphne, with our limits, close codes and draining."""

from __future__ import annotations

import signal
from argparse import SUPPRESS, ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from prometheus_client import start_http_server

from messaging.bridge.offsets import PartitionCountChanged
from messaging.log.port import LogError
from messaging.management.start_at import add_start_at, adopt_at
from messaging.management.workers import WorkerFailed, Workers, listen

WORKERS_MOST = 256


class Command(BaseCommand):
    help = "Serve pages, API and WebSockets with daphne; embedded, also the log and the bridge."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port to listen on (default: %(default)s)")
        parser.add_argument(
            "--workers", type=int, help="so many processes behind the port, at most one a core is of use"
        )
        parser.add_argument(
            "--metrics-port", type=int, help="serve /metrics on this port of --metrics-host; workers on those after it"
        )
        parser.add_argument("--metrics-host", default="127.0.0.1", help="default: %(default)s")
        parser.add_argument("--migrate", action="store_true", help="bring the database up to date first")
        parser.add_argument("--demo", action="store_true", help="demo people and rooms, when there are no people yet")
        parser.add_argument("--inherited", help=SUPPRESS)
        add_start_at(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        workers = options["workers"]
        if workers is not None:
            self._check_workers(workers, options["metrics_port"])
        if options["migrate"]:
            call_command("migrate", verbosity=0)
        if options["demo"]:
            call_command("seed_demo", if_empty=True)
        if options["start_at"]:
            adopt_at(options["start_at"], settings.CHAT_LOG_GROUP)
        if workers is not None and workers > 1:
            self._run_workers(workers, options)
        else:
            self._run(options)

    def _run(self, options: dict[str, Any]) -> None:
        """One web process, by itself or as a worker."""
        # Imported late: daphne installs Twisted's reactor, which no other command needs.
        from chatsite.asgi import application
        from messaging.daphne_server import Inherited, run_server

        try:
            inherited = Inherited(options["inherited"]) if options["inherited"] else None
            if options["metrics_port"]:
                start_http_server(options["metrics_port"], addr=options["metrics_host"])
            if not settings.NAMED_ORIGINS:
                settings.ALLOWED_ORIGINS[:] = [
                    f"http://{name}:{options['port']}" for name in ("127.0.0.1", "localhost")
                ]
            ready = (lambda: None) if inherited else self._ready(options)
            run_server(application, options["host"], options["port"], ready, inherited)
        except ValueError as error:
            raise CommandError("--inherited is for workers, which `--workers` starts.") from error
        except (OSError, LogError, PartitionCountChanged) as error:
            raise CommandError(str(error)) from error

    @staticmethod
    def _check_workers(workers: int, metrics_port: int | None) -> None:
        if not 1 <= workers <= WORKERS_MOST:
            raise CommandError(f"--workers is {workers}, but has to be a number from 1 to {WORKERS_MOST}.")
        if workers == 1:
            return
        if settings.EMBEDDED or not settings.REDIS_URL:
            raise CommandError(
                "--workers needs KAFKA_BOOTSTRAP_SERVERS, DATABASE_URL and REDIS_URL: the embedded log and the channel "
                "layer in memory belong to one process."
            )
        if metrics_port and metrics_port + workers > 65_536:
            raise CommandError(f"--metrics-port is {metrics_port}, which leaves no {workers} ports for the workers.")

    def _run_workers(self, workers: int, options: dict[str, Any]) -> None:
        """The parent of workers: no loop, no connections, only their lives."""
        connections.close_all()
        arguments = []
        for number in range(workers):
            own = ["--host", options["host"], "--port", str(options["port"]), "--metrics-host", options["metrics_host"]]
            if options["metrics_port"]:
                own += ["--metrics-port", str(options["metrics_port"] + number)]
            arguments.append(own)
        try:
            group = Workers(listen(options["host"], options["port"]), arguments, self._ready(options))
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: group.stop())
            group.run()
        except (OSError, OverflowError, WorkerFailed) as error:
            raise CommandError(str(error)) from error

    def _ready(self, options: dict[str, Any]) -> Any:
        kind = "embedded" if settings.EMBEDDED else "with Kafka"
        if (options["workers"] or 1) > 1:
            kind += f", {options['workers']} workers"
        return lambda: self.stdout.write(
            f"chatsite {kind}: http://{options['host']}:{options['port']}/  (Ctrl-C ends it)"
        )
