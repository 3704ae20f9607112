"""`manage.py chat_audit`: is everything that was accepted there, once, and in order?"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from messaging import log as log_port
from messaging.bridge.audit import Report, audit
from messaging.log.port import LogError


class Command(BaseCommand):
    help = "Compare the database with itself and with the log; exits with 1 on any loss, double, hole or disorder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--group", default=settings.CHAT_LOG_GROUP, help="the group of the bridges (default: %(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        log = log_port.open_log()
        try:
            report = audit(log, options["group"])
        except LogError as error:
            raise CommandError(str(error)) from error
        finally:
            log.close()
        if options["json"]:
            self.stdout.write(msgspec.json.encode(report).decode())
        else:
            self._tell(report)
        if not report.is_clean:
            sys.exit(1)

    def _tell(self, report: Report) -> None:
        self.stdout.write(f"{report.rooms} rooms, {report.messages} messages")
        counts = ", ".join(f"{count} {name}" for name, count in sorted(report.counts.items())) or "none"
        self.stdout.write(f"records in the log: {counts}")
        for finding in report.findings:
            self.stdout.write(f"- {finding}")
        self.stdout.write("all is well" if report.is_clean else "something is wrong")
