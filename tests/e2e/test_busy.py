"""A server that is too busy for some messages: they come later, and everybody's stand in the order of writing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.browser import chromium, open_room, see, signed_in, write
from tests.stack.client import ChatClient
from tests.stack.crowd import Crowd
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio(loop_scope="session")

WORDS = [f"word {number}" for number in range(12)]


@pytest.fixture
def busy_stack(tmp_path: Path, embedded_template: Path) -> Iterator[EmbeddedStack]:
    stack = EmbeddedStack(tmp_path, embedded_template)
    try:
        stack.program = ("-m", "tests.stack.choosy")
        stack.start_web()
        yield stack
    finally:
        stack.end()


async def test_clients_that_send_without_waiting_keep_their_order(busy_stack: EmbeddedStack) -> None:
    async with Crowd(busy_stack, busy_stack.people(3, 1)) as crowd:
        await crowd.talk(3, 60)
        await crowd.settle()
        await crowd.check()
        assert all(len(client.rejected) > 10 for client in crowd.clients), "the premise"


async def test_a_browser_keeps_the_order_too(busy_stack: EmbeddedStack) -> None:
    async with ChatClient(busy_stack, "bo") as bo, chromium() as browser:
        _, ada = await signed_in(browser, busy_stack.url, "ada")
        await open_room(ada, busy_stack.url)
        for word in WORDS:
            await write(ada, word)
        await bo.until(lambda: bo.shows(WORDS[-1]), "the last one", within_s=30)
        assert [body for body in bo.bodies() if body.startswith("word")] == WORDS
        await see(ada, WORDS[-1])
        bodies = await ada.locator("[data-testid=message] .message-body").all_inner_texts()
        assert [body.strip() for body in bodies if body.startswith("word")] == WORDS
