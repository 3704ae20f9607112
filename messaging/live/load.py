"""What a web process sheds when it, the log or the bridges have too much to do, and in which order.

Pressure is 1 where the chat has as much as it can do well: BACKLOG_TARGET_S of work wait for the bridges,
FRAMES_TARGET_S of frames wait here, the loop is LOOP_LAG_TARGET_S late, or half of the log's places are taken. It rises
at once and fades over seconds: nothing flickers. Each kind of work has its share of it (SHED_AT) above which it is not
done; sends come last, and not all of them: as many are admitted as the bridges apply, a little more or less by how far
that backlog is from its target. Because bridges say how fast they are, that settles (tests: `live/test_load.py`).
Where this process itself is the narrow place it refuses of the sends that have waited here, the more the longer
(`chance_of_refusal`): to refuse costs less than to serve, so the wait stays near FRAMES_TARGET_S. Of a single socket
that floods no more is read for a while (`Session.bound_unread`).

Acknowledgements, sign-in and moderation are never shed.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from enum import IntEnum
from typing import NoReturn

from django.conf import settings

from messaging import limits, metrics
from messaging.errors import Busy
from messaging.live.broadcast import Pressure
from messaging.log.port import MAX_PENDING

UNREAD_FREE = 200
"""So many frames are handled in a moment, whatever else is true: a page that says hello must not look like a flood."""


STOOD_STILL_S = 5 * limits.PRESSURE_EVERY_S

SOURCES = ("backlog", "frames", "loop", "pending")
"""Of pressure."""


class Shed(IntEnum):
    """In the order in which they go."""

    TYPING = 1
    PRESENCE = 2
    RECEIPTS = 3
    PREVIEWS = 4
    SEARCH = 5
    CONNECTIONS = 6
    SENDS = 7


def chance_of_refusal(waited_s: float) -> float:
    """Of a send that has waited so long here: none below half of FRAMES_TARGET_S, one in two at three times as long as
    that should be, and then soon all. It grows slowly, for who was refused is silent for seconds: refused all at once,
    they leave nothing to do, and come back all at once."""
    waited = waited_s / limits.FRAMES_TARGET_S
    return max((waited - 0.5) / 5, waited - 3)


class Load:
    """Of one process. Event-loop only; `tick` is called about once a second."""

    def __init__(self, pending: Callable[[], int] = lambda: 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._pending, self._clock = pending, clock
        self._bridges: dict[str, tuple[float, Pressure]] = {}
        """What each said last, and when."""
        self.pressure = 0.0
        self._admitted = self._asked = 0
        self._admitted_rate = 0.0
        self._ticked_at = clock()
        self._rate: float | None = None
        """Sends a second that are admitted; None: all."""
        self._calm_since: float | None = None
        self._tokens = 0.0
        for source in SOURCES:  # a series that is there from the start can be asked for
            metrics.pressure.labels(source=source)

    def hear(self, said: Pressure) -> None:
        self._bridges[said.bridge] = (self._clock(), said)

    def admits(self, what: Shed) -> bool:
        """Whether this kind of work is done at the moment; counted when not."""
        if not settings.CHAT_FLOW_CONTROL or self.pressure < limits.SHED_AT[what.name]:
            return True
        metrics.shed.labels(what=what.name.lower()).inc()
        return False

    def take_send(self, waited_s: float = 0.0) -> None:
        """Count a send that is about to be appended, `waited_s` after it came. Raises Busy when it is one too many."""
        self._asked += 1
        if settings.CHAT_FLOW_CONTROL:
            if random.random() < chance_of_refusal(waited_s):
                self._refuse()
            if self._rate is not None:
                if self._tokens < 1:
                    self._refuse()
                self._tokens -= 1
        self._admitted += 1

    @staticmethod
    def _refuse() -> NoReturn:
        metrics.shed.labels(what=Shed.SENDS.name.lower()).inc()
        raise Busy(retry_after=round(random.uniform(1.0, 3.0), 1))

    async def watch(self, loop_lag: Callable[[], float], unread: Callable[[], int]) -> None:
        """Run until cancelled. `loop_lag`: seconds; `unread`: frames that came in and wait to be handled."""
        while True:
            await asyncio.sleep(limits.PRESSURE_EVERY_S)
            self.tick(loop_lag(), unread())

    def tick(self, loop_lag_s: float, unread: int = 0) -> None:
        now = self._clock()
        passed, self._ticked_at = max(1e-6, now - self._ticked_at), now
        self._bridges = {
            name: (at, said) for name, (at, said) in self._bridges.items() if now - at < limits.PRESSURE_FORGOTTEN_S
        }
        sources = {
            "backlog": max((said.backlog_s for _, said in self._bridges.values()), default=0.0)
            / limits.BACKLOG_TARGET_S,
            "frames": self._frames_share(unread, passed),
            "loop": loop_lag_s / limits.LOOP_LAG_TARGET_S,
            "pending": self._pending() / (MAX_PENDING / 2),
        }
        for name, share in sources.items():
            metrics.pressure.labels(source=name).set(share)
        newest = min(limits.PRESSURE_MOST, max(sources.values()))
        self.pressure = max(newest, self.pressure * limits.PRESSURE_FADES**passed)
        metrics.shed_level.set(sum(self.pressure >= at for at in limits.SHED_AT.values()))
        self._admitted_rate += (self._admitted / passed - self._admitted_rate) * min(1.0, passed / limits.RATE_OVER_S)
        self._admitted = self._asked = 0
        self._set_rate(max(sources["backlog"], sources["pending"]), now)
        self._tokens = 0.0 if self._rate is None else min(self._rate, self._tokens + self._rate * passed)

    def _frames_share(self, unread: int, passed: float) -> float:
        """Of what may wait here. A process that stood still says nothing by what came in meanwhile."""
        if unread <= UNREAD_FREE or passed > STOOD_STILL_S:
            return 0.0
        return unread / max(1.0, self._asked / passed) / limits.FRAMES_TARGET_S

    def _set_rate(self, share: float, now: float) -> None:
        """`share` is the pressure of this moment, not yet faded: what admission has to follow."""
        if self._rate is None and share < 1:
            return
        if share >= limits.CALM:
            self._calm_since = None
        elif self._calm_since is None:
            self._calm_since = now
        elif now - self._calm_since > limits.CALM_S:
            self._rate = self._calm_since = None
            return
        correction = min(1.2, max(0.5, 1 + (1 - share) / 2))
        wanted = max(limits.SENDS_LEAST, self._admitted_rate * self._applied_share() * correction)
        self._rate = wanted if self._rate is None else (self._rate + wanted) / 2

    def _applied_share(self) -> float:
        """Of what comes in, how much the bridges apply; 1 while they keep up."""
        said = [said for _, said in self._bridges.values() if said.backlog_s > 1]
        arriving, applied = sum(one.arriving for one in said), sum(one.applied for one in said)
        return min(1.0, applied / arriving) if arriving > 0 and applied > 0 else 1.0
