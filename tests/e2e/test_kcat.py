"""What stands in Kafka is what the documents say, seen with a tool that is not ours."""

from __future__ import annotations

import json
import os
import subprocess
from collections import defaultdict
from typing import Any

import pytest

from messaging.wire.commands import SendMessage
from messaging.wire.records import decode_command
from tests.stack.client import ChatClient
from tests.stack.stack import ServicesStack

pytestmark = [pytest.mark.asyncio, pytest.mark.services]

FORMAT = '{"key":"%k","partition":%p,"offset":%o,"headers":"%h","bytes":%S}\n'


def kcat(stack: ServicesStack, *arguments: str) -> bytes:
    broker = os.environ["KAFKA_BOOTSTRAP_SERVERS"]
    command = ["kcat", "-b", broker, "-t", f"{stack.name}-chat.commands", "-C", "-e", "-q", *arguments]
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout


async def test_records_carry_the_room_as_key_and_the_schema_as_header(services_stack: ServicesStack) -> None:
    async with ChatClient(services_stack, "ada") as lobby, ChatClient(services_stack, "ada", room=2) as plans:
        for number in range(10):
            await lobby.say(f"lobby {number}")
            await plans.say(f"plans {number}")
        for client in (lobby, plans):
            await client.until(lambda client=client: len(client.accepted) == 10, "accepted")
    records: list[dict[str, Any]] = [json.loads(line) for line in kcat(services_stack, "-f", FORMAT).splitlines()]
    partitions = defaultdict(set)
    for record in records:
        partitions[record["key"]].add(record["partition"])
        assert record["headers"] == "schema=chatsite.v1.Command"
        assert record["bytes"] > 0
    assert {key: len(found) for key, found in partitions.items()} == {"1": 1, "2": 1, "3": 1}
    # Ten of ours, the demo talk (8 and 2), and the opening of each room.
    assert [sum(record["key"] == key for record in records) for key in ("1", "2")] == [19, 13]


async def test_a_value_is_the_documented_protobuf(services_stack: ServicesStack) -> None:
    async with ChatClient(services_stack, "ada") as ada:
        client_id = await ada.say("the last one")
        await ada.until(lambda: client_id in ada.accepted, "accepted")
    values = kcat(services_stack, "-f", "%k|%s--END--").split(b"--END--")
    decoded = [decode_command(value.split(b"|", 1)[1], value.split(b"|", 1)[0]) for value in values if value]
    sends = {str(one.client_id): one.body for one in decoded if isinstance(one, SendMessage)}
    assert sends[client_id] == "the last one"
