"""The number of series does not grow with people, rooms or messages: what a monitoring system pays for is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.faults.scale import short_or_whole
from tests.stack.client import ChatClient
from tests.stack.stack import EmbeddedStack, Person

pytestmark = pytest.mark.asyncio

FEW, MANY = 10, short_or_whole(300, 1_000)
AT_ONCE = 20
SERIES_MOST = 500
"""Of ours, in one process."""

LOADED = "chat_shed"
"""What is left undone hangs on how busy the machine is; its labels are the seven kinds of work."""

FORBIDDEN = {"user", "user_id", "username", "person", "room", "room_id", "message", "seq", "client_id", "session"}

Series = tuple[str, tuple[tuple[str, str], ...]]


def series(stack: EmbeddedStack) -> set[Series]:
    text = httpx.get(f"http://127.0.0.1:{stack.metrics_port}/metrics").text
    return {
        (sample.name, tuple(sorted(sample.labels.items())))
        for family in text_string_to_metric_families(text)
        if family.name.startswith("chat_") and family.name != LOADED
        for sample in family.samples
    }


async def use(stack: EmbeddedStack, people: Sequence[Person]) -> set[str]:
    """Everybody talks once, in a room of their own, and some look at pages; the client_ids of what they said."""
    said: set[str] = set()
    for start in range(0, len(people), AT_ONCE):
        for some in await asyncio.gather(*(_use(stack, person) for person in people[start : start + AT_ONCE])):
            said |= some
    for person in people[::10]:
        await _look(stack, person)
    return said


async def _use(stack: EmbeddedStack, person: Person) -> set[str]:
    async with ChatClient(stack, person.name, person.room, session=person.session) as client:
        await client.say(f"{person.name} is here")
        await client.until(lambda: client.messages, "their own message")
        await client.write(type="typing", room=person.room)
        await client.write(type="read", room=person.room, seq=max(client.messages))
        await client.write(type="send", client_id=str(uuid4()), room=10**9, body="not here")
        await client.until(lambda: client.rejected, "a refusal")
    return set(client.sent)


async def _look(stack: EmbeddedStack, person: Person) -> None:
    headers = {"Cookie": f"sessionid={person.session}"}
    async with httpx.AsyncClient(base_url=stack.url, headers=headers, timeout=30) as http:
        for path in (f"/rooms/{person.room}/", f"/api/v1/rooms/{person.room}/messages", f"/nothing/{person.name}"):
            await http.get(path)


async def test_many_people_and_rooms_have_the_series_of_few(embedded_stack: EmbeddedStack) -> None:
    few = await asyncio.to_thread(embedded_stack.people, FEW, FEW)
    await use(embedded_stack, few)
    before = series(embedded_stack)
    many = await asyncio.to_thread(embedded_stack.people, MANY, MANY)
    said = await use(embedded_stack, many)
    after = series(embedded_stack)
    assert len(said) >= MANY
    assert after == before, sorted(after ^ before)[:10]
    assert 50 < len(after) < SERIES_MOST
    names = {name for person in many for name in (person.name, person.session)} | said
    for name, labels in after:
        assert not FORBIDDEN & {label for label, _ in labels}, name
        assert not names & {value for _, value in labels}, name
