"""`manage.py export_room`"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from messaging.management.writing import write_lines
from messaging.models import Room
from messaging.selectors.export import room_lines


class Command(BaseCommand):
    help = "One room as JSON Lines: its data, members and messages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("room", type=int)
        parser.add_argument("--output", default="-", help="a file; - is standard output (default)")

    def handle(self, *args: Any, **options: Any) -> None:
        room = Room.objects.filter(pk=options["room"]).first()
        if room is None:
            raise CommandError(f"There is no room {options['room']}.")
        count = write_lines(room_lines(room), options["output"])
        self.stderr.write(f"{count} lines")
