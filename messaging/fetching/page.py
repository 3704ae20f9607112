"""What a page says of itself: its Open Graph tags, else its title and description."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from messaging.wire.commands import Preview

TITLE_CHARACTERS = 200
DESCRIPTION_CHARACTERS = 300
SITE_CHARACTERS = 80
_SPACE = re.compile(r"\s+")
_CHARSET = re.compile(rb"""<meta[^>]+charset=["']?([\w-]+)""", re.IGNORECASE)


def preview_of(url: str, content: bytes, charset: str | None, host: str) -> Preview | None:
    """None for a page without a title. `content` may be its beginning only."""
    head = _Head()
    head.feed(_text(content, charset))
    title = _line(head.meta.get("og:title") or "".join(head.title), TITLE_CHARACTERS)
    if not title:
        return None
    described = head.meta.get("og:description") or head.meta.get("description") or ""
    site = head.meta.get("og:site_name") or host.removeprefix("www.")
    return Preview(url, title, _line(described, DESCRIPTION_CHARACTERS), _line(site, SITE_CHARACTERS))


def _text(content: bytes, charset: str | None) -> str:
    named = _CHARSET.search(content[:2_048])
    for name in (charset, named and named[1].decode("ascii"), "utf-8"):
        try:
            return content.decode(name or "", errors="replace")
        except LookupError:
            continue
    return ""


def _line(text: str, most: int) -> str:
    """Printable, on one line, cut at `most` characters."""
    line = _SPACE.sub(" ", "".join(one if one.isprintable() else " " for one in text)).strip()
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


class _Head(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.title: list[str] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "meta":
            name = (given.get("property") or given.get("name") or "").lower()
            self.meta.setdefault(name, given.get("content", ""))
        self._in_title = tag == "title" and not self.title

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title.append(data)
