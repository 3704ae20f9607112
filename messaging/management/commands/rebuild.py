"""`manage.py rebuild`: rooms, members and messages made anew from the log."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from messaging import log as log_port
from messaging.bridge.rebuild import CannotRebuild, rebuild
from messaging.log.port import LogError


class Command(BaseCommand):
    help = "Make rooms, members and messages anew from chat.events, in a database that has none. No bridge may run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--group", default=settings.CHAT_LOG_GROUP, help="of the bridges (default: %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        log = log_port.open_log()
        try:
            events = rebuild(log, options["group"], self._tell)
        except (CannotRebuild, LogError) as error:
            raise CommandError(str(error)) from error
        finally:
            log.close()
        self.stdout.write(f"rebuilt from {events:,} events; now run chat_audit, and start the bridges")

    def _tell(self, done: int, of: int) -> None:
        self.stdout.write(f"{done:,} of about {of:,} events")
