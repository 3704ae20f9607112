"""A TCP proxy that does to a connection what networks do: delay, stalls of lost packets, silence, half-open ends, cuts."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Self

CHUNK = 65_536
RETRANSMIT_S = 0.2
"""What a lost packet costs a TCP stream: everything behind it waits for the retransmission."""


@dataclass
class Faults:
    """What is done from now on, to open connections too."""

    delay_s: float = 0.0
    """Each way."""
    loss: float = 0.0
    """Share of chunks that arrive RETRANSMIT_S late, and with them what follows."""
    swallow_up: bool = False
    """Nothing from the client arrives, and nobody is told: with `swallow_down` a blackhole, alone half-open."""
    swallow_down: bool = False
    refuse: bool = False
    """New connections end at once."""


class Proxy:
    """Listens on a loopback port of its own, on a thread with its own loop: a test that is busy does not slow it."""

    def __init__(self, port: int) -> None:
        self.faults = Faults()
        self.port = 0
        self._target = port
        self._reading = asyncio.Event()
        self._reading.set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> int:
        """Reset every open connection; returns how many ends there were."""

        async def abort() -> int:
            writers = list(self._writers)
            for writer in writers:
                writer.transport.abort()
            return len(writers)

        return self._run(abort())

    def pause(self) -> None:
        """Nobody reads any more: what is sent fills the buffers on the way."""
        self._reading.clear()

    def go_on(self) -> None:
        self._loop.call_soon_threadsafe(self._reading.set)

    def _run(self, work):  # type: ignore[no-untyped-def]
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.faults.refuse:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        for way in (self._carry(reader, far_writer, up=True), self._carry(far_reader, writer, up=False)):
            task = asyncio.ensure_future(way)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        """One way of a connection. Bytes are delayed as a whole, not one after the other."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        writing = asyncio.ensure_future(self._write(queue, writer))
        try:
            while chunk := await reader.read(CHUNK):
                await self._reading.wait()
                if self.faults.swallow_up if up else self.faults.swallow_down:
                    continue
                late = RETRANSMIT_S if random.random() < self.faults.loss else 0.0
                queue.put_nowait((self._loop.time() + self.faults.delay_s + late, chunk))
            queue.put_nowait((self._loop.time() + self.faults.delay_s, b""))
            await writing
        except OSError:
            pass
        finally:
            writing.cancel()
            await asyncio.wait([writing])

    async def _write(self, queue: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while True:
                due, chunk = await queue.get()
                await asyncio.sleep(max(0.0, due - self._loop.time()))
                if not chunk:
                    break
                writer.write(chunk)
                await writer.drain()
        silent = self.faults.swallow_up or self.faults.swallow_down
        if not silent:  # in a blackhole not even the end of a connection is heard of
            writer.close()
            self._writers.discard(writer)
