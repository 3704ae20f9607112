"""Who a message names: `@username`, outside code, or everybody by `@room`."""

from __future__ import annotations

import re

MENTIONS_MOST = 50
"""Names looked up per message: a longer list is no conversation."""

EVERYBODY = "room"

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_NAME = re.compile(r"(?<![\w@./+-])@([\w.+-]{1,150})")


def mention_names(body: str) -> set[str]:
    """Candidates for usernames, as written. A full stop at the end may belong to the sentence: both are given."""
    if "@" not in body:
        return set()
    names: set[str] = set()
    for match in _NAME.finditer(_CODE.sub(" ", body)):
        name = match[1]
        names |= {name, name.rstrip(".+-")}
        if len(names) >= MENTIONS_MOST:
            break
    return names - {""}


def names_everybody(names: set[str]) -> bool:
    """Whether `@room` is among what `mention_names` found."""
    return any(name.lower() == EVERYBODY for name in names)
