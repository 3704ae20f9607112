"""For who serves with uvicorn instead of daphne:

    uvicorn chatsite.asgi:application --ws messaging.uvicorn_protocol:ChatProtocol

Without the option every frame goes through ASGI, which works and is slower, and a server that ends closes all sockets
at once, with 1012.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any

from django.conf import settings
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from messaging.live.writers import EXTENSION, UvicornWriter
from messaging.wire import server_frames
from messaging.wire.close_codes import CloseCode


class ChatProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol, which also tells the application how to write without a task per frame."""

    async def run_asgi(self) -> None:
        extensions: dict[str, Any] = self.scope.setdefault("extensions", {})
        extensions[EXTENSION] = UvicornWriter(self)
        await super().run_asgi()

    def shutdown(self) -> None:
        """The server ends, and waits for us: goodbyes are spread over the drain window, as `serve` spreads them."""
        if not self.handshake_complete or self.close_sent:
            super().shutdown()
            return
        after_s = random.uniform(0, settings.CHAT_DRAIN_S)
        asyncio.get_running_loop().call_later(after_s, self._say_goodbye)

    def _say_goodbye(self) -> None:
        writer = UvicornWriter(self)
        writer.write(server_frames.frame("restart", after_ms=0))
        writer.close(CloseCode.RESTARTING)
