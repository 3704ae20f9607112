"""Finding words in messages. By RE2: time linear in the text whatever the pattern; what it cannot do (back references,
looking around, huge repetitions) is refused when a pattern is made."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import re2

PATTERN_MEMORY = 1 << 20
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")

Finder = Callable[[str], str]
"""What was found in a text; empty where nothing was."""


class BadPattern(ValueError):
    """The text says what is wrong with it."""


def plain_text(body: str) -> str:
    """Without what is not seen and with one form of what looks the same: nobody hides a word by that."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", body))


def word_finder(lines: str) -> Finder:
    """Words or phrases, one a line, whatever their case; Latin ones as whole words. Raises BadPattern."""
    words = [" ".join(plain_text(line).split()) for line in lines.splitlines()]
    return regex_finder("|".join(_bounded(word) for word in words if word))


def regex_finder(pattern: str) -> Finder:
    """Whatever its case. Raises BadPattern, also for one that finds nothing in particular."""
    options = re2.Options()
    options.log_errors, options.case_sensitive, options.max_mem = False, False, PATTERN_MEMORY
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        raise BadPattern(reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)) from error
    if compiled.search(""):
        raise BadPattern("It is found in every message.")

    def find(body: str) -> str:
        found = compiled.search(plain_text(body))
        return str(found.group()) if found else ""

    return find


def _bounded(word: str) -> str:
    escaped = re2.escape(word)
    before = r"\b" if word[0].isascii() and word[0].isalnum() else ""
    after = r"\b" if word[-1].isascii() and word[-1].isalnum() else ""
    return f"{before}{escaped}{after}"
