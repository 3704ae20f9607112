"""Commands grow into a topic with more partitions while everybody talks, and processes are killed in the middle."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable

import pytest

from tests.faults.conftest import Measured, audited
from tests.faults.scale import short_or_whole
from tests.stack.crowd import Crowd, percentile
from tests.stack.stack import ServicesStack

pytestmark = [pytest.mark.asyncio, pytest.mark.services]

KEPT = (
    "SELECT room_id, seq, rev, client_id, sender_id, body, created_at FROM messaging_message ORDER BY room_id, seq",
    "SELECT topic, `partition`, next_offset FROM messaging_storedoffset WHERE topic LIKE 'chat.commands%%' "
    "AND next_offset > 0 ORDER BY topic, `partition`",
    "SELECT name, topic_id, partitions, ends FROM messaging_logtopic WHERE name LIKE 'chat.commands%%' ORDER BY name",
)
"""What has to be the same again."""

MakeStack = Callable[..., ServicesStack]

SOCKETS, ROOMS, PER_SECOND = short_or_whole((30, 4, 50), (200, 20, 100))
OLD, NEW = 8, 16
SHOWN_WITHIN_S = 15.0
TALK_S = 25


async def grow(stack: ServicesStack, partitions: int = NEW) -> str:
    return await asyncio.to_thread(stack.run, "kafka_bridge", "--grow", str(partitions))


async def refusal(stack: ServicesStack, partitions: int) -> str:
    process = stack.start("grow", ["kafka_bridge", "--grow", str(partitions)])
    await asyncio.to_thread(process.process.wait, 60)
    return process.printed()


def partitions(stack: ServicesStack) -> dict[str, int]:
    """Records by topic that a partition's stored offset has passed, of `chat.commands` and what it has grown into."""
    rows = stack.rows(
        "SELECT topic, SUM(next_offset) FROM messaging_storedoffset WHERE topic LIKE 'chat.commands%%' GROUP BY topic"
    )
    return {topic: int(count) for topic, count in rows}


async def test_growing_under_load_loses_doubles_and_reorders_nothing(make_stack: MakeStack, measured: Measured) -> None:
    stack = make_stack()
    await asyncio.to_thread(stack.start_bridge)
    async with Crowd(stack, stack.people(SOCKETS, ROOMS)) as crowd:
        talking = asyncio.create_task(crowd.talk(TALK_S, PER_SECOND))
        await asyncio.sleep(2)
        told = await grow(stack)
        assert "chat.commands.2 has 16 partitions" in told
        assert "chat.commands is closed." in told
        await talking
        await crowd.settle()
        await crowd.check()
        shown = crowd.shown_after()
        measured(
            "chat.commands grown from 8 to 16 partitions under load",
            {"shown within, s": (shown[-1], SHOWN_WITHIN_S)},
            f"{len(shown)} sends, p99 {percentile(shown, 0.99):.2f} s; 0 lost, 0 doubled, in order",
        )
    applied = partitions(stack)
    assert min(applied.values()) > 100, applied
    assert audited(stack)["stored"] >= len(shown)
    status = json.loads(await asyncio.to_thread(stack.run, "kafka_bridge", "--status", "--json"))
    assert status["topics"]["chat.commands"]["is_closed"]
    assert len(status["partitions"]) == OLD + NEW
    assert status["lag_records"] == 0


async def test_bridge_and_web_killed_while_it_grows(make_stack: MakeStack) -> None:
    stack = make_stack()
    bridge = stack.processes[0]
    async with Crowd(stack, stack.people(SOCKETS, ROOMS)) as crowd:
        talking = asyncio.create_task(crowd.talk(TALK_S, PER_SECOND))
        growing = asyncio.create_task(grow(stack))
        await asyncio.sleep(5)  # announced, and not closed yet
        await asyncio.to_thread(bridge.kill)
        await growing
        await asyncio.to_thread(stack.web.kill)
        await asyncio.to_thread(stack.start_web)
        bridge = await asyncio.to_thread(stack.start_bridge)
        await asyncio.sleep(1)
        await asyncio.to_thread(bridge.kill)  # perhaps while it drains the old topic
        await asyncio.to_thread(stack.start_bridge)
        await talking
        await crowd.settle()
        await crowd.check()
        sent = sum(len(client.sent) for client in crowd.clients)
    assert len(partitions(stack)) == 2
    assert audited(stack)["stored"] >= sent


async def test_what_was_broken_off_is_finished_and_nonsense_is_refused(make_stack: MakeStack) -> None:
    stack = make_stack()
    for number in (signal.SIGINT, signal.SIGKILL):
        begun = stack.start("grow", ["kafka_bridge", "--grow", str(NEW)])
        await asyncio.to_thread(begun.wait_until_printed, "chat.commands.2 has 16 partitions")
        begun.signal(number)
        await asyncio.to_thread(begun.process.wait, 10)
        assert "Traceback" not in begun.printed()
        assert ("is finished by the same command" in begun.printed()) == (number == signal.SIGINT)
    assert await refusal(stack, NEW + 1) == (
        f"CommandError: not grown: growing to {NEW} partitions was begun; finish that first\n"
    )
    assert "chat.commands is closed." in await grow(stack)
    async with Crowd(stack, stack.people(4, 2)) as crowd:
        await crowd.talk(2, PER_SECOND)
        await crowd.settle()
        await crowd.check()
    assert "has 16 partitions already" in await refusal(stack, OLD)
    audited(stack)


async def test_a_lost_database_is_rebuilt_over_all_generations(make_stack: MakeStack) -> None:
    stack = make_stack()
    async with Crowd(stack, stack.people(4, 4)) as crowd:
        await crowd.talk(1, PER_SECOND)
        await crowd.settle()
        await grow(stack)
        await crowd.talk(1, PER_SECOND)
        await crowd.settle()
    for process in reversed(stack.processes):
        await asyncio.to_thread(process.end)
    before, counts_before = [stack.rows(question) for question in KEPT], audited(stack)
    await asyncio.to_thread(stack.lose_database)
    assert "rebuilt from" in await asyncio.to_thread(stack.run, "rebuild")
    assert [stack.rows(question) for question in KEPT] == before
    assert set(partitions(stack)) == {"chat.commands", "chat.commands.2"}
    await asyncio.to_thread(stack.start_bridge)
    counts = audited(stack)
    assert counts["stored"] == len(before[0])
    assert counts["forgotten"] == counts_before["applied"]
