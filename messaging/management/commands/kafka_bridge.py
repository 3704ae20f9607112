"""`manage.py kafka_bridge`: one member of the group that applies commands and announces results."""

from __future__ import annotations

import logging
import sys
from argparse import ArgumentParser
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from prometheus_client import start_http_server

from messaging import log as log_port
from messaging.bridge.announcer import Announcer, RunnerSend
from messaging.bridge.bridge import Bridge
from messaging.bridge.dead_letters import ask_replay
from messaging.bridge.generations import names_of_commands
from messaging.bridge.growing import CannotGrow, grow
from messaging.bridge.offsets import PartitionCountChanged, check_partition_count
from messaging.bridge.relay import Relay
from messaging.bridge.status import status_of
from messaging.bridge.topics import advice, topic_specs
from messaging.garbage import spare_the_start
from messaging.log.port import LogError
from messaging.management.start_at import add_start_at, adopt_at
from messaging.management.status_words import in_words
from messaging.management.stopping import end_on_signals
from messaging.models import DeadLetter
from messaging.selectors.places import pins_are_ignored
from messaging.watchdog import Watchdog

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Apply commands from Kafka to the database and announce the results. Run any number of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="apply what is there, then end")
        parser.add_argument(
            "--status", action="store_true", help="say how the bridges are doing; exits with 1 on trouble"
        )
        parser.add_argument("--json", action="store_true", help="with --status: print one JSON object")
        parser.add_argument(
            "--replay-dead-letters",
            nargs="+",
            metavar="ID",
            help="put waiting dead letters into the log again: their ids as admin shows them, or `all`",
        )
        parser.add_argument(
            "--grow", type=int, metavar="PARTITIONS",
            help="give chat.commands so many partitions, in a new topic that the old one is drained into; then end",
        )  # fmt: skip
        parser.add_argument("--group", default=settings.CHAT_LOG_GROUP, help="consumer group (default: %(default)s)")
        parser.add_argument("--instance-id", help="static membership: a name that survives a restart of this bridge")
        parser.add_argument("--metrics-port", type=int, help="serve /metrics on this port of --metrics-host")
        parser.add_argument("--metrics-host", default="127.0.0.1", help="default: %(default)s")
        add_start_at(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.EMBEDDED:
            raise CommandError(
                "There is no Kafka to bridge: KAFKA_BOOTSTRAP_SERVERS is not set, and `manage.py serve` runs the "
                "embedded log by itself.",
                returncode=2,
            )
        if options["json"] and not options["status"]:
            raise CommandError("--json goes with --status.", returncode=2)
        if options["status"]:
            self._tell_status(options)
            return
        if options["replay_dead_letters"]:
            self._replay(options["replay_dead_letters"])
            return
        if options["grow"] is not None:
            self._grow(options["grow"])
            return
        if options["start_at"]:
            adopt_at(options["start_at"], options["group"])
        if options["metrics_port"]:
            start_http_server(options["metrics_port"], addr=options["metrics_host"])
        log = log_port.open_log()
        try:
            log.ensure_topics(topic_specs())
            for topic in names_of_commands():
                check_partition_count(log, topic)
            if pins_are_ignored():
                raise CommandError(
                    "Rooms were pinned to partitions, and KAFKA_STRATEGIES does not say chat.commands=pinned any more: "
                    "they would change their partition and lose their order."
                )
            for sentence in advice({spec.name: log.topic(spec.name) for spec in topic_specs()}):
                logger.warning("not safe against every loss: %s", sentence)
            self._run(log, options)
        except (LogError, PartitionCountChanged) as error:
            raise CommandError(str(error)) from error
        finally:
            log.close()

    def _tell_status(self, options: dict[str, Any]) -> None:
        log = log_port.open_log()
        try:
            status = status_of(log, options["group"])
        except (LogError, DatabaseError) as error:
            raise CommandError(f"no status: {error}") from error
        finally:
            log.close()
        self.stdout.write(msgspec.json.encode(status).decode() if options["json"] else in_words(status))
        if status.troubles:
            sys.exit(1)

    def _replay(self, ids: list[str]) -> None:
        """The relay of a running bridge does it."""
        if ids != ["all"] and not all(one.isdigit() for one in ids):
            raise CommandError("--replay-dead-letters takes ids, which are numbers, or `all`.", returncode=2)
        letters = DeadLetter.objects.all() if ids == ["all"] else DeadLetter.objects.filter(pk__in=ids)
        asked = ask_replay(letters, None)
        if ids != ["all"] and asked < len(set(ids)):
            raise CommandError(f"{asked} of {len(set(ids))} are replayed; the others are not waiting, or do not exist.")
        self.stdout.write(f"{asked} dead letters are replayed by the bridge that has the relay, within a second")

    def _grow(self, partitions: int) -> None:
        log = log_port.open_log()
        try:
            grow(log, partitions, self.stdout.write)
        except (LogError, CannotGrow, DatabaseError) as error:
            raise CommandError(f"not grown: {error}") from error
        except KeyboardInterrupt as stopped:
            raise CommandError("stopped; what was begun is finished by the same command", returncode=130) from stopped
        finally:
            log.close()

    def _run(self, log: log_port.Log, options: dict[str, Any]) -> None:
        send = RunnerSend()
        bridge = Bridge(log, options["group"], Announcer(send), instance_id=options["instance_id"])
        relay = Relay(log.appender())
        end_on_signals(bridge)
        relay.start()
        spare_the_start()
        self.stdout.write(f"bridge: group {options['group']}, Ctrl-C ends it after the batch at hand")
        try:
            if options["once"]:
                self.stdout.write(f"bridge: applied {bridge.drain()} records")
            else:
                with Watchdog("the bridge", lambda: bridge.rounds, settings.CHAT_STUCK_S):
                    bridge.run()
        finally:
            relay.stop()
            bridge.close()
            send.close()
        self.stdout.write("bridge: ended")
