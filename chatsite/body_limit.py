"""A bound on what an HTTP request may carry, before anything of it is kept."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

Application = Callable[..., Awaitable[None]]

TOO_LARGE = 413


class TooLarge(Exception):
    pass


class BodyLimit:
    """Refuses a body of more than `most` bytes: by its announced length at once, else as soon as more has come."""

    def __init__(self, application: Application, most: int) -> None:
        self._application, self._most = application, most

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        begun = False
        came = 0

        async def bounded() -> Any:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > self._most:
                raise TooLarge
            return message

        async def noted(message: Any) -> None:
            nonlocal begun
            begun = True
            await send(message)

        if self._announced(scope) > self._most:
            await self._refuse(scope, send)
            return
        try:
            await self._application(scope, bounded, noted)
        except TooLarge:
            if not begun:
                await self._refuse(scope, send)

    @staticmethod
    def _announced(scope: dict[str, Any]) -> int:
        text = dict(scope["headers"]).get(b"content-length", b"0")
        return int(text) if text.isdigit() else 0

    async def _refuse(self, scope: dict[str, Any], send: Any) -> None:
        """In the shape that the API's other errors have; anywhere else as a plain line."""
        why = f"A request may carry at most {self._most // 1024} KiB."
        is_api = scope["path"].startswith("/api/")
        body = json.dumps({"code": "too_large", "message": why}) if is_api else f"{why}\n"
        kind = b"application/json" if is_api else b"text/plain; charset=utf-8"
        headers = [(b"content-type", kind), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": TOO_LARGE, "headers": headers})
        await send({"type": "http.response.body", "body": body.encode()})
