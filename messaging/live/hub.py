"""The hub of a web process: one channel on the channel layer for all of its sockets.

It keeps, per room with people here, the `rev` it has passed on; what it misses (the layer is at most once) it
finds by `after`, or by the check every five seconds, and reads once for everybody.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection

from accounts.selectors import valid_sessions
from messaging import limits, metrics
from messaging.errors import REJECTIONS, NotFound
from messaging.live import broadcast
from messaging.live.broadcast import PeopleNews, RoomChange, TypingNow
from messaging.live.local_room import LocalRoom, as_change
from messaging.live.loop_lag import watch_loop_lag
from messaging.live.session import Session
from messaging.selectors import history, standing
from messaging.selectors.history import Changes
from messaging.threads import in_database
from messaging.wire import server_frames
from messaging.wire.close_codes import CloseCode

logger = logging.getLogger(__name__)

STOP_S = 2.0
FANOUT_SLICE_S = 0.002
"""A long fan-out lets others run this often."""


class Hub:
    """Event-loop only. `start` joins the layer; `stop` leaves it."""

    def __init__(self) -> None:
        self.sessions: set[Session] = set()
        self._by_user: dict[int, set[Session]] = defaultdict(set)
        self._rooms: dict[int, LocalRoom] = {}
        self._groups: set[str] = set()
        self._channel: str | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._side_tasks: set[asyncio.Task[None]] = set()

    # Life

    async def start(self) -> None:
        """Returns once the layer is joined; a layer that is away is tried again and again beside."""
        broadcast.set_home_loop(asyncio.get_running_loop())
        await self._guarded(self._open_channel)
        for job in (self._receive, self._tick_badges, self._check_revs, self._check_sessions, watch_loop_lag):
            self._tasks.append(asyncio.create_task(job()))

    async def stop(self) -> None:
        """Bounded: the Redis layer unsubscribes when a receive is cancelled, and now and then never gets its answer."""
        tasks = {*self._tasks, *self._side_tasks}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_S)
        self._tasks.clear()
        broadcast.set_home_loop(None)

    def spawn(self, work: Awaitable[None]) -> None:
        """Run something beside the frames of a socket; errors are logged, not lost."""
        task = asyncio.ensure_future(work)
        self._side_tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Future[None]) -> None:
        self._side_tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.warning("work beside a socket failed: %r", task.exception())

    # Sockets

    def add(self, session: Session) -> None:
        """From now on this session's rooms are counted and can be watched."""
        self.sessions.add(session)
        self._by_user[session.user_id].add(session)
        for room in session.standings:
            self._enter(session, room)
        metrics.sockets.set(len(self.sessions))

    def remove(self, session: Session) -> None:
        for room in list(session.standings):
            self._leave(session, room)
        self.sessions.discard(session)
        mine = self._by_user[session.user_id]
        mine.discard(session)
        if not mine:
            del self._by_user[session.user_id]
        metrics.sockets.set(len(self.sessions))

    def is_here(self, user_id: int) -> bool:
        return user_id in self._by_user

    def sessions_of(self, user_id: int) -> Collection[Session]:
        return tuple(self._by_user.get(user_id, ()))

    def _enter(self, session: Session, room: int) -> None:
        held = session.standings[room]
        local = self._rooms.get(room)
        if local is None:
            local = self._rooms[room] = LocalRoom(held.rev, held.members_version)
        local.members.add(session)

    def _leave(self, session: Session, room: int) -> None:
        self.unwatch(session, room)
        local = self._rooms.get(room)
        if local is None:
            return
        local.members.discard(session)
        if not local.members:
            del self._rooms[room]

    # Watching

    async def watch(self, session: Session, revs: dict[int, int]) -> None:
        """Make `revs` the full list on screen: register first, then snapshot, so that nothing falls between.

        A later call replaces this one, also while this one still waits for a snapshot.
        """
        session.on_screen = revs
        for room in [room for room in session.watched if room not in revs]:
            self.unwatch(session, room)
        for room, rev in revs.items():
            if session not in self.sessions or session.on_screen is not revs:
                return
            if room not in session.watched and room in session.standings:
                session.begin_watch(room)
                self._rooms[room].watchers.add(session)
                await self._snapshot(session, room, rev)

    def unwatch(self, session: Session, room: int) -> None:
        if session.watched.pop(room, None) is not None and room in self._rooms:
            self._rooms[room].watchers.discard(session)

    async def sync(self, session: Session, room: int, after: int | None) -> None:
        """Write what this client is missing."""
        found = await self._changes_for(session, room, after)
        if found is not None:
            for frame in found.frames():
                session.write(frame)

    async def _snapshot(self, session: Session, room: int, rev: int) -> None:
        found = await self._changes_for(session, room, rev or None)
        if found is not None:
            is_news = found.reset or found.messages or not rev
            session.end_snapshot(room, found.frames() if is_news else [], found.rev)

    async def _changes_for(self, session: Session, room: int, after: int | None) -> Changes | None:
        """None for a person who has left meanwhile, though nobody told this process."""
        try:
            found = await in_database(history.changes_for_member, session.user_id, room, after)
        except NotFound:
            if room in session.standings:
                self._expel(session, room)
            return None
        return found if room in session.standings else None

    # Events

    async def _receive(self) -> None:
        layer = broadcast.layer()
        while True:
            try:
                channel = self._channel or await self._open_channel()
                await self.settle_groups()
                event = await layer.receive(channel)
            except Exception as error:  # whatever the layer raises, the hub outlives it: `rev` finds what was lost
                logger.warning("channel layer: %r; trying again", error)
                await asyncio.sleep(1)
                continue
            metrics.events_received.inc()
            await self._handle(broadcast.read_event(event))

    async def _open_channel(self) -> str:
        async with asyncio.timeout(limits.ANNOUNCE_S):
            self._channel = await broadcast.layer().new_channel()
        return self._channel

    async def settle_groups(self) -> None:
        """Be in the people group and in the shards that have people here, in no other. Safe to call at any time.

        At most ANNOUNCE_S; raises TimeoutError beyond, or what the layer raises.
        """
        if self._channel is None:
            return
        shards = {broadcast.shard_of(room) for room in self._rooms}
        wanted = {broadcast.PEOPLE_GROUP, *map(broadcast.shard_group, shards)}
        layer = broadcast.layer()
        async with asyncio.timeout(limits.ANNOUNCE_S):
            for group in wanted - self._groups:
                await layer.group_add(group, self._channel)
                self._groups.add(group)
            for group in self._groups - wanted:
                await layer.group_discard(group, self._channel)
                self._groups.discard(group)

    async def _handle(self, event: broadcast.Event) -> None:
        try:
            match event:
                case PeopleNews():
                    await self._tell_people(event)
                case TypingNow():
                    self._tell_typing(event)
                case _:
                    for change in event:
                        await self._take(change)
        except Exception:  # one event that goes wrong must not end delivery for everybody
            logger.exception("an event could not be delivered")

    async def _take(self, change: RoomChange) -> None:
        local = self._rooms.get(change.room)
        if local is None or (change.rev <= local.rev and change.members_version <= local.members_version):
            return
        async with local.lock:
            if change.members_version > local.members_version:
                await self._recheck_members(change.room, local, change.members_version)
            if change.after > local.rev or (change.rev > local.rev and not change.fragments):
                await self._catch_up(change.room, local)
            elif change.rev > local.rev:
                await self._deliver(local, change, self._frames(change))

    @staticmethod
    def _frames(change: RoomChange) -> list[bytes]:
        return server_frames.pieces(change.room, change.after, change.rev, change.meta, change.fragments)

    async def _deliver(self, local: LocalRoom, change: RoomChange, frames: list[bytes]) -> None:
        local.rev = max(local.rev, change.rev)
        sliced = time.perf_counter()
        for session in tuple(local.members):
            if change.room not in session.standings:
                continue
            session.count(change)
            if change.room in session.watched:
                session.stale_badges.discard(change.room)
                for frame in frames:
                    session.deliver(change.room, change.rev, frame)
                metrics.deliveries.inc(len(frames))
            if time.perf_counter() - sliced > FANOUT_SLICE_S:
                await asyncio.sleep(0)
                sliced = time.perf_counter()

    async def _catch_up(self, room: int, local: LocalRoom) -> None:
        """Read once, for everybody here, what was announced and never arrived. The room's lock is held."""
        metrics.holes.inc()
        found, members_version = await in_database(history.changes_and_members_version, room, local.rev)
        if members_version > local.members_version:
            await self._recheck_members(room, local, members_version)
        if found.reset:
            await self._refresh_standings(room, local)
        await self._deliver(local, as_change(found, local), found.frames())

    # Membership: a change of members holds the room's frames until its watchers here are checked again.

    async def _recheck_members(self, room: int, local: LocalRoom, version: int) -> None:
        users = {session.user_id for session in local.members}
        members = await in_database(standing.members_among, [room], users)
        for session in tuple(local.members):
            if (room, session.user_id) not in members:
                self._expel(session, room)
        local.members_version = max(local.members_version, version)

    def _expel(self, session: Session, room: int) -> None:
        self._leave(session, room)
        session.standings.pop(room, None)
        session.write(server_frames.frame("notice", code="left", room=room))

    async def refresh(self, session: Session, room: int) -> None:
        """Read one room of a session anew: joined, left, or changed."""
        held = (await in_database(standing.standings, session.user_id, [room])).get(room)
        if session not in self.sessions:
            return
        if held is None:
            if room in session.standings:
                self._expel(session, room)
            return
        is_new = room not in session.standings
        session.standings[room] = held
        if is_new:
            self._enter(session, room)
            session.write(server_frames.frame("notice", code="joined", room=held))

    async def _refresh_standings(self, room: int, local: LocalRoom) -> None:
        for session in tuple(local.members):
            await self.refresh(session, room)

    async def _tell_people(self, news: PeopleNews) -> None:
        for refusal in news.refusals:
            for session in self.sessions_of(refusal.user):
                why = REJECTIONS[refusal.code]()
                session.write(server_frames.rejected(refusal.client_id, why, final=True))
        for change in news.memberships:
            for session in self.sessions_of(change.user):
                await self.refresh(session, change.room)
        for marker in news.reads:
            await self.mark_read(marker.user, marker.room, marker.seq)
        if news.signed_out:
            self._sign_out(set(news.signed_out))

    def _sign_out(self, names: set[str]) -> None:
        for session in tuple(self.sessions):
            if broadcast.session_name(session.session_key) in names:
                session.close(CloseCode.NOT_SIGNED_IN)

    def _tell_typing(self, typing: TypingNow) -> None:
        local = self._rooms.get(typing.room)
        if local is None:
            return
        frame = server_frames.frame("typing", room=typing.room, user={"id": typing.user, "name": typing.name})
        for session in local.watchers:
            if session.user_id != typing.user:
                session.write(frame)

    async def mark_read(self, user: int, room: int, seq: int) -> None:
        """Move a person's marker up in all their sockets here and tell them the exact count."""
        for session in self.sessions_of(user):
            held = session.standings.get(room)
            if held is None or seq <= held.read:
                continue
            held.read = min(seq, held.seq)
            held.unread = await in_database(standing.unread, held, user, held.read)
            session.write(server_frames.frame("read", room=room, seq=held.read, unread=held.unread))

    # Clocks

    async def _tick_badges(self) -> None:
        while True:
            await asyncio.sleep(limits.BADGES_EVERY_S)
            await self._guarded(self.settle_groups)
            for session in tuple(self.sessions):
                if session.stale_badges:
                    session.flush_badges()

    async def _check_revs(self) -> None:
        """The layer loses events silently; the database does not."""
        while True:
            await asyncio.sleep(limits.REV_CHECK_EVERY_S)
            await self._guarded(self._find_holes)

    async def _check_sessions(self) -> None:
        """Announcements of sign-outs are lost like others; only a definite no from the database closes a socket."""
        while True:
            await asyncio.sleep(limits.SESSION_CHECK_EVERY_S)
            await self._guarded(self._close_ended_sessions)

    async def _close_ended_sessions(self) -> None:
        checked = tuple(self.sessions)
        good = await in_database(valid_sessions, {session.session_key for session in checked})
        for session in checked:
            if session.session_key not in good:
                session.close(CloseCode.NOT_SIGNED_IN)

    async def _find_holes(self) -> None:
        known = {room: local.rev for room, local in self._rooms.items()}
        if not known:
            return
        current = await in_database(history.revs, list(known))
        for room, rev in current.items():
            local = self._rooms.get(room)
            if local is None or rev <= local.rev or local.rev != known[room]:
                continue
            async with local.lock:
                if rev > local.rev:
                    await self._catch_up(room, local)

    @staticmethod
    async def _guarded(job: Callable[[], Awaitable[object]]) -> None:
        try:
            await job()
        except Exception as error:  # what is away must not end a clock; it comes again
            logger.warning("live layer or database: %r; tried again soon", error)
