"""The WebSocket edge: `chat.v1` on one socket. Parse, look the handler up, map errors; nothing here blocks the loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any
from uuid import UUID

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from django.conf import settings
from django.db import DatabaseError
from django.utils import translation

from accounts.languages import language_of
from accounts.selectors import user_of_session
from messaging import limits, metrics, tracing
from messaging.actions import filters
from messaging.actions.compose import check_may_speak, check_writable, compose, is_long
from messaging.bridge.topics import COMMANDS
from messaging.errors import Busy, FrameError, Held, InvalidFrame, RateLimited, Rejection
from messaging.handshake import accepted_languages, client_address, origin_allowed, session_cookie, subprotocol
from messaging.live import broadcast
from messaging.live.broadcast import ReadMarker
from messaging.live.load import Shed
from messaging.live.session import Session, read_frame
from messaging.live.throttles import TokenBucket
from messaging.live.writers import ARRIVED, FrameWriter, writer_for
from messaging.log.loop import Settled
from messaging.log.port import Appended, LogError
from messaging.models import Membership
from messaging.selectors.outcomes import outcomes
from messaging.selectors.standing import Standing, is_banned, require_standing, standings
from messaging.threads import in_database
from messaging.web_process import WebProcess, web_process
from messaging.wire import frames, server_frames
from messaging.wire.close_codes import CloseCode, Closing
from messaging.wire.commands import Command
from messaging.wire.frames import parse_frame
from messaging.wire.records import COMMAND_HEADERS, encode_command, record_key

logger = logging.getLogger(__name__)

Speaks = frames.Send | frames.Edit
"""What is not done while one is muted, and whose order counts."""


class ChatConsumer(AsyncConsumer):
    """One socket. Frames are handled in order; `sync` and `watch` run beside them, never before."""

    channel_layer_alias = ""
    """The hub owns the process' one channel; a consumer has none of its own."""

    process: WebProcess
    session: Session | None = None
    writer: FrameWriter
    closed = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # Channels waits for several sources by two tasks for each event, four passes of the loop: seconds for a frame
        # when thousands of sockets are busy. There is one source here.
        self.scope, self.base_send = scope, send
        with contextlib.suppress(StopConsumer):
            while True:
                await self.dispatch(await receive())
                if self.session is None or not self.session.refuses_more:
                    await asyncio.sleep(0)  # one event a turn: what a peer floods with waits behind everybody else's

    async def dispatch(self, message: dict[str, Any]) -> None:
        # Channels hops to a thread here on every event, to close stale connections; ours are closed around their use.
        try:
            await self._events[message["type"]](self, message)
        except Closing as closing:
            self._close(closing.close_code)
        except StopConsumer:
            raise
        except DatabaseError as error:
            logger.warning("the database is away: %s", error)
            self._close(CloseCode.OUR_FAULT)
        except Exception:  # one socket's bad luck is told to it by 4500, and must not reach the server's own handler
            logger.exception("an event of a socket could not be handled")
            self._close(CloseCode.OUR_FAULT)

    # Life

    async def _connect(self, message: dict[str, Any]) -> None:
        if not origin_allowed(self.scope):
            await self.send({"type": "websocket.close"})
            return
        spoken = subprotocol(self.scope)
        await self.send({"type": "websocket.accept", "subprotocol": spoken})
        self.writer = writer_for(self.scope, self.send)
        if spoken is None:
            raise Closing(CloseCode.NOT_THE_PROTOCOL)
        self.process = await web_process()
        await self._wait_for_turn()
        session_key = session_cookie(self.scope)
        user = await in_database(user_of_session, session_key) if session_key else None
        if user is None or session_key is None:
            raise Closing(CloseCode.NOT_SIGNED_IN)
        if await in_database(is_banned, user.pk):
            raise Closing(CloseCode.FORBIDDEN)
        self.session = Session(user, session_key, self.writer)
        self.session.language = language_of(user.language, accepted_languages(self.scope))
        translation.activate(self.session.language)  # of this socket's task: what it is told from here on
        self._typing = TokenBucket(1 / limits.TYPING_EVERY_S, 1)
        self._greeted = False

    async def _wait_for_turn(self) -> None:
        """A crowd that was cut off comes back all at once; it is let in evenly, before it costs a query."""
        if not self.process.load.admits(Shed.CONNECTIONS):
            raise Closing(CloseCode.RESTARTING)
        try:
            wait_s = self.process.connects.admit(client_address(self.scope))
        except RateLimited as error:
            raise Closing(CloseCode.RESTARTING) from error
        if wait_s:
            await asyncio.sleep(wait_s)

    async def _disconnect(self, message: dict[str, Any]) -> None:
        self.closed = True
        if self.session is not None:
            self.process.hub.remove(self.session)
            if not self.process.hub.is_here(self.session.user_id):
                self.process.sends.forget(self.session.user_id)
        raise StopConsumer

    def _close(self, code: CloseCode) -> None:
        if not self.closed:
            self.closed = True
            metrics.sockets_closed.labels(code=code.value).inc()
            if self.session is not None:
                self.session.tell_refusals()
            self.writer.close(code)

    # Frames

    async def _receive(self, message: dict[str, Any]) -> None:
        if self.closed or self.session is None:
            return
        self.session.bound_unread()
        tracing.forget()
        self._arrived = message.get(ARRIVED, time.monotonic())
        text = message.get("text")
        if text is None:
            raise Closing(CloseCode.NOT_THE_PROTOCOL)
        if len(text.encode()) > limits.CLIENT_FRAME_BYTES:
            raise Closing(CloseCode.FRAME_TOO_LARGE)
        try:
            await self._handle(self.session, text)
        except FrameError as why:
            self._complain(self.session, why.code, server_frames.error(why))

    async def _handle(self, session: Session, text: str) -> None:
        try:
            frame = parse_frame(text)
        except Rejection as why:
            self._must_be_greeted()
            self._complain(session, why.code, server_frames.rejected(why.client_id, why))
            return
        except FrameError:
            self._must_be_greeted()
            raise
        metrics.frames_received.labels(type=type(frame).__name__.lower()).inc()
        if not isinstance(frame, frames.Hello):
            self._must_be_greeted()
        if isinstance(frame, Speaks) and self._is_refused_behind(session, frame):
            return
        session.tell_refusals()  # a handler may wait
        await self._handlers[type(frame)](self, session, frame)

    def _is_refused_behind(self, session: Session, frame: Speaks) -> bool:
        """Whether it came behind a message that was refused, and is refused with it."""
        try:
            session.keep_order(frame.room, frame.client_id, again=frame.again)
        except Busy as why:
            metrics.frames_wrong.labels(code=why.code).inc()
            session.refuse(server_frames.rejected(frame.client_id, why))
            return True
        return False

    def _must_be_greeted(self) -> None:
        if not self._greeted:
            raise Closing(CloseCode.NOT_THE_PROTOCOL)

    def _complain(self, session: Session, code: str, answer: bytes) -> None:
        """Tell a client that its frame was wrong; one that goes on like this is cut off."""
        metrics.frames_wrong.labels(code=code).inc()
        if not session.allow_error():
            raise Closing(CloseCode.TOO_MANY_FRAMES)
        session.answer(answer)

    async def _hello(self, session: Session, hello: frames.Hello) -> None:
        if self._greeted:
            raise InvalidFrame("hello was said already.")
        self._greeted = True
        session.standings = await in_database(standings, session.user_id)
        self.process.hub.add(session)
        await self._settle_groups()
        session.write(self._welcome(session))
        await self.process.read_markers.tell(session)
        if hello.unfinished:
            found = await in_database(outcomes, hello.unfinished, session.user_id)
            session.write(server_frames.frame("outcomes", **found))
        known = hello.epoch == self.process.epoch
        self.process.hub.spawn(self._watch_rooms(session, hello.watch if known else dict.fromkeys(hello.watch, 0)))

    async def _settle_groups(self) -> None:
        try:
            await self.process.hub.settle_groups()
        except Exception as error:  # the live layer is a hint: without it the socket lives on the check by rev
            logger.warning("groups not joined yet: %r", error)

    def _welcome(self, session: Session) -> bytes:
        return server_frames.frame(
            "welcome",
            epoch=self.process.epoch,
            user={"id": session.user_id, "name": session.user_name},
            session=broadcast.session_name(session.session_key),
            heartbeat_s=settings.CHAT_HEARTBEAT_S,
            limits={"body": limits.BODY_CHARACTERS, "frame": limits.CLIENT_FRAME_BYTES},
            rooms=list(session.standings.values()),
        )

    async def _command(self, session: Session, frame: frames.CommandFrame) -> None:
        """Check, render, append. `accepted` follows when the log has it; the next frame need not wait for that."""
        started = time.perf_counter()
        span = tracing.begin("chat.send", room=frame.room, frame=type(frame).__name__.lower())

        def settled(appended: Future[Appended]) -> None:
            self._acknowledge(session, frame.client_id, started, appended)
            tracing.end(span)

        try:
            standing = await self._check(session, frame)
            command = await asyncio.to_thread(compose, frame, session.user_id) if is_long(frame) else compose(
                frame, session.user_id
            )  # fmt: skip
            command = await self._screen(command, getattr(frame, "again", False))
            every_s = turn_s(standing, frame)
            self.process.sends.check_turn(session.user_id, frame.room, every_s)
            self._append(session, encode_command(command), frame.room, tracing.traceparent(span), settled)
        except Rejection as why:
            if isinstance(why, Busy) and why.retry_after and isinstance(frame, Speaks):
                session.refused(frame.room, frame.client_id, why.retry_after)
            metrics.frames_wrong.labels(code=why.code).inc()
            tracing.end(span, refused=why.code)
            session.answer(server_frames.rejected(frame.client_id, why))
            return
        except BaseException as error:  # whatever it is, the span ends with it
            tracing.end(span, failed=type(error).__name__)
            raise
        if every_s:
            self.process.sends.note_turn(session.user_id, frame.room)
        session.outstanding += 1

    async def _screen(self, command: Command, again: bool) -> Command:
        """Past the word filters. Raises Filtered or Held."""
        try:
            return filters.screen(command, again=again)
        except Held as held:
            await in_database(filters.keep, held)
            raise

    async def _check(self, session: Session, frame: frames.CommandFrame) -> Standing | None:
        """From memory. A re-send of what may be in the log already is checked for sign-in and size only (None)."""
        if getattr(frame, "again", False):
            # Refusing would say that nothing was stored: who repeats too fast waits instead.
            await asyncio.sleep(self.process.sends.wait_to_repeat(session.user_id))
            return None
        standing = session.standings.get(frame.room)
        if standing is None:
            # What memory says "no" to, the database is asked about before anybody is refused.
            standing = await in_database(require_standing, session.user_id, frame.room)
            await self.process.hub.refresh(session, frame.room)
        check_writable(standing)
        if isinstance(frame, Speaks):
            check_may_speak(standing)
        self.process.sends.take(session.user_id)
        if isinstance(frame, frames.Send):  # to delete is to moderate, which is never shed
            self.process.load.take_send(time.monotonic() - self._arrived)
        return standing

    def _append(self, session: Session, record: bytes, room: int, trace: str, settled: Settled) -> None:
        if session.outstanding >= limits.OUTSTANDING_SENDS:
            raise Busy(retry_after=1.0)
        headers = (*COMMAND_HEADERS, *tracing.headers(trace))
        try:
            self.process.appender.append(COMMANDS, record_key(room), record, headers, settled)
        except LogError as error:
            raise Busy(retry_after=1.0) from error

    def _acknowledge(self, session: Session, client_id: UUID, started: float, appended: Future[Appended]) -> None:
        """`accepted`, or nothing: a command that was handed to the log is never rejected by the web process."""
        session.outstanding -= 1
        if appended.exception() is not None:
            logger.warning("a command is not acknowledged by the log: %s", appended)
            return
        metrics.accept_seconds.observe(time.perf_counter() - started)
        if not self.closed:
            session.answer(server_frames.accepted(client_id))

    async def _read(self, session: Session, frame: frames.Read) -> None:
        held = session.standings.get(frame.room)
        if held is None:
            return
        if frame.unread:
            if frame.was is None:
                raise InvalidFrame("`was` says from which marker you go back.")
            self.process.hub.spawn(self._go_back(session, held, frame.seq, frame.was))
        elif held.read < frame.seq <= held.seq:
            marker = ReadMarker(session.user_id, frame.room, frame.seq)
            self.process.read_markers.mark(marker)
            await self.process.hub.mark_read(marker)

    async def _go_back(self, session: Session, held: Standing, seq: int, was: int) -> None:
        """Unread again from `seq` on, unless another tab has read on: then this one is told where it is."""
        marker = ReadMarker(session.user_id, held.id, seq, was)
        if seq < was and await self.process.read_markers.go_back(marker):
            await self.process.hub.mark_read(marker)
        else:
            session.write(read_frame(held))

    async def _typing_now(self, session: Session, frame: frames.Typing) -> None:
        if frame.room not in session.standings or not self.process.load.admits(Shed.TYPING):
            return
        try:
            self._typing.take()
        except Rejection:
            return
        typing = broadcast.TypingNow(frame.room, session.user_id, session.user_name)
        self.process.hub.spawn(asyncio.wait_for(broadcast.announce_typing(typing), limits.ANNOUNCE_S))

    async def _present(self, session: Session, frame: frames.Presence) -> None:
        presence = self.process.hub.presence
        if frame.idle is not None:
            session.is_idle = frame.idle
            presence.moved(session.user_id)
        if frame.people is not None:
            presence.look_at(session, frame.people)

    async def _seen(self, session: Session, frame: frames.Seen) -> None:
        if frame.room in session.standings:
            self.process.hub.receipts.look_at(session, frame.room)

    async def _watch(self, session: Session, frame: frames.Watch) -> None:
        self.process.hub.spawn(self._watch_rooms(session, frame.rooms))

    async def _watch_rooms(self, session: Session, rooms: dict[int, int]) -> None:
        if not self.closed:
            await self.process.hub.watch(session, rooms)

    async def _catch_up(self, session: Session, frame: frames.Sync) -> None:
        if frame.room not in session.standings:
            raise InvalidFrame("You are not in this room.")
        self.process.hub.spawn(self.process.hub.sync(session, frame.room, frame.after))

    async def _ping(self, session: Session, frame: frames.Ping) -> None:
        session.answer(server_frames.PONG)

    _events: dict[str, Callable[[ChatConsumer, dict[str, Any]], Awaitable[None]]] = {
        "websocket.connect": _connect,
        "websocket.receive": _receive,
        "websocket.disconnect": _disconnect,
    }
    _handlers: dict[type, Callable[[ChatConsumer, Session, Any], Awaitable[None]]] = {
        frames.Hello: _hello,
        frames.Send: _command,
        frames.Edit: _command,
        frames.Delete: _command,
        frames.React: _command,
        frames.Read: _read,
        frames.Typing: _typing_now,
        frames.Watch: _watch,
        frames.Sync: _catch_up,
        frames.Ping: _ping,
        frames.Presence: _present,
        frames.Seen: _seen,
    }


def turn_s(standing: Standing | None, frame: frames.CommandFrame) -> int:
    """Seconds between two messages of this person here; 0 where slow mode is not for them."""
    if standing is None or not isinstance(frame, frames.Send) or standing.role != Membership.Role.MEMBER:
        return 0
    return standing.slow_mode_s


async def websocket_application(scope: Any, receive: Any, send: Any) -> None:
    """ASGI: `/ws/` is the chat, every other path is refused."""
    if scope["path"] == "/ws/":
        await ChatConsumer.as_asgi()(scope, receive, send)
        return
    await receive()
    await send({"type": "websocket.close"})
