"""`manage.py purge`"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from messaging.actions.purge import BATCH_MESSAGES, due_rooms, purge


class Command(BaseCommand):
    help = "Take away messages that are older than the retention rules allow (see admin); for cron, once a day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would go, and leave it")
        parser.add_argument("--batch", type=int, default=BATCH_MESSAGES, help="messages a transaction (%(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        total = 0
        for due in due_rooms():
            gone = due.count if options["dry_run"] else purge(due, max(1, options["batch"]))
            total += gone
            self.stdout.write(f"room {due.room}: {gone} messages, up to seq {due.until}")
        self.stdout.write(f"{total} messages {'would go' if options['dry_run'] else 'are gone'}")
