"""A disk that takes nothing: who writes is told at once, nothing that was accepted is lost, and it recovers by itself."""

from __future__ import annotations

import asyncio
import io
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from PIL import Image

from tests.stack.crowd import Crowd
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio

FULL_BYTES = 4096


@contextmanager
def full_disk(pid: int) -> Iterator[None]:
    """No write of this process beyond FULL_BYTES of any file succeeds, neither of the log nor of the database."""
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (FULL_BYTES, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)


async def test_with_a_full_disk_sends_are_refused_and_later_accepted(embedded_stack: EmbeddedStack) -> None:
    async with Crowd(embedded_stack, embedded_stack.people(10, 2)) as crowd:
        await crowd.talk(1, 40)
        await crowd.settle()
        accepted = sum(len(client.accepted) for client in crowd.clients)
        with full_disk(embedded_stack.web.process.pid):
            await crowd.talk(3, 20)
            assert sum(len(client.accepted) for client in crowd.clients) == accepted, "nothing can be accepted"
            told = [frame for client in crowd.clients for frame in client.rejected.values()]
            assert {frame["code"] for frame in told} == {"busy"}
            assert all(frame["retry_after"] > 0 for frame in told)
        # What was handed to the log as it failed got no answer; clients send it again.
        for client in crowd.clients:
            for client_id in client.unfinished():
                client.sent_at[client_id] -= 60
            await client.repeat_late()
        await crowd.settle(20)
        await asyncio.sleep(1)
        for client in crowd.clients:
            assert set(client.sent) <= {message["client_id"] for message in client.messages.values()}
            assert client.faults == []
        assert embedded_stack.web.process.poll() is None


async def test_with_a_full_disk_a_picture_is_refused_and_the_next_one_kept(embedded_stack: EmbeddedStack) -> None:
    picture = io.BytesIO()
    # Small enough for memory: Twisted keeps a larger request in a file, and hangs up when that fails.
    Image.frombytes("RGB", (150, 150), os.urandom(3 * 150 * 150)).save(picture, "PNG")
    folder = embedded_stack.folder / "media/avatars"

    def upload() -> httpx.Response:
        form = {"csrfmiddlewaretoken": ada.cookies["csrftoken"]}
        file = {"picture": ("me.png", picture.getvalue(), "image/png")}
        return ada.post("/accounts/avatar/", data=form, files=file, headers={"Origin": embedded_stack.url})

    ada = embedded_stack.sign_in("ada")
    ada.get("/accounts/profile/")  # what is noted of a session once is noted
    with full_disk(embedded_stack.web.process.pid):
        refused = await asyncio.to_thread(upload)
    assert refused.status_code == 507
    assert "Your picture could not be kept here." in refused.text
    assert not folder.exists() or list(folder.iterdir()) == []
    assert (await asyncio.to_thread(upload)).status_code == 302
    [kept] = folder.iterdir()
    assert kept.stat().st_size > FULL_BYTES
