"""A roll-out: the version before the newest migration and this one run side by side over one database and one log."""

from __future__ import annotations

import asyncio
import io
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import audited
from tests.faults.scale import short_or_whole
from tests.stack.crowd import Crowd
from tests.stack.processes import MANAGE, ROOT
from tests.stack.stack import ServicesStack

pytestmark = [pytest.mark.asyncio, pytest.mark.services, pytest.mark.long]

SOCKETS, ROOMS, PER_SECOND = short_or_whole((40, 8, 20), (200, 20, 50))
TOGETHER_S = short_or_whole(15, 300)
FAILED = re.compile(r"\[(?:error|critical) *\].*|Traceback.*")


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True, timeout=60).stdout


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """The source as it was before the newest migration came."""
    added = ("log", "-1", "--format=%H", "--diff-filter=A", "--", "*/migrations/0*.py")
    try:
        files = _git("archive", f"{_git(*added).decode().strip()}^")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"there is no history to take an older version from: {error}")
    with tarfile.open(fileobj=io.BytesIO(files)) as archive:
        archive.extractall(tmp_path / "older", filter="data")
    return tmp_path / "older"


@pytest.fixture
def stack(older: Path, tmp_path: Path) -> Iterator[ServicesStack]:
    """All of it as the older version makes it."""

    class Older(ServicesStack):
        program = (str(older / "manage.py"),)

    made = Older(tmp_path)
    try:
        made.start_bridge()
        made.start_web()
        made.wait_for_demo()
        yield made
    finally:
        made.end()


async def test_old_and_new_run_together_over_a_migration(stack: ServicesStack) -> None:
    before = stack.rows("SELECT COUNT(*) FROM django_migrations")[0][0]
    ports = [stack.port, stack.another_port()]
    people = await asyncio.to_thread(stack.people, SOCKETS, ROOMS)
    async with Crowd(stack, people, ports[:1]) as crowd:
        talking = asyncio.create_task(crowd.talk(3600, PER_SECOND))
        await asyncio.sleep(2)
        old = [*stack.processes]
        stack.program = MANAGE
        await asyncio.to_thread(stack.run, "migrate", "--verbosity", "0")
        assert stack.rows("SELECT COUNT(*) FROM django_migrations")[0][0] > before, "the premise"
        await asyncio.to_thread(stack.start_bridge)
        await asyncio.to_thread(stack.start_web, ports[1])
        for client in crowd.clients[::2]:
            client.port = ports[1]
            await client.socket.close()
        await asyncio.sleep(TOGETHER_S)
        crowd.go_elsewhere(*ports)
        for process in reversed(old):
            assert await asyncio.to_thread(process.end) == 0
        await asyncio.sleep(2)
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        await crowd.settle()
        await crowd.check()
    await asyncio.to_thread(audited, stack)
    assert [line for process in stack.processes for line in FAILED.findall(process.printed())] == []
