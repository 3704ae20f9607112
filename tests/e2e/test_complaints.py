"""Whatever a page complains of fails the test it happened in; so does a script that is not ours."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from tests.e2e.browser import chromium, complaints, forgive, watched_context
from tests.stack.stack import EmbeddedStack

INLINE = "document.body.append(Object.assign(document.createElement('p'), {}));"
INLINE += "document.querySelector('p').setAttribute('style', 'color: red')"


SCRIPTS = {
    "setTimeout(() => { throw new Error('a broken page') })": "page error: .*a broken page",
    "console.warn('something odd')": "warning: something odd",
    INLINE: "CSP report: style-src",
    "fetch('https://elsewhere.example/').catch(() => 0)": "CSP report: connect-src",
    "alert(1)": "alert: 1",
}


@pytest.mark.asyncio(loop_scope="session")
async def test_every_kind_of_complaint_is_kept(shared_stack: EmbeddedStack) -> None:
    async with chromium() as browser:
        page = await (await watched_context(browser)).new_page()
        await page.goto(f"{shared_stack.url}/accounts/login/")
        for script, said in SCRIPTS.items():
            assert complaints == [], "the premise: the page is quiet by itself"
            await page.evaluate(f"() => {{ {script} }}")
            async with asyncio.timeout(5):
                while not any(re.search(said, one) for one in complaints):
                    await asyncio.sleep(0.02)
            await asyncio.sleep(0.1)  # the console may say it too, a little later
            forgive("")


def test_no_test_opens_a_page_that_nobody_watches() -> None:
    here = Path(__file__).resolve().parents[1]
    makers = [path for path in here.rglob("*.py") if re.search(r"browser\.new_(context|page)\(", path.read_text())]
    assert [path.name for path in makers] == ["browser.py"]
