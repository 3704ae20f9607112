"""A message's body -> safe HTML, once, in the process that accepts it.

markdown-it-py reads a CommonMark subset (no raw HTML, no images, no headings), nh3 sanitises what it made:
two fences, so that a hole in one is not a hole in the chat.
"""

import re

import nh3
from markdown_it import MarkdownIt

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "hr", "li", "ol", "p", "pre", "s", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
SCHEMES = {"http", "https", "mailto"}

_markdown = (
    MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True, "maxNesting": 20})
    .enable(["linkify", "strikethrough", "table"])
    .disable(["html_block", "html_inline", "image", "heading", "lheading", "reference"])
)
_PLAIN = re.compile(r"(?!\d+\.)[^\W_](?:[^\W_]|[ ,!?']|\.(?=[ .]|\Z))*")
"""Words and ends of sentences: nothing here can mean anything in Markdown, HTML or a link."""
_LANGUAGE = re.compile(r"language-[\w+#.-]{1,30}")
_LINK = re.compile(r"(https?|mailto):", re.IGNORECASE)
_ATTRIBUTES = {"a": {"href", "rel"}, "code": {"class"}, "ol": {"start"}}


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Only ours; nh3 would also let general ones such as `title` through."""
    fits = {"class": _LANGUAGE.fullmatch, "href": _LINK.match}.get(name, lambda _: True)
    return value if name in _ATTRIBUTES.get(tag, ()) and fits(value) else None


_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes={tag: names - {"rel"} for tag, names in _ATTRIBUTES.items()},
    attribute_filter=_attribute,
    url_schemes=SCHEMES,
    link_rel="noopener noreferrer nofollow",
)


def render(body: str) -> str:
    """Return sanitised HTML for a cleaned body."""
    if _PLAIN.fullmatch(body):  # what most people say most of the time, fifteen times as fast
        return f"<p>{body}</p>"
    return _cleaner.clean(_markdown.render(body)).strip()
