"""Each process stopped and continued under load, as a machine that swaps or a paused container does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.faults.conftest import Measured, audited
from tests.faults.scale import only_in_soak, short_or_whole
from tests.stack.crowd import Crowd
from tests.stack.freeze import frozen
from tests.stack.own_services import OwnService
from tests.stack.stack import ServicesStack

pytestmark = [pytest.mark.asyncio, pytest.mark.services, pytest.mark.timed, pytest.mark.long]

FROZEN_S = short_or_whole(4, 60)
SOCKETS, ROOMS, PER_SECOND = short_or_whole((20, 4, 50), (200, 20, 50))


@pytest.mark.parametrize(
    "what", ["web", *(pytest.param(name, marks=only_in_soak) for name in ("bridge", "redis", "mariadb", "kafka"))]
)
async def test_stopped_and_continued(
    own: Callable[[str], OwnService], make_stack: Callable[..., ServicesStack], measured: Measured, what: str
) -> None:
    service = own(what) if what not in {"web", "bridge"} else None
    stack = make_stack(service.exports if service else None)
    pid = service.pid if service else {"web": stack.web, "bridge": stack.processes[0]}[what].process.pid
    async with Crowd(stack, stack.people(SOCKETS, ROOMS)) as crowd:
        await crowd.talk(2, PER_SECOND)
        await crowd.settle()
        talking = asyncio.create_task(crowd.talk(FROZEN_S + 4, PER_SECOND))
        await asyncio.sleep(1)
        with frozen(pid):
            await asyncio.sleep(FROZEN_S)
        await talking
        await crowd.settle()
        await crowd.check()
        accepted_s = crowd.accepted_after()[-1]
        bound = FROZEN_S + 10.0 if what == "web" else 2.0
        measured(
            f"{what} stopped for {FROZEN_S} s and continued",
            {"accepted within, s": (accepted_s, bound), "shown within, s": (crowd.shown_after()[-1], FROZEN_S + 30.0)},
        )
    audited(stack)
