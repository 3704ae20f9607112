"""A real Prometheus over a live stack: each fault is told by its alert within three minutes, and taken back when it is
over; a quiet stack is told of nothing."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from kafka import KafkaProducer

from deploy.services import prometheus
from deploy.services.processes import free_port, stop
from tests.faults.scale import short_or_whole
from tests.stack.crowd import Crowd
from tests.stack.own_services import OwnService
from tests.stack.processes import ManagePy, wait_for
from tests.stack.prometheus import query
from tests.stack.stack import ServicesStack

pytestmark = [pytest.mark.asyncio, pytest.mark.services, pytest.mark.long]

TOLD_S, TAKEN_BACK_S = 180, 780
QUIET_S = short_or_whole(60, 600)
SOCKETS, ROOMS, PER_SECOND = 60, 6, 5
FIRING = 'ALERTS{{alertstate="firing"{}}}'


@dataclass
class Scene:
    """A stack that talks, and what watches it."""

    stack: ServicesStack
    crowd: Crowd
    url: str
    targets: Path
    bridge_port: int
    service: OwnService | None
    guest_port: int = field(default_factory=free_port)

    @property
    def bridge(self) -> ManagePy:
        return self.stack.processes[0]

    def start_guest(self, part: str, *command: str) -> ManagePy:
        """One more process of a part, always in the same place; it is scraped from now on."""
        guest = self.stack.start(part, [*command, "--metrics-port", str(self.guest_port)])
        guest.wait_until_printed("Ctrl-C ends it")
        listed = self.targets / f"{part}-guest.json"
        listed.write_text(json.dumps([{"targets": [f"127.0.0.1:{self.guest_port}"]}]))
        return guest

    def firing(self, alert: str = "") -> list[str]:
        wanted = f', alertname="{alert}"' if alert else ""
        return [one["metric"]["alertname"] for one in query(self.url, FIRING.format(wanted))]


Hurt = Callable[[Scene], AbstractAsyncContextManager[None]]


def frozen(pick: Callable[[Scene], int]) -> Hurt:
    @asynccontextmanager
    async def hurt(scene: Scene) -> AsyncIterator[None]:
        pid = pick(scene)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    return hurt


def own_service(scene: Scene) -> int:
    assert scene.service is not None
    return scene.service.pid


def killed(part: str, *command: str) -> Hurt:
    """One more process of this part, well at first."""

    @asynccontextmanager
    async def hurt(scene: Scene) -> AsyncIterator[None]:
        guest = await asyncio.to_thread(scene.start_guest, part, *command)
        await asyncio.sleep(10)
        guest.kill()
        yield
        await asyncio.to_thread(scene.start_guest, part, *command)

    return hurt


@asynccontextmanager
async def a_bridge_that_comes_and_goes(scene: Scene) -> AsyncIterator[None]:
    for life_s in (12, 5, 5, 5):  # Prometheus looks for new targets every five seconds
        guest = await asyncio.to_thread(scene.start_guest, "bridge", "kafka_bridge")
        await asyncio.sleep(life_s)
        guest.kill()
    yield
    await asyncio.to_thread(scene.start_guest, "bridge", "kafka_bridge")


@asynccontextmanager
async def a_crowd_that_leaves(scene: Scene) -> AsyncIterator[None]:
    people = await asyncio.to_thread(scene.stack.people, SOCKETS, ROOMS)
    async with Crowd(scene.stack, people):
        await asyncio.sleep(20)
    for client in scene.crowd.clients[SOCKETS // 4 :]:
        await client.__aexit__(None, None, None)
    yield


@asynccontextmanager
async def poison(scene: Scene) -> AsyncIterator[None]:
    environment = scene.stack.environment
    producer = KafkaProducer(bootstrap_servers=environment["KAFKA_BOOTSTRAP_SERVERS"])
    producer.send(f"{environment['KAFKA_TOPIC_PREFIX']}chat.commands", key=b"1", value=b"\xff no command").get(10)
    producer.close()
    yield


@asynccontextmanager
async def a_database_ahead_of_the_log(scene: Scene) -> AsyncIterator[None]:
    """As one is that was restored from a later day than the log."""
    bridge, command = scene.bridge, ["kafka_bridge", "--metrics-port", str(scene.bridge_port)]
    for change in ("+", "-"):
        await asyncio.to_thread(bridge.end)
        with scene.stack.connection() as connection:
            rows = f"UPDATE messaging_storedoffset SET next_offset = next_offset {change} 1000000 WHERE `partition` = 0"
            connection.cursor().execute(rows)
        bridge = scene.stack.start("bridge", command)
        if change == "+":
            yield


FAULTS: dict[str, tuple[str, str, Hurt]] = {
    "web frozen": ("ChatWebDown", "", frozen(lambda scene: scene.stack.web.process.pid)),
    "the only bridge frozen": ("ChatBridgeDown", "", frozen(lambda scene: scene.bridge.process.pid)),
    "one of two bridges killed": ("ChatBridgeMissing", "", killed("bridge", "kafka_bridge")),
    "a worker killed": ("ChatWorkerDown", "", killed("worker", "chat_worker", "notifier")),
    "a bridge that comes and goes": ("ChatRestarting", "", a_bridge_that_comes_and_goes),
    "Kafka frozen": ("ChatSpooling", "kafka", frozen(own_service)),
    "Redis frozen": ("ChatLayerAway", "redis", frozen(own_service)),
    "MariaDB frozen": ("ChatDatabaseAway", "mariadb", frozen(own_service)),
    "a crowd that leaves": ("ChatSocketsFell", "", a_crowd_that_leaves),
    "poison": ("ChatDeadLetters", "", poison),
    "a database ahead of the log": ("ChatBridgeHalted", "", a_database_ahead_of_the_log),
}
"""{fault: (its alert, the service that has to be of its own, what happens)}"""

MakeScene = Callable[[str], AbstractAsyncContextManager[Scene]]


@pytest.fixture
def make_scene(
    own: Callable[[str], OwnService], make_stack: Callable[..., ServicesStack], tmp_path: Path
) -> Iterator[MakeScene]:
    """`own` comes first, to end last: a stack that ends drops its database."""
    states = []

    @asynccontextmanager
    async def make(name: str) -> AsyncIterator[Scene]:
        service = await asyncio.to_thread(own, name) if name else None
        bridge_port = free_port()
        bridge = ["--metrics-port", str(bridge_port)]
        stack = await asyncio.to_thread(make_stack, service.exports if service else None, bridge)
        folder, port = tmp_path / "watching", free_port()
        folder.mkdir()
        states.append(tmp_path / "watching.json")
        targets = {"web": [f"127.0.0.1:{stack.metrics_port}"], "bridge": [f"127.0.0.1:{bridge_port}"]}
        await asyncio.to_thread(prometheus.start, folder, states[-1], port, targets, "1s")
        people = await asyncio.to_thread(stack.people, SOCKETS, ROOMS)
        async with Crowd(stack, people) as crowd:
            talking = asyncio.create_task(crowd.talk(36_000, PER_SECOND))
            try:
                yield Scene(stack, crowd, f"http://127.0.0.1:{port}", folder / "config/targets", bridge_port, service)
            finally:
                talking.cancel()
                await asyncio.gather(talking, return_exceptions=True)

    yield make
    for state in states:
        stop(state)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_is_told_by_its_alert_and_taken_back(fault: str, make_scene: MakeScene) -> None:
    alert, service, hurt = FAULTS[fault]
    async with make_scene(service) as scene:
        await asyncio.sleep(20)
        assert scene.firing() == []
        async with hurt(scene):
            await asyncio.to_thread(wait_for, lambda: scene.firing(alert), TOLD_S, f"{alert} fires")
        await asyncio.to_thread(wait_for, lambda: not scene.firing(alert), TAKEN_BACK_S, f"{alert} is taken back")


async def test_a_quiet_stack_is_told_of_nothing(make_scene: MakeScene) -> None:
    async with make_scene("") as scene:
        for _ in range(QUIET_S):
            assert scene.firing() == []
            await asyncio.sleep(1)
        assert query(scene.url, "up") != []
