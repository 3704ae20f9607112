"""A client that applies frames exactly as a browser does, and records what it saw."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx
import websockets
from websockets.asyncio.client import ClientConnection, connect

from tests.stack.processes import wait_for
from tests.stack.stack import Stack


class ChatClient:
    """One person in one room. `faults` lists whatever no client may ever see: doubles, disorder, foreign rooms."""

    def __init__(
        self,
        stack: Stack,
        name: str,
        room: int = 1,
        http: httpx.Client | None = None,
        *,
        session: str | None = None,
        port: int | None = None,
    ) -> None:
        """Signed in by its own form, with another client's session, or with a ready one; `port`: another way in."""
        self.stack, self.name, self.room, self.port = stack, name, room, port
        self._http = http
        self.session = session or self.http.cookies["sessionid"]
        self.rev, self.stack_epoch = 0, ""
        self.messages: dict[int, dict[str, Any]] = {}
        self.sent: dict[str, str] = {}
        self.sent_at: dict[str, float] = {}
        self.accepted: list[str] = []
        self.accepted_after: list[float] = []
        """Seconds from the (first) send to `accepted`, in the order of the answers."""
        self.shown_after: list[float] = []
        """Seconds from one's own send to seeing it among the room's messages."""
        self.rejected: dict[str, dict[str, Any]] = {}
        self.frames: list[dict[str, Any]] = []
        self.welcome: dict[str, Any] = {}
        self.outcomes: dict[str, Any] = {}
        self.badges: dict[str, Any] = {}
        self.faults: list[str] = []
        self.close_code: int | None = None
        self._changed = asyncio.Condition()

    @property
    def http(self) -> httpx.Client:
        if self._http is None:
            self._http = self.stack.sign_in(self.name)
        return self._http

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self, **hello: Any) -> None:
        """Connect and say hello with what is held; returns once welcomed."""
        self.close_code = None
        self.welcome = {}
        self.socket = await raw_socket(self.stack, session=self.session, port=self.port)
        self._reading = asyncio.create_task(self._read(self.socket))
        watch = {str(self.room): self.rev}
        epoch = {"epoch": self.stack_epoch} if self.rev else {}
        await self.write(type="hello", watch=watch, rooms=watch, **epoch, **hello)
        await self.until(lambda: self.welcome, "welcome")
        self.stack_epoch = self.welcome["epoch"]

    async def close(self) -> None:
        await self.socket.close()
        await self._reading

    async def write(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def say(self, body: str, client_id: str | None = None, **more: Any) -> str:
        client_id = client_id or str(uuid4())
        self.sent[client_id] = body
        self.sent_at.setdefault(client_id, time.monotonic())
        await self.write(type="send", client_id=client_id, room=self.room, body=body, **more)
        return client_id

    async def until(self, condition: Callable[[], object], what: str, within_s: float = 10) -> None:
        """Wait for a condition on what was received."""
        try:
            async with asyncio.timeout(within_s), self._changed:
                await self._changed.wait_for(lambda: bool(condition()))
        except TimeoutError:
            raise AssertionError(f"{self.name}: not within {within_s} s: {what}; last {self.frames[-3:]}") from None

    def bodies(self) -> list[str]:
        return [self.messages[seq]["body"] for seq in sorted(self.messages)]

    def shows(self, body: str) -> bool:
        return body in self.bodies()

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                await self._take(json.loads(text))
        except websockets.ConnectionClosed:
            pass
        finally:
            self.close_code = socket.close_code
            async with self._changed:
                self._changed.notify_all()

    async def _take(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        match frame["type"]:
            case "welcome":
                self.welcome = frame
            case "outcomes":
                self.outcomes = frame
            case "accepted":
                self.accepted.append(frame["client_id"])
                if frame["client_id"] in self.sent_at:
                    self.accepted_after.append(time.monotonic() - self.sent_at[frame["client_id"]])
            case "rejected":
                self.rejected[frame["client_id"]] = frame
                if frame["client_id"] in self.accepted and not frame.get("final"):
                    self.faults.append(f"accepted, then rejected: {frame}")
            case "badges":
                self.badges |= frame["rooms"]
            case "changes":
                await self._apply(frame)
        async with self._changed:
            self._changed.notify_all()

    async def _apply(self, frame: dict[str, Any]) -> None:
        """rev <= mine: drop; after > mine: a hole, sync; else apply, replacing only by a higher rev."""
        if frame["room"] != self.room:
            self.faults.append(f"a frame of room {frame['room']}")
            return
        if frame.get("reset"):
            self.messages.clear()
        elif frame["rev"] <= self.rev:
            return
        elif frame["after"] > self.rev:
            await self.write(type="sync", room=self.room, after=self.rev)
            return
        seqs = [message["seq"] for message in frame["messages"]]
        if seqs != sorted(set(seqs)):
            self.faults.append(f"disorder in {seqs}")
        for message in frame["messages"]:
            held = self.messages.get(message["seq"])
            if held is not None and held["client_id"] != message["client_id"]:
                self.faults.append(f"two messages at {message['seq']}")
            if held is None and message["client_id"] in self.sent_at:
                self.shown_after.append(time.monotonic() - self.sent_at[message["client_id"]])
            if held is None or message["rev"] > held["rev"]:
                self.messages[message["seq"]] = message
        self.rev = frame["rev"]


def ask(http: httpx.Client, method: str, path: str, **body: Any) -> httpx.Response:
    """The API, as a page of somebody signed in asks it."""
    headers = {"X-CSRFToken": http.cookies["csrftoken"], "Origin": str(http.base_url).rstrip("/")}
    return http.request(method, f"/api/v1/{path}", headers=headers, json=body or None)


async def raw_socket(
    stack: Stack,
    http: httpx.Client | None = None,
    *,
    session: str | None = None,
    port: int | None = None,
    **options: Any,
) -> ClientConnection:
    """A socket as a browser opens it; `options` replace its parts."""
    session = http.cookies["sessionid"] if http is not None else session
    headers = {"Cookie": f"sessionid={session}"} if session is not None else {}
    defaults: dict[str, Any] = {
        "origin": f"http://127.0.0.1:{port if port in stack.ports else stack.port}",
        "subprotocols": ["chat.v1"],
        "additional_headers": headers,
        "max_size": None,
        "compression": None,
    }
    return await connect(f"ws://127.0.0.1:{port or stack.port}/ws/", **{**defaults, **options})


async def close_code(socket: ClientConnection, within_s: float = 5) -> int:
    """Read until the server closes; returns its code."""
    async with asyncio.timeout(within_s):
        try:
            while True:
                await socket.recv()
        except websockets.ConnectionClosed:
            return socket.close_code or 0


async def read_all(stack: Stack, name: str, room: int = 1) -> None:
    """Read to the end, as another page of that person does; returns once that is stored."""
    async with ChatClient(stack, name, room) as client:
        held = next(one for one in client.welcome["rooms"] if one["id"] == room)
        if held["unread"] > 0:
            await client.write(type="read", room=room, seq=held["seq"])
            await client.until(lambda: any(frame["type"] == "read" for frame in client.frames), "read")
    marker = (
        f"SELECT read_seq FROM messaging_membership WHERE room_id = {room} AND user_id = {client.welcome['user']['id']}"
    )
    await asyncio.to_thread(wait_for, lambda: stack.rows(marker)[0][0] >= held["seq"], 10, "the marker is stored")
