"""How much is read from Redis at once."""

from __future__ import annotations

import asyncio

import pytest
from channels.layers import get_channel_layer
from django.conf import settings
from redis.asyncio import ConnectionPool

from chatsite.redis_connection import READ_BYTES

pytestmark = [pytest.mark.asyncio, pytest.mark.services]


async def test_every_connection_of_the_layer_reads_much_also_after_a_loss() -> None:
    layer = get_channel_layer()
    assert layer is not None
    channel = await layer.new_channel()
    for _ in range(2):
        await layer.send(channel, {"type": "x"})
        assert await asyncio.wait_for(layer.receive(channel), 5) == {"type": "x"}
        [shard] = layer._get_layer()._shards
        connection = shard._pubsub.connection
        assert connection._writer.transport.max_size == READ_BYTES
        await connection.disconnect()
        await asyncio.sleep(0.3)  # until it has noticed, and subscribed again
    await layer.flush()


async def test_a_connection_says_who_it_is_before_it_reads() -> None:
    options = dict(settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"][0])
    pool = ConnectionPool.from_url(options.pop("address"), client_name="reads-much", **options)
    connection = await pool.get_connection()
    await connection.send_command("CLIENT", "GETNAME")
    assert await connection.read_response() == b"reads-much"
    await pool.aclose()
