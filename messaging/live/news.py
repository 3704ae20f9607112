"""What concerns persons rather than the messages of a room, told to their sockets here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import translation

from messaging.errors import REJECTIONS
from messaging.live import broadcast
from messaging.live.broadcast import PeopleNews, TypingNow
from messaging.selectors import standing
from messaging.threads import in_database
from messaging.wire import server_frames
from messaging.wire.close_codes import CloseCode

if TYPE_CHECKING:
    from messaging.live.hub import Hub


class News:
    """Refusals, memberships, markers, sign-outs, bans, data of rooms; who is typing."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def tell(self, news: PeopleNews) -> None:
        for refusal in news.refusals:
            for session in self._hub.sessions_of(refusal.user):
                with translation.override(session.language):
                    why = REJECTIONS[refusal.code]()
                session.write(server_frames.rejected(refusal.client_id, why, final=True))
        for change in news.memberships:
            for session in self._hub.sessions_of(change.user):
                await self._hub.refresh(session, change.room)
        self._hub.receipts.hear(news.reads)
        if news.origin != broadcast.ORIGIN:
            for marker in news.reads:
                await self._hub.mark_read(marker)
        if news.signed_out:
            self._sign_out(set(news.signed_out))
        for user in news.banned:
            self._hub.ban(user)
        for user in news.notified:
            for session in self._hub.sessions_of(user):
                session.write(server_frames.frame("notice", code="moderation"))
        for said in news.pressure:
            self._hub.load.hear(said)
        if news.rooms:
            await self._refresh_room_data([room for room in news.rooms if room in self._hub.rooms])

    async def _refresh_room_data(self, rooms: list[int]) -> None:
        """Name, topic, slow mode, archive: for everybody here, in one query."""
        for room, data in (await in_database(standing.room_data, rooms)).items():
            for session, held in self._hub.rooms[room].members.items() if room in self._hub.rooms else ():
                held.take(data)
                session.changed_rooms.add(room)

    def _sign_out(self, names: set[str]) -> None:
        for session in tuple(self._hub.sessions):
            if broadcast.session_name(session.session_key) in names:
                session.close(CloseCode.NOT_SIGNED_IN)

    def tell_typing(self, typing: TypingNow) -> None:
        local = self._hub.rooms.get(typing.room)
        if local is None:
            return
        frame = server_frames.frame("typing", room=typing.room, user={"id": typing.user, "name": typing.name})
        for session in local.watchers:
            if session.user_id != typing.user:
                session.write(frame)
