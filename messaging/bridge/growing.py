"""More partitions for `chat.commands`, while everybody talks: a new topic, into which the old one is drained.

Adding partitions to a topic would move rooms to others while their records still wait in the old ones. So the old topic
is closed at the broker, and bridges read the new one from when all of the old one is applied and published. Every step
can be repeated; what was begun and broken off is finished by the same command.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from messaging.bridge.generations import Generation, generations
from messaging.bridge.topics import COMMANDS, topic_specs
from messaging.log.generations import name_of, number_of
from messaging.log.port import Log, TopicSpec
from messaging.models import LogTopic

ANNOUNCED_S = 6.0
"""From the announcement to the closing: bridges have heard of the new topic, and no writer believes any more what it
was told before."""


class CannotGrow(Exception):
    pass


def grow(
    log: Log, partitions: int, tell: Callable[[str], object], wait: Callable[[float], object] = time.sleep
) -> None:
    """Raises CannotGrow and LogUnavailable."""
    old, new = _announced(log, partitions)
    tell(f"{new.name} has {new.partitions} partitions; {old.name} will be closed in {ANNOUNCED_S:.0f} s")
    time.sleep(ANNOUNCED_S)
    ends = log.seal(old.name)
    LogTopic.objects.filter(name=old.name).update(ends=[end for _, end in sorted(ends.items())])
    tell(
        f"{old.name} is closed. What is accepted now stands in {new.name}, and is applied once the rest of {old.name} "
        "is: see --status"
    )


def _announced(log: Log, partitions: int) -> tuple[Generation, Generation]:
    """(the one to close, the one to come), which is made unless it was by a command that did not get further."""
    known = generations()
    if not known:
        raise CannotGrow(f"{COMMANDS} was never used; set KAFKA_PARTITIONS before the first start instead")
    if len(known) > 1 and known[-2].ends is None:
        if known[-1].partitions != partitions:
            raise CannotGrow(f"growing to {known[-1].partitions} partitions was begun; finish that first")
        return known[-2], known[-1]
    newest = known[-1]
    if partitions <= newest.partitions:
        raise CannotGrow(f"{newest.name} has {newest.partitions} partitions already")
    name = name_of(COMMANDS, number_of(newest.name) + 1)
    config = next(spec.config for spec in topic_specs() if spec.name == COMMANDS)
    log.ensure_topics([TopicSpec(name, partitions, config)])
    made = log.topic(name)
    if made.partitions != partitions:
        raise CannotGrow(f"there is a topic {name} already, with {made.partitions} partitions")
    LogTopic.objects.get_or_create(name=name, defaults={"topic_id": made.id, "partitions": made.partitions})
    return newest, Generation(name, partitions, None)
