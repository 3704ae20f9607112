"""Sockets that only read, in a process of their own: they shake hands, and count the bytes that come.

The bytes are counted in shared memory, so that the serving process can ask without a system call.
"""

from __future__ import annotations

import base64
import multiprocessing
import os
import select
import socket
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

from bench.beside import Beside

READ_BYTES = 1 << 18
HANDSHAKE_S = 30.0
REST_S = 0.003
"""Between two rounds of reading. A reader that waits on this machine is woken by the sender's system call, at twice the
price of the call itself; one that is far away is not. It would be paid by whoever sends slower than it reads."""


def client_frame(text: bytes) -> bytes:
    """One masked text frame, by a mask of zeros: the text stays as it is."""
    size = len(text)
    length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + size.to_bytes(2, "big")
    return b"\x81" + length + bytes(4) + text


def open_socket(port: int, path: str = "/ws/", cookie: str = "", protocol: str = "") -> socket.socket:
    """A WebSocket after its handshake. Raises ConnectionError when it is refused."""
    lines = [
        f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}", "Sec-WebSocket-Version: 13",
        f"Origin: http://127.0.0.1:{port}",
        *([f"Cookie: sessionid={cookie}"] if cookie else []),
        *([f"Sec-WebSocket-Protocol: {protocol}"] if protocol else []),
    ]  # fmt: skip
    made = socket.create_connection(("127.0.0.1", port), timeout=HANDSHAKE_S)
    try:
        made.sendall("\r\n".join([*lines, "", ""]).encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):  # byte by byte: what follows is a frame already
            byte = made.recv(1)
            if not byte:
                raise ConnectionError(f"closed after {answer[:80]!r}")
            answer += byte
        if b" 101 " not in answer.split(b"\r\n")[0]:
            raise ConnectionError(answer.split(b"\r\n")[0].decode())
    except BaseException:  # an interrupted handshake leaves no socket open either
        made.close()
        raise
    return made


class Sink(Beside):
    """`open` some sockets, then read `received()`. The process ends with the block."""

    def __init__(self, port: int) -> None:
        self._counter = multiprocessing.get_context("spawn").Value("Q", 0, lock=False)
        super().__init__(_run, port, self._counter)

    def open(self, count: int, first: Sequence[bytes] = (), cookies: Sequence[str] = (), **way: str) -> None:
        """Open so many more, each with its cookie and its first frame, taking turns. Returns at once: ask `has_opened`.
        `way`: path, protocol."""
        self._here.send((count, list(first), list(cookies), way))

    def has_opened(self) -> bool:
        """Raises ConnectionError for a socket that was refused."""
        if not self._here.poll():
            return False
        answer = self._here.recv()
        if answer is not None:
            raise ConnectionError(answer)
        return True

    def received(self) -> int:
        return int(self._counter.value)


def _run(port: int, counter: Any, orders: Connection) -> None:
    """One loop for all of them, with one buffer."""
    poll = select.epoll()
    poll.register(orders.fileno(), select.EPOLLIN)
    sockets: dict[int, socket.socket] = {}
    buffer = bytearray(READ_BYTES)
    while True:
        for number, _ in poll.poll():
            if number == orders.fileno():
                try:
                    count, first, cookies, way = orders.recv()
                except EOFError:
                    return
                orders.send(_open(poll, sockets, port, count, first, cookies, way))
                continue
            try:
                got = sockets[number].recv_into(buffer)
            except BlockingIOError:
                continue
            except ConnectionError:
                got = 0
            if not got:
                poll.unregister(number)
                sockets.pop(number).close()
            counter.value += got
        time.sleep(REST_S)


def _open(
    poll: select.epoll, sockets: dict[int, socket.socket], port: int, count: int, first: list[bytes],
    cookies: list[str], way: dict[str, str],
) -> str | None:  # fmt: skip
    for place in range(count):
        try:
            made = open_socket(port, cookie=cookies[place % len(cookies)] if cookies else "", **way)
        except OSError as error:
            return f"socket {place + 1} of {count}: {error}"
        if first:
            made.sendall(first[place % len(first)])
        made.setblocking(False)
        sockets[made.fileno()] = made
        poll.register(made.fileno(), select.EPOLLIN)
    return None
