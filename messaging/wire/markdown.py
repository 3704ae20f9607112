"""A message's body -> safe HTML, once, in the process that accepts it.

markdown-it-py reads a CommonMark subset (no raw HTML, no images, no headings), nh3 sanitises what it made:
two fences, so that a hole in one is not a hole in the chat.
"""

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
_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes={"a": {"href"}, "code": {"class"}, "ol": {"start"}},
    attribute_filter=lambda tag, name, value: (
        None if (tag, name) == ("code", "class") and not value.startswith("language-") else value
    ),
    url_schemes=SCHEMES,
    link_rel="noopener noreferrer nofollow",
)


def render(body: str) -> str:
    """Return sanitised HTML for a cleaned body."""
    return _cleaner.clean(_markdown.render(body)).strip()
