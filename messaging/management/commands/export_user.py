"""`manage.py export_user`"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from messaging.management.writing import write_lines
from messaging.selectors.export import person_lines


class Command(BaseCommand):
    help = "Everything about one person as JSON Lines: profile, rooms, blocks, own messages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", type=str)
        parser.add_argument("--output", default="-", help="a file; - is standard output (default)")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username__iexact=options["username"]).first()
        if person is None:
            raise CommandError(f"There is nobody called {options['username']}.")
        count = write_lines(person_lines(person), options["output"])
        self.stderr.write(f"{count} lines")
