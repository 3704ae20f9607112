from __future__ import annotations

import socket
from pathlib import Path

from deploy.services import install
from deploy.services.processes import Running, spawn, wait_until

NAME = "redis"
NEEDS = ("redis-server",)


def start(folder: Path, state: Path, port: int) -> Running:
    """Memory only: what the chat keeps in Redis may be lost at any time."""
    log = folder / "redis.log"
    command = [install.program("redis-server") or "redis-server", "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--save", "", "--appendonly", "no", "--dir", str(folder), "--databases", "64"]
    running = spawn(command, log, state, port)
    wait_until(lambda: is_ready(port), running, log, "Redis")
    return running


def is_ready(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def exports(running: Running) -> dict[str, str]:
    return {"REDIS_URL": f"redis://127.0.0.1:{running.port}/0"}
