"""python3 -m deploy.services start | stop | status | install build

State lives under $VAR/services (default ./var). A service that cannot be had is named; with REQUIRE_SERVICES=1
that is a failure.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from deploy.services import install, kafka, mariadb, redis
from deploy.services.processes import ServiceError, find, free_port, stop

SERVICES: tuple[ModuleType, ...] = (mariadb, redis, kafka)


def folder_of(service: ModuleType, root: Path) -> Path:
    return root / str(service.NAME)


def state_of(service: ModuleType, root: Path) -> Path:
    return folder_of(service, root) / "state.json"


def start(root: Path) -> dict[str, str]:
    """Start what is not running; returns the environment that points to what is. Raises ServiceError if required."""
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
    running = find(state)
    if running is None:
        install.require(*service.NEEDS)
        state.parent.mkdir(parents=True, exist_ok=True)
        try:
            running = service.start(folder_of(service, root).resolve(), state, _port(state))
        except ServiceError:
            stop(state)
            raise
        print(f"{service.NAME}: ready on port {running.port}", file=sys.stderr)
    exports: dict[str, str] = service.exports(running)
    return exports


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
    """In the other order: Kafka needs the longest and nothing needs it."""
    for service in reversed(SERVICES):
        if stop(state_of(service, root)):
            print(f"{service.NAME}: stopped", file=sys.stderr)


@contextmanager
def running(root: Path) -> Iterator[dict[str, str]]:
    """Private services around a block; they are stopped whatever happens in it."""
    previous = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        yield start(root)
    finally:
        signal.signal(signal.SIGTERM, previous)
        stop_all(root)


def root_folder() -> Path:
    return Path(os.environ.get("VAR") or "var") / "services"


def main(arguments: list[str]) -> int:
    root = root_folder()
    match arguments:
        case ["start"]:
            for name, value in start(root).items():
                print(f"export {name}={value}")
        case ["stop"]:
            stop_all(root)
        case ["status"]:
            for service in SERVICES:
                running = find(state_of(service, root))
                print(f"{service.NAME}: {f'port {running.port}, pid {running.pid}' if running else 'not running'}")
        case ["install", "build"]:
            install.require(*install.BUILD)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0
