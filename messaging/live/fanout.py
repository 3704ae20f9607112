"""From what was announced to the sockets that watch: changes of a room leave together, as one frame.

A write costs its system call, whatever is in it. So after a fan-out the next one waits a window: nothing when the hub
has little to do (what comes after quiet leaves at once), and the longer the last one took, up to CHAT_FANOUT_WINDOW_MS.
A hub then spends a fifth of its time on writing, until that window is full; acknowledgements never wait for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from itertools import islice

from django.conf import settings

from messaging import limits, metrics, tracing
from messaging.live.broadcast import RoomChange
from messaging.live.counting import Plain
from messaging.live.local_room import LocalRoom
from messaging.live.session import Session
from messaging.live.turn import Turn
from messaging.live.writers import FrameWriter, SystemSend, send_straight, wire_frame
from messaging.wire import server_frames

logger = logging.getLogger(__name__)

AT_ONCE = 100
"""So many sockets are looked at, and then written to, before a fan-out looks whether it is somebody else's turn."""
REST = 4
"""The window, in times of what the last fan-out took."""
LEAST_S = 0.001
"""A shorter window is none."""
LOCKED_S = 0.005
"""When to look again at a room whose members are being checked."""


def usual_lag() -> float:
    return 0.0


class Fanout:
    """One for the hub. `put` takes what was announced, `run` hands it out; a room's lock is held while it moves on."""

    def __init__(self, loop_lag: Callable[[], float] = usual_lag) -> None:
        self._loop_lag = loop_lag
        self._waiting: set[LocalRoom] = set()
        self._asked, self._hurried = asyncio.Event(), asyncio.Event()
        self._opens_at = 0.0
        self._several = False
        """More than one room is being handed out: who watches some of them gets one write of the server's for all."""
        self.slow: dict[Session, float] = {}
        """Sockets with skipped rooms, and since when."""

    def put(self, local: LocalRoom, change: RoomChange) -> None:
        """Let a change that follows on what the room has go with the next window."""
        local.wait(change)
        if local.waiting_bytes > limits.SERVER_FRAME_BYTES:  # more would not fit into the frame anyway
            self.hurry()
        self._waiting.add(local)
        self._asked.set()

    def hurry(self) -> None:
        """End the window that is open."""
        self._opens_at = 0.0
        self._hurried.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._asked.wait()
            while (rest := self._opens_at - time.perf_counter()) > 0:
                self._hurried.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(rest):
                        await self._hurried.wait()
            await self.flush()

    async def flush(self) -> None:
        """Hand out what waits now."""
        self._asked.clear()
        began = time.perf_counter()
        rooms, self._waiting = self._waiting, set()
        self._several = len(rooms) > 1
        turn = Turn()
        for local in rooms:
            await turn.share()
            if local.lock.locked():
                self._waiting.add(local)
                continue
            try:
                async with local.lock:
                    await self.flush_room(local)
            except Exception:  # one room that goes wrong must not end delivery for everybody
                logger.exception("changes could not be delivered")
        ended = time.perf_counter()
        window = self._window(ended - began)
        metrics.fanout_window_seconds.set(window)
        if self._waiting:
            self._asked.set()
        self._opens_at = ended + (max(window, LOCKED_S) if rooms & self._waiting else window)

    def _window(self, took_s: float) -> float:
        wanted = max(REST * took_s, self._loop_lag())
        return 0.0 if wanted < LEAST_S else min(wanted, settings.CHAT_FANOUT_WINDOW_MS / 1000)

    async def flush_room(self, local: LocalRoom) -> None:
        """Hand out what waits of one room. Its lock is held."""
        change = local.take_waiting()
        if change is not None and change.rev > local.rev:
            frames = server_frames.pieces(change.room, change.after, change.rev, change.meta, change.fragments)
            await self.deliver(local, change, frames)

    async def deliver(self, local: LocalRoom, change: RoomChange, frames: list[bytes]) -> None:
        """Count for everybody, write to who watches. The room's lock is held."""
        local.ring.add(local.rev, change.rev, frames)
        local.rev = max(local.rev, change.rev)
        began_ns = time.time_ns()
        _count(local, change)
        written = await self._write(local, change.rev, frames)
        metrics.deliveries.inc(written * len(change.fragments or change.counts))
        for parent in change.traces:
            tracing.note("chat.push", parent, began_ns, room=change.room, rev=change.rev, sockets=written)

    async def _write(self, local: LocalRoom, rev: int, frames: list[bytes]) -> int:
        """Returns to how many sockets."""
        wire = wire_frame(frames[0]) if len(frames) == 1 else None
        written, turn, several, others_ran = 0, Turn(), self._several, False
        here = local.watchers
        to_come = iter(tuple(here.values()))
        while some := tuple(islice(to_come, AT_ONCE)):
            others_ran = await turn.share() or others_ran
            if others_ran:  # who left meanwhile gets no more, and who was caught up meanwhile has it
                some = tuple(one for one in some if here.get(one.session) is one and one.rev < rev)
            ready: list[tuple[SystemSend, FrameWriter]] = []
            for watched in some:
                goes_straight = wire is not None and (watched.is_only or not several)
                if goes_straight and (send := watched.straight(rev)) is not None:
                    ready.append((send, watched.writer))
                elif watched.session.deliver(watched, rev, frames):
                    written += 1
                else:
                    self.slow.setdefault(watched.session, time.monotonic())
            if wire is not None:
                send_straight(wire, ready)
                written += len(ready)
        return written


def _count(local: LocalRoom, change: RoomChange) -> None:
    """In one go: it takes a fifth of a microsecond for each."""
    plain, watchers = Plain.of(change), local.watchers
    for session, standing in local.members.items():
        if session.count(standing, change, plain) and session not in watchers:
            session.stale_badges.add(change.room)
