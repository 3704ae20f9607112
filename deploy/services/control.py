"""python3 -m deploy.services start | stop | status | export | run -- COMMAND | install build

State lives under $VAR/services (default ./var), that of `run` under $VAR/test-services: it starts services for one
command and always stops them. A service that cannot be had is named; with REQUIRE_SERVICES=1 that is a failure.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from deploy.services import foreground, install, kafka, mariadb, redis
from deploy.services.lock import alone
from deploy.services.processes import Running, ServiceError, answers, find, free_port, stop

SERVICES: tuple[ModuleType, ...] = (mariadb, redis, kafka)


def folder_of(service: ModuleType, root: Path) -> Path:
    return root / str(service.NAME)


def state_of(service: ModuleType, root: Path) -> Path:
    return folder_of(service, root) / "state.json"


def start(root: Path) -> dict[str, str]:
    """Start what is not running; returns the environment that points to what is. Raises ServiceError if required."""
    with alone(root, wait=True):
        return _start_all(root)


def _start_all(root: Path) -> dict[str, str]:
    exports: dict[str, str] = {}
    for service in SERVICES:
        try:
            exports |= _start_one(service, root)
        except ServiceError as error:
            print(f"{service.NAME}: {error}", file=sys.stderr)
            if os.environ.get("REQUIRE_SERVICES") == "1":
                raise
    return exports


def _start_one(service: ModuleType, root: Path) -> dict[str, str]:
    state = state_of(service, root)
    running = _reusable(service, state)
    if running is None:
        install.require(*service.NEEDS)
        state.parent.mkdir(parents=True, exist_ok=True)
        try:
            running = replace(service.start(folder_of(service, root).resolve(), state, _port(state)), ready=True)
            running.save(state)
        except BaseException:  # an interrupted start leaves nothing behind either
            stop(state)
            raise
        print(f"{service.NAME}: ready on port {running.port}", file=sys.stderr)
    exports: dict[str, str] = service.exports(running)
    return exports


def _reusable(service: ModuleType, state: Path) -> Running | None:
    """What runs already, if it once got ready and still answers; what does not is ended, to be started anew."""
    running = find(state)
    if running is None or (running.ready and answers(lambda: service.is_ready(running.port))):
        return running
    print(f"{service.NAME}: pid {running.pid} does not answer, starting it anew", file=sys.stderr)
    stop(state)
    return None


def _port(state: Path) -> int:
    """The port it had last time, if that is free: exported URLs go on working over a restart."""
    kept = state.with_name("port")
    port = free_port()
    if kept.exists() and _is_free(int(kept.read_text())):
        port = int(kept.read_text())
    kept.write_text(str(port))
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def stop_all(root: Path) -> None:
    if root.exists():
        with alone(root, wait=True):
            _stop_all(root)


def _stop_all(root: Path) -> None:
    """In the other order: Kafka needs the longest and nothing needs it."""
    for service in reversed(SERVICES):
        if stop(state_of(service, root)):
            print(f"{service.NAME}: stopped", file=sys.stderr)


def exports_of(root: Path) -> dict[str, str]:
    """The environment that points to what runs; starts nothing."""
    found: dict[str, str] = {}
    for service in SERVICES:
        running = find(state_of(service, root))
        if running is not None and running.ready:
            found |= service.exports(running)
    return found


@contextmanager
def running(root: Path) -> Iterator[dict[str, str]]:
    """Services around a block, for it alone; they are stopped whatever happens in it. Raises ServiceError when another
    run has them: its end would take them from us."""
    with alone(root, wait=False), foreground.ended_by_signals():
        try:
            yield _start_all(root)
        finally:
            _stop_all(root)


def root_folder() -> Path:
    return Path(os.environ.get("VAR") or "var") / "services"


def private_folder() -> Path:
    """Where services for one command live: beside those that were started to stay."""
    return root_folder().with_name("test-services")


def _print(exports: dict[str, str]) -> None:
    for name, value in exports.items():
        print(f"export {name}={value}")


def main(arguments: list[str]) -> int:
    root = root_folder()
    match arguments:
        case ["start"]:
            _print(start(root))
        case ["export"]:
            _print(exports_of(root))
        case ["run", "--", *command] if command:
            with running(private_folder()) as exports:
                return foreground.run(command, {**os.environ, **exports})
        case ["stop"]:
            stop_all(root)
        case ["status"]:
            for service in SERVICES:
                found = find(state_of(service, root))
                print(f"{service.NAME}: {f'port {found.port}, pid {found.pid}' if found else 'not running'}")
        case ["install", "build"]:
            install.require(*install.BUILD)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0
