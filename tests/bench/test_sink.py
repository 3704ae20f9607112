"""The sockets that only read: what they send is a frame, and what they are refused is told."""

from __future__ import annotations

import socket
import threading

import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from bench.sink import client_frame, open_socket
from bench.watched_room import server_frame


def parsed(data: bytes, mask: bool) -> Frame:
    reader = StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    reading = Frame.parse(reader.read_exact, mask=mask, max_size=None)
    with pytest.raises(StopIteration) as end:
        next(reading)
    frame: Frame = end.value.value
    return frame


@pytest.mark.parametrize("size", [0, 125, 126, 700])
def test_frames_are_those_of_the_protocol(size: int) -> None:
    for made, mask in ((client_frame(b"x" * size), True), (server_frame(b"x" * size), False)):
        frame = parsed(made, mask)
        assert (frame.opcode, bytes(frame.data)) == (Opcode.TEXT, b"x" * size)


def test_a_refused_handshake_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(4096)
                peer.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")

        answering = threading.Thread(target=refuse)
        answering.start()
        with pytest.raises(ConnectionError, match="403"):
            open_socket(server.getsockname()[1])
        answering.join()
