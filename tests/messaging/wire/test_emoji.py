"""The table of emoji is sane: each is one emoji, found by one name, in English and Chinese."""

from __future__ import annotations

import re
from collections import Counter

from messaging.wire.emoji import EMOJI, QUICK

NAME = re.compile(r"[a-z0-9+_-]+")
JOINS = "\u200d\ufe0f"


def test_there_are_enough_and_those_offered_first_are_among_them() -> None:
    assert len(EMOJI) >= 400
    assert set(QUICK) <= EMOJI.keys()


def test_each_is_one_emoji_and_nothing_else() -> None:
    for emoji in EMOJI:
        parts = [part.strip(JOINS) for part in emoji.split("\u200d")]
        assert all(len(part) == 1 and ord(part) > 0x2000 for part in parts), emoji
        assert len(emoji) <= 16


def test_the_first_name_means_one_emoji_and_can_be_typed() -> None:
    first = Counter(names[0] for names in EMOJI.values())
    assert [name for name, times in first.items() if times > 1] == []
    assert [name for name in first if not NAME.fullmatch(name)] == []


def test_each_has_a_chinese_name() -> None:
    without = [
        emoji for emoji, names in EMOJI.items() if not any(re.search(r"[\u4e00-\u9fff]", name) for name in names)
    ]
    assert without == []
