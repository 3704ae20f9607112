"""The live layer is a hint: with Redis frozen, what is said is still accepted, stored, and shown a few seconds later."""

from __future__ import annotations

import os
import time

import pytest

from tests.stack.client import ChatClient
from tests.stack.freeze import frozen, service
from tests.stack.invariants import check
from tests.stack.stack import ServicesStack

pytestmark = [pytest.mark.asyncio, pytest.mark.services, pytest.mark.timed]

SHOWN_WITHIN_S = 10.0


async def test_with_redis_frozen_messages_are_accepted_at_once_and_shown_soon(services_stack: ServicesStack) -> None:
    redis = service(os.environ["REDIS_URL"])
    async with ChatClient(services_stack, "ada") as ada, ChatClient(services_stack, "bo") as bo:
        await ada.say("before")
        await bo.until(lambda: bo.shows("before"), "before")
        with frozen(redis):
            started = time.monotonic()
            first = await ada.say("while Redis sleeps")
            await ada.until(lambda: first in ada.accepted, "accepted", within_s=2)
            await bo.until(lambda: bo.shows("while Redis sleeps"), "shown by rev", within_s=SHOWN_WITHIN_S)
            assert time.monotonic() - started < SHOWN_WITHIN_S
            for number in range(5):
                await ada.say(f"asleep {number}")
            await ada.until(lambda: len(ada.accepted) == 7, "accepted", within_s=2)
        await ada.say("awake")
        for client in (ada, bo):
            await client.until(lambda client=client: client.shows("awake"), "awake", within_s=SHOWN_WITHIN_S)
        check(services_stack, ada, bo)
        await ada.say("at once again")
        await bo.until(lambda: bo.shows("at once again"), "live again", within_s=SHOWN_WITHIN_S)
        assert services_stack.tracebacks() == []
