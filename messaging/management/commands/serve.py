"""`manage.py serve`: the web process on daphne, with our limits, close codes and draining."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from prometheus_client import start_http_server

from messaging.bridge.offsets import PartitionCountChanged
from messaging.log.port import LogError
from messaging.management.start_at import add_start_at, adopt_at


class Command(BaseCommand):
    help = "Serve pages, API and WebSockets with daphne; embedded, also the log and the bridge."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port to listen on (default: %(default)s)")
        parser.add_argument("--metrics-port", type=int, help="serve /metrics on this port of --metrics-host")
        parser.add_argument("--metrics-host", default="127.0.0.1", help="default: %(default)s")
        parser.add_argument("--migrate", action="store_true", help="bring the database up to date first")
        parser.add_argument("--demo", action="store_true", help="demo people and rooms, when there are no people yet")
        add_start_at(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["migrate"]:
            call_command("migrate", verbosity=0)
        if options["demo"]:
            call_command("seed_demo", if_empty=True)
        if options["start_at"]:
            adopt_at(options["start_at"], settings.CHAT_LOG_GROUP)
        if options["metrics_port"]:
            start_http_server(options["metrics_port"], addr=options["metrics_host"])
        if not settings.NAMED_ORIGINS:
            settings.ALLOWED_ORIGINS[:] = [f"http://{name}:{options['port']}" for name in ("127.0.0.1", "localhost")]
        # Imported late: daphne installs Twisted's reactor, which no other command needs.
        from chatsite.asgi import application
        from messaging.daphne_server import run_server

        try:
            run_server(application, options["host"], options["port"], on_ready=self._ready(options))
        except (OSError, LogError, PartitionCountChanged) as error:
            raise CommandError(str(error)) from error

    def _ready(self, options: dict[str, Any]) -> Any:
        kind = "embedded" if settings.EMBEDDED else "with Kafka"
        return lambda: self.stdout.write(
            f"chatsite {kind}: http://{options['host']}:{options['port']}/  (Ctrl-C ends it)"
        )
