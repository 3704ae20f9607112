"""Talk, break something, mend it, again and again; then wait until all is calm."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol
from uuid import UUID

import msgspec

from messaging.management.chaos.parts import Part
from messaging.management.chaos.talker import Talker
from messaging.models import Message
from messaging.threads import in_database

PAUSE_S = (2.0, 5.0)
"""Between two faults, from and to: time for what was cut to come back, and to be cut again while it does."""

FROZEN_S = (2.0, 8.0)
SETTLE_S = 60.0
ASK_AT_ONCE = 500


class Breakable(Protocol):
    name: str

    def freeze(self) -> None: ...

    def go_on(self) -> None: ...


class Outcome(msgspec.Struct):
    """Of all talkers together; `lost` and `unsettled` are client_ids, `faults` sentences."""

    faults_made: int = 0
    connects: int = 0
    sent: int = 0
    accepted: int = 0
    stored: int = 0
    refused: int = 0
    lost: list[str] = []
    unsettled: list[str] = []
    doubled: int = 0
    faults: list[str] = []


async def rehearse(
    talkers: Sequence[Talker], parts: Sequence[Breakable], *, seconds: float, rate: float, tell: Callable[[str], None]
) -> Outcome:
    """`rate`: messages a second of each talker. Everything runs again when it returns."""
    staying = [asyncio.create_task(talker.stay()) for talker in talkers]
    talking = [asyncio.create_task(talker.talk(rate)) for talker in talkers]
    made = 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                await asyncio.sleep(random.uniform(*PAUSE_S))
                made += 1
                await _break(random.choice(parts), tell)
    except TimeoutError:
        pass
    await _end(talking)
    await _settle(talkers)
    await _end(staying)
    return await in_database(_outcome, talkers, made)


async def _break(part: Breakable, tell: Callable[[str], None]) -> None:
    """Mended whatever comes between, also the end of the rehearsal."""
    frozen_s = random.uniform(*FROZEN_S)
    killed = isinstance(part, Part) and random.random() < 0.5
    try:
        if killed and isinstance(part, Part):
            tell(f"{part.name}: killed, back after {frozen_s / 2:.1f} s")
            part.kill()
            await asyncio.sleep(frozen_s / 2)
        else:
            tell(f"{part.name}: stands still for {frozen_s:.1f} s")
            part.freeze()
            await asyncio.sleep(frozen_s)
    finally:
        part.go_on()


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _settle(talkers: Sequence[Talker]) -> None:
    """Until all that was said is accepted, stored and shown to everybody, or the time is over."""
    deadline = asyncio.get_running_loop().time() + SETTLE_S
    while asyncio.get_running_loop().time() < deadline:
        accepted = set().union(*(talker.accepted for talker in talkers))
        everywhere = all(accepted <= set(talker.shown.values()) for talker in talkers)
        if everywhere and not any(talker.waiting for talker in talkers):
            return
        await asyncio.sleep(0.5)


def _outcome(talkers: Sequence[Talker], made: int) -> Outcome:
    accepted = sorted(set().union(*(talker.accepted for talker in talkers)))
    stored = _stored(accepted)
    shown = [list(talker.shown.values()) for talker in talkers]
    return Outcome(
        faults_made=made,
        connects=sum(talker.connects for talker in talkers),
        sent=sum(talker.sent for talker in talkers),
        accepted=len(accepted),
        stored=len(stored),
        refused=sum(len(talker.refused) for talker in talkers),
        lost=[one for one in accepted if one not in stored],
        unsettled=[one for talker in talkers for one in talker.waiting],
        doubled=sum(len(ids) - len(set(ids)) for ids in shown),
        faults=[fault for talker in talkers for fault in talker.faults] + _holes(talkers, set(accepted)),
    )


def _holes(talkers: Sequence[Talker], accepted: set[str]) -> list[str]:
    missing = {talker.name: len(accepted - set(talker.shown.values())) for talker in talkers}
    return [f"{name} was not shown {count} messages" for name, count in missing.items() if count]


def _stored(client_ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(client_ids), ASK_AT_ONCE):
        some = [UUID(one) for one in client_ids[start : start + ASK_AT_ONCE]]
        found |= {str(one) for one in Message.objects.filter(client_id__in=some).values_list("client_id", flat=True)}
    return found
