"""The links of a message, as its own renderer wrote them."""

from __future__ import annotations

from html.parser import HTMLParser

LINKS_MOST = 3
"""Of one message; the first ones."""


def links_in(html: str) -> list[str]:
    """The different web addresses that rendered HTML links to, in their order."""
    if "<a " not in html:
        return []
    found = _Links()
    found.feed(html)
    return list(dict.fromkeys(found.links))[:LINKS_MOST]


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        href = dict(attributes).get("href") or ""
        if tag == "a" and href.startswith(("http://", "https://")):
            self.links.append(href)


def still_linked(previews: list[dict[str, str]] | None, html: str) -> list[dict[str, str]] | None:
    """Those of these previews whose links stand in the message; None for none."""
    links = set(links_in(html)) if previews else set()
    return [one for one in previews or () if one["url"] in links] or None
