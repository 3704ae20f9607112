"""How bytes reach a socket: one small port, an adapter per server."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from typing import Any, Protocol

from websockets.protocol import State

from messaging.wire.close_codes import CloseCode

EXTENSION = "chatsite.protocol"
"""Where a server of ours puts its FrameWriter into the ASGI scope."""

ARRIVED = "chatsite.arrived"
"""In an event of a socket: when it came (monotonic seconds), from a server that reads ahead of the application."""


@lru_cache(maxsize=32)
def wire_frame(text: bytes) -> bytes:
    """One unmasked text frame (RFC 6455, 5.2). Kept for a moment: a fan-out asks for the same one over and over."""
    length = len(text)
    if length < 126:
        return b"\x81%c%b" % (length, text)
    if length < 65_536:
        return b"\x81\x7e%b%b" % (length.to_bytes(2), text)
    return b"\x81\x7f%b%b" % (length.to_bytes(8), text)


SystemSend = Callable[[bytes], int]
"""`socket.send`: how many bytes were taken. Raises OSError."""


class FrameWriter(Protocol):
    """Writes JSON text frames in order. Never blocks, never raises for a socket that is gone."""

    def write(self, frame: bytes) -> None:
        """With what else is written in this pass of the event loop, as one, where the server can."""
        ...

    def straight(self) -> SystemSend | None:
        """The shortest way for a ready wire frame; None where something waits before it, or there is no such way. What
        it does not take is for `finish`."""
        ...

    def finish(self, wire: bytes, sent: int) -> None:
        """Write what is left of a wire frame of which the system took `sent` bytes."""
        ...

    def backlog(self) -> int:
        """Bytes written but not yet taken by the system."""
        ...

    def unread(self) -> int:
        """Frames that came in and were not handed to the application yet, as far as the server tells."""
        ...

    def pause_reading(self, paused: bool) -> None:
        """Leave what this peer sends in the network for now; what the server does by itself need not be asked for."""
        ...

    def close(self, code: CloseCode) -> None:
        """Close after what was written."""
        ...

    def abort(self) -> None:
        """End the connection at once; the only end for a peer that does not read."""
        ...


def writer_for(scope: Any, send: Callable[[dict[str, Any]], Awaitable[None]]) -> FrameWriter:
    """The server's own writer, else plain ASGI."""
    found: FrameWriter | None = scope.get("extensions", {}).get(EXTENSION)
    return AsgiWriter(send) if found is None else found


def send_straight(wire: bytes, ready: Iterable[tuple[SystemSend, FrameWriter]]) -> None:
    """The same frame to many sockets in one go: nothing but system calls, which are faster one after the other."""
    size = len(wire)
    for send, writer in ready:
        try:
            sent = send(wire)
        except OSError:  # full, or gone, which the server finds out by itself
            sent = 0
        if sent < size:
            writer.finish(wire, sent)


class DaphneWriter:
    """Writes to daphne's WebSocket protocol: no task, no copy of the text. Twisted gathers what is written in a pass of
    the event loop."""

    __slots__ = ("_open", "_protocol", "_send", "_transport")

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        transport = protocol.transport
        # Under TLS nothing may go past the transport, which is then of another module, or says so.
        is_plain = type(transport).__module__ == "twisted.internet.tcp" and not getattr(transport, "TLS", False)
        self._send: SystemSend | None = transport.socket.send if is_plain else None
        self._transport, self._open = transport, protocol.STATE_OPEN

    def write(self, frame: bytes) -> None:
        """Past autobahn, which would make the same bytes for each socket anew."""
        self.finish(wire_frame(frame), 0)

    def straight(self) -> SystemSend | None:
        """Twisted would first watch the socket."""
        transport = self._transport
        if transport._tempDataLen or transport.dataBuffer or self._protocol.state != self._open:
            return None
        return self._send

    def finish(self, wire: bytes, sent: int) -> None:
        if self._protocol.state == self._open:
            self._transport.write(wire[sent:])

    def backlog(self) -> int:
        # Twisted's asyncio reactor keeps unsent bytes in these two buffers; there is no public count.
        transport = self._transport
        return len(transport.dataBuffer) - transport.offset + transport._tempDataLen

    def unread(self) -> int:
        # daphne's queue has no bound: a peer that floods would fill the memory.
        return int(self._protocol.application_queue.qsize())

    def pause_reading(self, paused: bool) -> None:
        transport = self._protocol.transport
        if paused:
            transport.pauseProducing()
        elif self._protocol.state == self._protocol.STATE_OPEN:
            transport.resumeProducing()

    def close(self, code: CloseCode) -> None:
        if self._protocol.state == self._protocol.STATE_OPEN:
            self._protocol.sendClose(code=int(code))

    def abort(self) -> None:
        self._send = None
        self._transport.abortConnection()


