"""Bodies become pleasant HTML, and nothing a person writes becomes a script."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from messaging.wire import markdown
from messaging.wire.markdown import SCHEMES, TAGS, render

PAYLOADS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<iframe src=javascript:alert(1)>",
    "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java\tscript:alert(1))", "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)", "[x](vbscript:msgbox(1))", "![x](javascript:alert(1))", "![x](x \"onerror=alert(1)\")",
    "[x](http://a\" onmouseover=\"alert(1))", "[x](http://a 'title\" onclick=alert(1)')", "<a href='javascript:alert(1)'>x</a>",
    "<a href=\"http://x\" onclick=\"alert(1)\">x</a>", "<http://x\" onclick=alert(1)>", "<javascript:alert(1)>", "http://x\"onmouseover=alert(1)",
    "`<script>alert(1)</script>`", "```\n<script>alert(1)</script>\n```", "```\"><script>alert(1)</script>\nx\n```",
    "```js\" onclick=\"alert(1)\nx\n```", "> <script>alert(1)</script>", "- <img src=x onerror=alert(1)>", "| <script> |\n|-|\n| <b onclick=x> |",
    "<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)>", "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<style>@import 'http://x'</style>", "<link rel=stylesheet href=http://x>", "<base href=http://x>", "<meta http-equiv=refresh content=0>",
    "<form action=http://x><input name=p></form>", "<object data=x>", "<embed src=x>", "<template><script>alert(1)</script></template>",
    "<!--<script>alert(1)</script>-->", "<![CDATA[<script>alert(1)</script>]]>", "<?php echo 1 ?>", "<x onclick=alert(1)>", "&lt;script&gt;alert(1)&lt;/script&gt;",
    "[a]: javascript:alert(1)\n[a]", "<scr<script>ipt>alert(1)</scr</script>ipt>", "\u202e<script>alert(1)</script>", "<ScRiPt>alert(1)</ScRiPt>",
    "[x](//evil.example)", "[x](file:///etc/passwd)", "<details open ontoggle=alert(1)>", "<video><source onerror=alert(1)>", "<p style=position:fixed>",
]  # fmt: skip


class Tags(HTMLParser):
    """Collects what a browser would see as elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_gets_through(payload: str) -> None:
    for tag, attributes in Tags(render(payload)).found:
        assert tag in TAGS
        assert attributes.keys() <= {"href", "rel", "class", "start"}
        link = attributes.get("href")
        assert link is None or re.match("|".join(f"{scheme}:" for scheme in SCHEMES), link)
        assert "class" not in attributes or re.fullmatch(r"language-[^\s\"<>]*", attributes["class"] or "")


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("a **b** *c* ~~d~~", "<p>a <strong>b</strong> <em>c</em> <s>d</s></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("see https://example.org", '<p>see <a href="https://example.org" rel="noopener noreferrer nofollow">https://example.org</a></p>'),
        ("# no heading", "<p># no heading</p>"),
        ("```py\nx < 1\n```", '<pre><code class="language-py">x &lt; 1\n</code></pre>'),
    ],
)  # fmt: skip
def test_what_people_mean(body: str, html: str) -> None:
    assert render(body) == html


@pytest.mark.parametrize(
    "bomb", ["[" * 4000, "*a" * 2000, ">" * 4000, "`" * 3999 + "a", "[a](" * 1000, "<" * 4000, "- " * 2000, "http://a" * 500, "|" * 4000]
)  # fmt: skip
def test_no_four_thousand_characters_take_long(bomb: str) -> None:
    started = time.process_time()
    render(bomb[:4000])
    assert time.process_time() - started < 0.25  # 50 ms on a quiet machine


WORDS = st.text(st.one_of(st.sampled_from(" ,!?'._-12ax\u00e9\u4f60\u0639\U0001f600"), st.characters()), max_size=30)


@settings(max_examples=500)
@given(WORDS.map(str.strip))
@example("1. a")
@example("so. and.so")
@example("www.example.com")
@example("a  b")
def test_plain_words_are_what_markdown_makes_of_them(body: str) -> None:
    if markdown._PLAIN.fullmatch(body):
        assert render(body) == markdown._cleaner.clean(markdown._markdown.render(body)).strip()


def test_what_most_people_say_is_plain() -> None:
    for body in ["ok", "See you at 10, then. I don't know!", "你好 朋友", "1 or 2?", "well..."]:
        assert markdown._PLAIN.fullmatch(body), body
