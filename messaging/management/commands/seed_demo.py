"""`manage.py seed_demo`: people, rooms and a first conversation to look at."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from accounts.models import User
from messaging.actions.demo import PASSWORD, seed


class Command(BaseCommand):
    help = "Make the demo people (ada, bo, chen, admin) and rooms. Running it again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there are people already")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_empty"] and User.objects.exists():
            return
        if connection.vendor != "sqlite" and not settings.CHAT_DEMO:
            raise CommandError("Demo people have a known password: set CHAT_DEMO=1 to make them on a real database.")
        seed()
        self.stdout.write(f"demo: sign in as ada, bo, chen or admin with the password {PASSWORD}")
