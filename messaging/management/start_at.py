"""The operator's answer when the stored offset does not fit the log."""

from argparse import ArgumentParser

from messaging import log as log_port
from messaging.bridge.generations import names_of_commands
from messaging.bridge.offsets import adopt_log
from messaging.bridge.topics import topic_specs


def add_start_at(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--start-at",
        choices=["earliest", "latest"],
        help="accept the log as it is now and apply it from its first record, or only what comes",
    )


def adopt_at(start: str, group: str) -> None:
    """Move the stored offsets of every partition to where the operator says."""
    log = log_port.open_log()
    try:
        log.ensure_topics(topic_specs())
        for topic in names_of_commands():
            adopt_log(group, log, topic, log.bounds(topic), latest=start == "latest")
    finally:
        log.close()
