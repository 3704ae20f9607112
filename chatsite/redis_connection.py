"""How we read from Redis."""

from __future__ import annotations

from redis.asyncio.connection import AbstractConnection

READ_BYTES = 4 * 1_048_576
"""At once. asyncio reads 256 KiB of a connection in a pass of the event loop, which takes half a second where thousands
of sockets are busy: less than bridges announce meanwhile."""


async def read_much(connection: AbstractConnection) -> None:
    """Set up a new connection, as redis-py's `redis_connect_func`. Under TLS, and on another loop than asyncio's own,
    reads are as large as they are."""
    writer = connection._writer
    if writer is not None and hasattr(writer.transport, "max_size"):
        writer.transport.max_size = READ_BYTES
    await connection.on_connect()
