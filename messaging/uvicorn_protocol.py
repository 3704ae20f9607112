"""For who serves with uvicorn instead of daphne:

    uvicorn chatsite.asgi:application --ws messaging.uvicorn_protocol:ChatProtocol

Without the option every frame goes through ASGI, which works and is slower; `serve` drains more gently than uvicorn.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from messaging.live.writers import EXTENSION, UvicornWriter


class ChatProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol, which also tells the application how to write without a task per frame."""

    async def run_asgi(self) -> None:
        extensions: dict[str, Any] = self.scope.setdefault("extensions", {})
        extensions[EXTENSION] = UvicornWriter(self)
        await super().run_asgi()