class UvicornWriter:
    """Writes to the protocol of uvicorn (websockets-sansio): no task for a frame. What is written in a pass of the
    event loop is gathered here, for asyncio's transports write at once."""

    __slots__ = ("_closing", "_connection", "_gathered", "_protocol", "_transport")

    def __init__(self, protocol: Any) -> None:
        self._protocol, self._connection, self._transport = protocol, protocol.conn, protocol.transport
        self._closing: asyncio.Task[None] | None = None
        self._gathered: list[bytes] = []

    def write(self, frame: bytes) -> None:
        """Past the protocol, which would make the same bytes for each socket anew."""
        self.finish(wire_frame(frame), 0)

    def straight(self) -> SystemSend | None:
        """asyncio's transports give their socket to nobody."""
        if self._gathered or not self._is_open() or self._transport.get_write_buffer_size():
            return None
        return self._send

    def _send(self, wire: bytes) -> int:
        self._transport.write(wire)
        return len(wire)

    def finish(self, wire: bytes, sent: int) -> None:
        if not self._gathered:
            asyncio.get_running_loop().call_soon(self._write_gathered)
        self._gathered.append(wire[sent:])

    def _write_gathered(self) -> None:
        gathered, self._gathered = self._gathered, []
        if gathered and self._is_open():
            self._transport.write(b"".join(gathered))

    def _is_open(self) -> bool:
        return self._connection.state is State.OPEN and not self._transport.is_closing()

    def backlog(self) -> int:
        return int(self._transport.get_write_buffer_size()) + sum(map(len, self._gathered))

    def unread(self) -> int:
        return int(self._protocol.queue.qsize())

    def pause_reading(self, paused: bool) -> None:
        """uvicorn reads no further than the application does."""

    def close(self, code: CloseCode) -> None:
        self._write_gathered()
        message = {"type": "websocket.close", "code": int(code)}
        if self._connection.state is State.OPEN and self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._protocol.send(message))

    def abort(self) -> None:
        self._gathered.clear()
        self._transport.abort()


class AsgiWriter:
    """Any other ASGI server: frames queue here, one task per socket feeds `send`."""

    def __init__(self, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        self._send = send
        self._waiting: deque[dict[str, Any]] = deque()
        self._bytes = 0
        self._task: asyncio.Task[None] | None = None

    def write(self, frame: bytes) -> None:
        self._bytes += len(frame)
        self._put({"type": "websocket.send", "text": frame.decode()})

    def straight(self) -> SystemSend | None:
        return None

    def finish(self, wire: bytes, sent: int) -> None:
        """There was no straight way."""

    def backlog(self) -> int:
        return self._bytes

    def unread(self) -> int:
        return 0

    def pause_reading(self, paused: bool) -> None:
        """No server of this kind offers it."""

    def close(self, code: CloseCode) -> None:
        self._put({"type": "websocket.close", "code": int(code)})

    def abort(self) -> None:
        self._waiting.clear()
        self.close(CloseCode.TOO_SLOW)

    def _put(self, message: dict[str, Any]) -> None:
        self._waiting.append(message)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        try:
            while self._waiting:
                message = self._waiting.popleft()
                await self._send(message)
                self._bytes -= len(message.get("text", "").encode())
        except Exception:  # servers raise all kinds for a peer that is gone; the disconnect event says it properly
            self._waiting.clear()
            self._bytes = 0
