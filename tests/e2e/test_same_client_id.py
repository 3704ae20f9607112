"""One `client_id` is one message, whatever is sent how often, wherever."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.stack.client import ChatClient
from tests.stack.invariants import check
from tests.stack.stack import Stack

pytestmark = pytest.mark.asyncio


async def test_sent_twice_over_two_sockets_and_after_a_reconnect_is_one_row(stack: Stack) -> None:
    client_id = str(uuid4())
    async with ChatClient(stack, "ada") as one, ChatClient(stack, "ada") as other:
        for client in (one, other):
            await client.say("only once", client_id)
            await client.until(lambda client=client: client_id in client.accepted, "accepted")
        await other.until(lambda: other.shows("only once"), "the message")  # what is shown is stored
        await one.close()
        await one.open(unfinished=[client_id])
        await one.until(lambda: one.outcomes.get(client_id, {}).get("state") == "stored", "the outcome")
        one.accepted.clear()
        await one.say("only once", client_id, again=True)
        await one.until(lambda: client_id in one.accepted, "accepted again")
        await one.say("the end")
        for client in (one, other):
            await client.until(lambda client=client: client.shows("the end"), "the end")
            assert client.bodies().count("only once") == 1
        check(stack, one, other)


async def test_five_times_at_once_is_one_row(stack: Stack) -> None:
    client_id = str(uuid4())
    async with ChatClient(stack, "ada") as one, ChatClient(stack, "ada") as other:
        for client in (one, other, one, other, one):
            await client.say("five times", client_id)
        await one.until(lambda: one.accepted.count(client_id) == 3, "accepted")
        await other.until(lambda: other.accepted.count(client_id) == 2, "accepted")
        await one.say("the end")
        await one.until(lambda: one.shows("the end"), "the end")
        assert one.bodies().count("five times") == 1
        await other.until(lambda: other.rev == one.rev, "the same rev")
        check(stack, one, other)


async def test_another_text_under_a_spent_id_is_refused_for_good(stack: Stack) -> None:
    async with ChatClient(stack, "ada") as ada:
        client_id = await ada.say("the first text")
        await ada.until(lambda: ada.shows("the first text"), "the message")
        await ada.say("another text", client_id)
        await ada.until(lambda: client_id in ada.rejected, "the refusal")
        assert (ada.rejected[client_id]["code"], ada.rejected[client_id]["final"]) == ("invalid", True)
        assert not ada.shows("another text")
