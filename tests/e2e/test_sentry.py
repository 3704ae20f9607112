"""With SENTRY_DSN an error is told to Sentry, and nothing of what people are or write goes with it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.stack.client import ChatClient
from tests.stack.processes import wait_for
from tests.stack.receiver import Receiver
from tests.stack.stack import EmbeddedStack

SECRET = "nobody else may read this"


@pytest.mark.asyncio
async def test_an_error_is_told_without_what_people_write(tmp_path: Path, embedded_template: Path) -> None:
    told: list[bytes] = []
    stack = EmbeddedStack(tmp_path, embedded_template)
    with Receiver(told.append) as receiver:
        stack.environment["SENTRY_DSN"] = f"http://public@{receiver.host}/1"
        try:
            stack.start_web()
            async with ChatClient(stack, "ada") as ada:
                await ada.say(SECRET)
                await ada.until(lambda: ada.shows(SECRET), "the message")
                with closing(sqlite3.connect(stack.folder / "chat.sqlite3")) as database:
                    database.execute("ALTER TABLE messaging_room RENAME TO gone")
                page = await asyncio.to_thread(ada.http.get, f"/rooms/1/?said={SECRET.replace(' ', '+')}")
                assert page.status_code == 500
                await asyncio.to_thread(wait_for, lambda: told, 15, "the error")
                with closing(sqlite3.connect(stack.folder / "chat.sqlite3")) as database:
                    database.execute("ALTER TABLE gone RENAME TO messaging_room")
                session = ada.session
        finally:
            stack.end()
    envelope = b"\n".join(told)
    assert b"no such table: messaging_room" in envelope
    errors = [json.loads(line) for line in envelope.splitlines() if b'"exception"' in line]
    assert errors
    assert errors[0]["request"] == {"method": "GET", "url": f"{stack.url}/rooms/1/"}
    for private in (SECRET, SECRET.replace(" ", "+"), session, '"ada"'):
        assert private.encode() not in envelope, private
