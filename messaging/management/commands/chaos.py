"""`manage.py chaos`: stops and cuts parts of a development stack while people talk, then says what was lost."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from messaging import log as log_port
from messaging.actions.rooms import create_room
from messaging.bridge.audit import Report, audit
from messaging.log.port import LogError
from messaging.management.chaos.keeper import Keeper
from messaging.management.chaos.parts import Part, private_services, wait_until_printed
from messaging.management.chaos.rehearsal import Breakable, Outcome, rehearse
from messaging.management.chaos.talker import Talker
from messaging.management.development import refusal
from messaging.models import Membership


class Command(BaseCommand):
    help = (
        "Talk on a development stack while its parts are killed and stopped, then print a loss report; exits with 1 on "
        "any loss. It starts web and bridge itself, on the database, Redis and Kafka of the settings."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seconds", type=float, default=60, help="how long (default: %(default)g)")
        parser.add_argument("--talkers", type=int, default=4, help="how many people (default: %(default)s)")
        parser.add_argument("--rate", type=float, default=5, help="messages a second of each (default: %(default)g)")
        parser.add_argument("--seed", type=int, help="the same faults in the same order")

    def handle(self, *args: Any, **options: Any) -> None:
        if why := refusal():
            raise CommandError(f"Chaos is for development stacks: {why}.", returncode=2)
        for name in ("seconds", "talkers", "rate"):
            if not 0 < options[name] < float("inf"):
                raise CommandError(f"--{name} has to be above 0.", returncode=2)
        random.seed(options["seed"])
        # What stands still goes on again, however this ends.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
            try:
                outcome = self._run(Path(folder), options)
            except KeyboardInterrupt:
                raise CommandError("stopped before its end: nothing is judged", returncode=130) from None
        report = self._audit()
        self._tell(outcome, report)
        if not is_clean(outcome, report):
            sys.exit(1)

    def _run(self, folder: Path, options: dict[str, Any]) -> Outcome:
        port = _free_port()
        keeper = Keeper(settings.BASE_DIR)
        parts: list[Part] = []
        try:
            self._start(folder, port, keeper, parts)
            # Without services of ours, the chat's own processes are all there is to stop.
            breakable: list[Breakable] = [*parts, *private_services(settings.VAR / "services", keeper)]
            talkers = make_talkers(options["talkers"], port)
            names = ", ".join(part.name for part in breakable)
            self.stdout.write(f"{len(talkers)} people talk for {options['seconds']:g} s; parts: {names}")
            rehearsal = rehearse(
                talkers, breakable, seconds=options["seconds"], rate=options["rate"], tell=self._telling()
            )
            return asyncio.run(rehearsal)
        finally:
            for part in parts:  # web first: what it has accepted is then still applied
                part.end()
            keeper.close()

    def _start(self, folder: Path, port: int, keeper: Keeper, parts: list[Part]) -> None:
        """Also what does not start is among the parts: it is to end."""
        arguments = {"web": ["serve", "--port", str(port)], "bridge": ["kafka_bridge"]}
        ready = {"web": "Ctrl-C ends it", "bridge": "Ctrl-C ends it"}
        if settings.EMBEDDED:
            del arguments["bridge"]
        for name, command in arguments.items():
            parts.append(Part(name, command, folder / f"{name}.log", keeper))
        for part in parts:
            if not wait_until_printed(part, ready[part.name]):
                words = part.output.read_text(errors="replace").strip()[-500:]
                raise CommandError(f"{part.name} does not start: {words}")

    def _telling(self) -> Any:
        began = time.monotonic()
        return lambda words: self.stdout.write(f"{time.monotonic() - began:6.1f} s  {words}")

    def _audit(self) -> Report:
        log = log_port.open_log()
        try:
            return audit(log, settings.CHAT_LOG_GROUP)
        except LogError as error:
            raise CommandError(f"no audit: {error}") from error
        finally:
            log.close()

    def _tell(self, outcome: Outcome, report: Report) -> None:
        out = self.stdout.write
        out(f"{outcome.faults_made} faults, {outcome.connects} connections")
        out(f"sent {outcome.sent}, accepted {outcome.accepted}, stored {outcome.stored}, refused {outcome.refused}")
        out(f"lost {len(outcome.lost)}, shown twice {outcome.doubled}, never settled {len(outcome.unsettled)}")
        for sentence in [*outcome.lost, *outcome.faults, *report.findings]:
            out(f"- {sentence}")
        out(f"audit: {report.rooms} rooms, {report.messages} messages, {len(report.findings)} findings")
        out("nothing was lost" if is_clean(outcome, report) else "something is wrong")


def is_clean(outcome: Outcome, report: Report) -> bool:
    return report.is_clean and not (outcome.lost or outcome.doubled or outcome.unsettled or outcome.faults)


def make_talkers(count: int, port: int) -> list[Talker]:
    """People of their own, in a private room of their own."""
    mark = f"{time.time():.0f}"
    people = [User(username=f"chaos-{mark}-{number}") for number in range(count)]
    for person in people:
        person.set_unusable_password()
        person.save()
    room = create_room(people[0], f"chaos {mark}", kind="private")
    Membership.objects.bulk_create([Membership(room=room, user=person) for person in people[1:]])
    return [Talker(person.username, _session(person), room.pk, port) for person in people]


def _session(person: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
