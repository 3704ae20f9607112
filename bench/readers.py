"""Sockets of the tutorial's chat in a process of their own: they parse every frame, and say how late its text came.

A text begins with when it was due, in nanoseconds of the monotonic clock that all processes share.
"""

from __future__ import annotations

import re
import select
import socket
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import NamedTuple, Self

from bench.beside import Beside
from bench.row import percentile
from bench.sink import READ_BYTES, client_frame, open_socket

DUE = re.compile(rb'"message": "(\d+) ')
WAIT_S = 120.0


class Heard(NamedTuple):
    """Since the last question. `p99_ms` is infinite when nothing came."""

    deliveries: int
    seconds: float
    p50_ms: float
    p99_ms: float


class Readers(Beside):
    """Open on entering; the process ends with the block."""

    def __init__(self, port: int, path: str, count: int) -> None:
        super().__init__(_run, port, path, count)

    def __enter__(self) -> Self:
        super().__enter__()
        self._answer()
        return self

    def say(self, rate: float, seconds: float, body: str) -> Heard:
        """Say `body` by one of the sockets, open loop, and what all of them heard of it in that time."""
        self._here.send((rate, seconds, body))
        return self._answer()

    def _answer(self) -> Heard:
        if not self._here.poll(WAIT_S):
            raise TimeoutError("the sockets of the tutorial do not answer")
        answer: Heard | str = self._here.recv()
        if isinstance(answer, str):
            raise ConnectionError(answer)
        return answer


def _run(port: int, path: str, count: int, orders: Connection) -> None:
    poll = select.epoll()
    sockets: dict[int, socket.socket] = {}
    try:
        for _ in range(count):
            made = open_socket(port, path)
            made.setblocking(False)
            sockets[made.fileno()] = made
            poll.register(made.fileno(), select.EPOLLIN)
    except OSError as error:
        orders.send(f"socket {len(sockets) + 1} of {count}: {error}")
        return
    orders.send(Heard(0, 0.0, 0.0, 0.0))
    talker = next(iter(sockets.values()))
    halves = dict.fromkeys(sockets, b"")
    while True:
        try:
            rate, seconds, body = orders.recv()
        except EOFError:
            return
        orders.send(_talk(poll, sockets, halves, talker, rate, seconds, body))


def _talk(
    poll: select.epoll, sockets: dict[int, socket.socket], halves: dict[int, bytes], talker: socket.socket,
    rate: float, seconds: float, body: str,
) -> Heard:  # fmt: skip
    """What arrives from an earlier call is let pass, and not counted; who was cut off hears nothing any more."""
    began = time.monotonic_ns()
    late: list[float] = []
    said = 0
    while (spent := (time.monotonic_ns() - began) / 1e9) < seconds:
        while said < spent * rate:
            due = began + int(said / rate * 1e9)
            said += 1
            with suppress(OSError):
                talker.sendall(client_frame(b'{"message": "%d %s"}' % (due, body.encode())))
        for number, _ in poll.poll(min(0.005, 1 / rate)):
            try:
                came = sockets[number].recv(READ_BYTES)
            except ConnectionError:
                came = b""
            if not came:
                poll.unregister(number)
                continue
            data = halves[number] + came
            now = time.monotonic_ns()
            texts, halves[number] = frames_of(data)
            for text in texts:
                found = DUE.search(text)
                if found and int(found[1]) >= began:
                    late.append((now - int(found[1])) / 1e6)
    p50, p99 = (percentile(late, share) if late else float("inf") for share in (0.5, 0.99))
    return Heard(len(late), seconds, p50, p99)


def frames_of(data: bytes) -> tuple[list[bytes], bytes]:
    """The payloads of whole unmasked frames, and what is left of the next one."""
    found, at = [], 0
    while len(data) - at >= 2:
        size, start = data[at + 1] & 0x7F, at + 2
        if size >= 126:
            wide = 2 if size == 126 else 8
            size, start = int.from_bytes(data[start : start + wide], "big"), start + wide
        if start > len(data) or len(data) < start + size:
            break
        found.append(data[start : start + size])
        at = start + size
    return found, data[at:]
