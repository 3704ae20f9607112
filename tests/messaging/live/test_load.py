"""Flow control: sheds in order, admits what can be done, settles without swinging, and forgets when all is well."""

from __future__ import annotations

import itertools
import random
import statistics
from collections import deque
from contextlib import suppress

import pytest

from messaging import limits
from messaging.errors import Busy
from messaging.live.broadcast import Pressure
from messaging.live.load import Load, Shed


class Chat:
    """A process that is offered sends, and a bridge that applies at most `capacity` of them a second."""

    def __init__(self, capacity: float) -> None:
        self.now = 0.0
        self.capacity = capacity
        self.waiting = 0.0
        self.load = Load(clock=lambda: self.now)
        self.goodput: list[float] = []
        self.backlogs: list[float] = []

    def run(self, seconds: int, offered: float) -> None:
        for _ in range(seconds):
            admitted = 0
            for _ in range(int(offered)):
                self.now += 1 / int(offered)
                with suppress(Busy):
                    self.load.take_send()
                    admitted += 1
            applied = min(self.waiting + admitted, self.capacity)
            self.waiting += admitted - applied
            self.goodput.append(applied)
            self.backlogs.append(self.waiting / self.capacity)
            self.load.hear(Pressure("one", self.waiting / self.capacity, admitted, applied))
            self.load.tick(loop_lag_s=0.001)


@pytest.fixture(autouse=True)
def on(settings: object) -> None:
    settings.CHAT_FLOW_CONTROL = True  # type: ignore[attr-defined]


@pytest.mark.parametrize("times", [1.2, 2, 5])
def test_offered_more_than_can_be_done_it_settles_at_what_can(times: float) -> None:
    chat = Chat(capacity=400)
    chat.run(180, offered=400 * times)
    later = chat.goodput[30:]
    assert min(later) >= 0.9 * 400, "goodput stays at its peak"
    assert max(chat.backlogs) < 3 * limits.BACKLOG_TARGET_S
    assert statistics.pstdev(chat.backlogs[60:]) < 0.5, "and nothing swings"


def test_when_the_flood_is_over_everything_is_done_again() -> None:
    chat = Chat(capacity=400)
    chat.run(60, offered=1200)
    assert not chat.load.admits(Shed.TYPING)
    chat.run(30, offered=100)
    assert [what for what in Shed if not chat.load.admits(what)] == []
    assert chat.goodput[-10:] == [100] * 10
    chat.run(3, offered=350)
    assert chat.goodput[-1] == 350, "nothing is limited any more"


def test_what_can_be_done_is_never_refused() -> None:
    chat = Chat(capacity=400)
    chat.run(60, offered=390)
    assert chat.goodput == [390] * 60


def test_kinds_of_work_go_in_order_and_come_back_in_the_opposite_one() -> None:
    now = itertools.count()
    load = Load(clock=lambda: float(next(now)))
    shed_sets = []
    for lag in [*(share / 20 for share in range(25)), *[0.0] * 20]:
        load.tick(lag * limits.LOOP_LAG_TARGET_S)
        shed_sets.append({what for what in Shed if load.pressure >= limits.SHED_AT[what.name]})
    order = list(Shed)
    assert all(found == set(order[: len(found)]) for found in shed_sets)
    assert shed_sets[24] == set(order)
    assert shed_sets[-1] == set()
    assert list(limits.SHED_AT) == [what.name for what in order]


def test_a_bridge_that_says_nothing_any_more_counts_no_more() -> None:
    """It waits for a database, or is gone: the log keeps what comes in."""
    now = 0.0
    load = Load(clock=lambda: now)
    load.hear(Pressure("one", 60.0, 100, 50))
    now += 1
    load.tick(0)
    assert load.pressure > 1
    now += limits.PRESSURE_FORGOTTEN_S
    for _ in range(20):
        now += 1
        load.tick(0)
    assert load.pressure < limits.SHED_AT["TYPING"]


class Crowd:
    """A thousand people at a process that handles `capacity` sends a second; to refuse one costs a quarter of that.
    Each says something every so often, but while told to wait."""

    def __init__(self, capacity: float) -> None:
        self.now, self.capacity, self.work = 0.0, capacity, 0.0
        self.load = Load(clock=lambda: self.now)
        self.waits_until = [0.0] * 1000
        self.unread: deque[tuple[int, float]] = deque()
        self.delays: list[float] = []

    def run(self, seconds: int, offered: float) -> int:
        """How many sends were handled."""
        self.delays.clear()
        for step in range(100 * seconds):
            self.now += 0.01
            for _ in range(int(offered / 100)):
                person = random.randrange(1000)
                if self.waits_until[person] <= self.now:
                    self.unread.append((person, self.now))
            self.handle()
            if step % 100 == 99:
                self.load.tick(0.001, len(self.unread))
        return len(self.delays)

    def handle(self) -> None:
        self.work = min(self.work, 0) + self.capacity / 100
        while self.work > 0 and self.unread:
            person, at = self.unread.popleft()
            try:
                self.load.take_send(self.now - at)
            except Busy as busy:
                self.work -= 0.25
                self.waits_until[person] = self.now + float(busy.retry_after or 0)
            else:
                self.work -= 1
                self.delays.append(self.now - at)


@pytest.mark.parametrize(("times", "goodput"), [(1.25, 0.9), (2, 0.85), (4, 0.65)])
def test_a_process_that_is_the_narrow_place_itself_admits_what_it_handles(times: float, goodput: float) -> None:
    crowd = Crowd(capacity=400)
    crowd.run(10, offered=400 * times)
    assert not crowd.load.admits(Shed.TYPING), "sends are not the first to go"
    assert crowd.run(30, offered=400 * times) > goodput * 30 * 400
    assert max(crowd.delays) <= 4 * limits.FRAMES_TARGET_S
    crowd.run(5, offered=300)
    assert crowd.run(10, offered=300) == 3000, "and then all of it again"


def test_a_process_that_was_stopped_for_a_minute_lets_people_in_again_soon() -> None:
    now = 0.0
    load = Load(clock=lambda: now)
    load.tick(60.0)
    assert not load.admits(Shed.CONNECTIONS)
    for _ in range(6):
        now += 1
        load.tick(0.0)
    assert load.admits(Shed.CONNECTIONS)


def test_switched_off_it_sheds_nothing(settings: object) -> None:
    settings.CHAT_FLOW_CONTROL = False  # type: ignore[attr-defined]
    load = Load()
    for _ in range(5):
        load.tick(10)
        assert all(load.admits(what) for what in Shed)
        for _ in range(100):
            load.take_send()


def test_busy_says_when_to_come_back_and_not_to_all_the_same() -> None:
    load = Load(clock=lambda: 0.0)
    load.hear(Pressure("one", 60.0, 100, 50))
    load.tick(0)
    waits = set()
    for _ in range(50):
        with pytest.raises(Busy) as refused:
            load.take_send()
        waits.add(refused.value.retry_after)
    assert len(waits) > 5
    assert min(waits) >= 1
