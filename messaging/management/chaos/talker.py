"""Somebody who talks as a browser does: connects again, sends again what was not accepted, applies what is shown."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

AWAY_MOST_S = 2.0
"""How long one whose socket has ended stays away, at most: chance decides, so that not all come at once."""


class Talker:
    """`accepted` may not be lost; `faults` says what nobody may ever be shown."""

    def __init__(self, name: str, session: str, room: int, port: int) -> None:
        self.name, self.room = name, room
        self._session, self._port = session, port
        self.sent = 0
        self.waiting: dict[str, str] = {}
        """Bodies by client_id: sent, or to be sent, and not accepted yet."""
        self.accepted: set[str] = set()
        self.refused: dict[str, str] = {}
        self.shown: dict[int, str] = {}
        self.faults: list[str] = []
        self.connects = 0
        self._rev = 0
        self._epoch = ""
        self._socket: ClientConnection | None = None

    async def stay(self) -> None:
        """Be connected until cancelled."""
        while True:
            try:
                async with connect(
                    f"ws://127.0.0.1:{self._port}/ws/",
                    origin=f"http://127.0.0.1:{self._port}",  # type: ignore[arg-type]
                    subprotocols=["chat.v1"],  # type: ignore[list-item]
                    additional_headers={"Cookie": f"sessionid={self._session}"},
                    max_size=None,
                    open_timeout=5,
                    ping_interval=2,
                    ping_timeout=10,
                ) as socket:
                    await self._talk(socket)
            except (OSError, TimeoutError, WebSocketException):
                pass
            finally:
                self._socket = None
            await asyncio.sleep(random.uniform(0, AWAY_MOST_S))

    async def talk(self, rate: float) -> None:
        """Say something `rate` times a second, connected or not, until cancelled."""
        while True:
            await asyncio.sleep(random.expovariate(rate))
            self.sent += 1
            client_id = str(uuid4())
            self.waiting[client_id] = f"{self.name} says {self.sent}"
            await self._send(client_id)

    async def _talk(self, socket: ClientConnection) -> None:
        self.connects += 1
        watch = {str(self.room): self._rev}
        hello: dict[str, Any] = {"type": "hello", "watch": watch, "rooms": watch if self._rev else {}}
        await socket.send(json.dumps(hello | ({"epoch": self._epoch} if self._epoch else {})))
        async for text in socket:
            await self._take(socket, json.loads(text))

    async def _take(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "welcome":
                self._epoch, self._socket = frame["epoch"], socket
                for client_id in list(self.waiting):
                    await self._send(client_id, again=True)
            case "accepted":
                self.accepted.add(frame["client_id"])
                self.waiting.pop(frame["client_id"], None)
            case "rejected":
                await self._rejected(frame)
            case "changes":
                await self._apply(socket, frame)

    async def _rejected(self, frame: dict[str, Any]) -> None:
        client_id = frame["client_id"]
        if "retry_after" in frame:
            await asyncio.sleep(min(frame["retry_after"], AWAY_MOST_S))
            await self._send(client_id, again=True)
        elif client_id in self.accepted:
            self.faults.append(f"{self.name} was told `accepted`, then `{frame['code']}`")
        else:
            self.refused[client_id] = frame["code"]
            self.waiting.pop(client_id, None)

    async def _send(self, client_id: str, *, again: bool = False) -> None:
        socket, body = self._socket, self.waiting.get(client_id)
        if socket is None or body is None:
            return
        frame = {"type": "send", "client_id": client_id, "room": self.room, "body": body}
        try:
            await socket.send(json.dumps(frame | ({"again": True} if again else {})))
        except (OSError, WebSocketException):
            self._socket = None

    async def _apply(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        """rev <= mine: drop; after > mine: a hole, to be filled; else apply."""
        if frame.get("reset"):
            self.shown.clear()
        elif frame["rev"] <= self._rev:
            return
        elif frame["after"] > self._rev:
            await socket.send(json.dumps({"type": "sync", "room": self.room, "after": self._rev}))
            return
        for message in frame["messages"]:
            held = self.shown.setdefault(message["seq"], message["client_id"])
            if held != message["client_id"]:
                self.faults.append(f"{self.name} was shown two messages at {message['seq']}")
        self._rev = frame["rev"]
