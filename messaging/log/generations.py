"""A topic that has grown goes on in another one with more partitions: `chat.commands`, `chat.commands.2`, and so on.

Each is a generation of the first. A generation is closed at the broker before the next one is written to.
"""

from __future__ import annotations

import time
from collections.abc import Callable

ASKED_ENOUGH_S = 3.0
"""Whoever was told just now that a topic has not grown need not ask again."""

Whereto = Callable[[str, bool], str]
"""(topic, whether the broker says that what was written to so far is closed) -> the generation to write to. Raises
django.db.Error."""


def stays(topic: str, is_closed: bool) -> str:
    return topic


def name_of(topic: str, generation: int) -> str:
    return topic if generation == 1 else f"{topic}.{generation}"


def first_of(name: str) -> str:
    """The topic that this is a generation of."""
    topic, _, generation = name.rpartition(".")
    return topic if generation.isdigit() else name


def number_of(name: str) -> int:
    generation = name.rpartition(".")[2]
    return int(generation) if generation.isdigit() else 1


class Whereabouts:
    """Where a producer writes; what it was told, it remembers. One thread at a time."""

    def __init__(self, whereto: Whereto = stays) -> None:
        self._whereto = whereto
        self._names: dict[str, str] = {}
        self._asked_at: dict[str, float] = {}

    def of(self, topic: str) -> str:
        if topic not in self._names:
            self._names[topic] = self._whereto(topic, False)
        return self._names[topic]

    def may_have_grown(self, topic: str) -> bool:
        return time.monotonic() - self._asked_at.get(topic, float("-inf")) > ASKED_ENOUGH_S

    def ask_again(self, topic: str) -> bool:
        """The broker takes nothing for it. Whether its records go elsewhere from now on."""
        before, self._names[topic] = self._names.get(topic), self._whereto(topic, True)
        self._asked_at[topic] = time.monotonic()
        return self._names[topic] != before
