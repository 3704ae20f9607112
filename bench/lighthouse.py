"""python -m bench.lighthouse: what Lighthouse says of the main pages of a fresh embedded chat, as somebody signed in.

Needs Node and npm's registry for LIGHTHOUSE, which no other command of the project does: so it is not a part of the
tests. Ends with 1 when a page is below BOUNDS; a page's figures are medians of RUNS.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright

from deploy.services.processes import free_port
from tests.e2e.browser import ARGUMENTS, CHROMIUM
from tests.stack.stack import PASSWORD, EmbeddedStack

LIGHTHOUSE = "lighthouse@12.8.2"
BOUNDS = {"accessibility": 100, "best-practices": 100, "performance": 90}
RUNS = 3
PAGES = {
    "sign in": "/accounts/login/",
    "rooms": "/rooms/",
    "a room": "/rooms/1/",
    "people": "/rooms/1/people/",
    "profile": "/accounts/profile/",
}
FORMS = ("mobile", "desktop")


async def look(url: str) -> dict[tuple[str, str], dict[str, float]]:
    """{(page, form): {category: score of 100}}"""
    found = {}
    for page, path in PAGES.items():
        with tempfile.TemporaryDirectory() as profile:
            port = free_port()
            async with async_playwright() as playwright:
                context = await playwright.chromium.launch_persistent_context(
                    profile, executable_path=CHROMIUM, args=[*ARGUMENTS, f"--remote-debugging-port={port}"]
                )
                if page != "sign in":
                    await _sign_in(await context.new_page(), url)
                for form in FORMS:
                    runs = [await asyncio.to_thread(scores, f"{url}{path}", port, form) for _ in range(RUNS)]
                    found[page, form] = {one: statistics.median(run[one] for run in runs) for one in BOUNDS}
                    print(f"{page}, {form}: {found[page, form]}", flush=True)
                await context.close()
    return found


async def _sign_in(page, url: str) -> None:  # type: ignore[no-untyped-def]
    await page.goto(f"{url}/accounts/login/")
    await page.fill("[name=username]", "ada")
    await page.fill("[name=password]", PASSWORD)
    await page.click("button[type=submit]")
    await page.wait_for_url("**/rooms/")
    await page.close()


def scores(address: str, port: int, form: str) -> dict[str, float]:
    """One run in the browser that listens there; says what costs a page points. Raises CalledProcessError."""
    preset = ["--preset=desktop"] if form == "desktop" else []
    command = [
        "npx", "--yes", LIGHTHOUSE, address, f"--port={port}", "--disable-storage-reset", "--quiet", "--output=json",
        f"--only-categories={','.join(BOUNDS)}", *preset,
    ]  # fmt: skip
    report = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=300).stdout)
    assert report["finalDisplayedUrl"] == address, f"led to {report['finalDisplayedUrl']}"
    for name, category in report["categories"].items():
        if category["score"] * 100 < BOUNDS[name]:
            audits = [report["audits"][one["id"]] for one in category["auditRefs"] if one["weight"]]
            lost = [f"{audit['title']} ({audit['score']})" for audit in audits if (audit["score"] or 0) < 0.9]
            print(f"  {address} {form} {name}: {', '.join(lost)}", flush=True)
    return {name: round(category["score"] * 100) for name, category in report["categories"].items()}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        stack = EmbeddedStack(Path(folder))
        try:
            stack.start_web()
            found = asyncio.run(look(stack.url))
        finally:
            stack.end()
    low = {place: got for place, got in found.items() if any(got[one] < bound for one, bound in BOUNDS.items())}
    for place, got in low.items():
        print(f"below {BOUNDS}: {', '.join(place)}: {got}")
    return int(bool(low))


if __name__ == "__main__":
    sys.exit(main())
