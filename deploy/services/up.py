"""python -m deploy.services.up: web, bridge, workers, until a signal comes or one ends. The services stay."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from types import FrameType

from deploy.services.control import root_folder, start
from deploy.services.processes import ServiceError

STOP_S = 30.0
MANAGE = [sys.executable, "manage.py"]


def main(metrics_ports: Mapping[str, int] | None = None) -> int:
    """`metrics_ports`: where web, bridge and worker serve their metrics, when they do."""
    port = os.environ.get("PORT") or "8000"
    try:
        found = start(root_folder())
    except ServiceError as error:
        sys.exit(f"chatsite: {error}")
    if len(found) < 3:
        sys.exit("chatsite: make up needs MariaDB, Redis and Kafka; without them: make run")
    environment = {**os.environ, **found, "CHAT_DEMO": "1"}
    for task in (["migrate", "--verbosity", "0"], ["seed_demo"]):
        subprocess.run([*MANAGE, *task], env=environment, check=True, start_new_session=True)
    commands = {
        "worker": ["chat_worker", "notifier"],
        "previewer": ["chat_worker", "previewer"],
        "webhooks": ["chat_worker", "webhooks"],
        "bridge": ["kafka_bridge"],
        "web": ["serve", "--port", port],
    }
    # Each in a session of its own: Ctrl-C comes to us, and we end them in order.
    return supervise(
        [
            subprocess.Popen(
                [*MANAGE, *command, *_metrics(part, metrics_ports)], env=environment, start_new_session=True
            )
            for part, command in commands.items()
        ]
    )


def _metrics(part: str, ports: Mapping[str, int] | None) -> list[str]:
    return ["--metrics-port", str(ports[part])] if ports and part in ports else []


def supervise(processes: list[subprocess.Popen[bytes]]) -> int:
    """Wait for a signal or for one of them to end; then end the others. Returns that exit code, 0 after a signal."""
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        if len(asked) > 1:
            for process in processes:
                process.kill()

    signal.signal(signal.SIGINT, ask)
    signal.signal(signal.SIGTERM, ask)
    while not asked and all(process.poll() is None for process in processes):
        time.sleep(0.1)
    ended = next((process.returncode for process in processes if process.returncode is not None), 0)
    # Web first: what it has accepted is then still applied and announced by the bridge.
    for process in reversed(processes):
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
    return 0 if asked else ended


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # while it was starting
        sys.exit(130)
