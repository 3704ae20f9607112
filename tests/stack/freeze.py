"""Stopping a service without ending it: SIGSTOP, and SIGCONT whatever happens."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

SERVICES = {"mariadbd", "redis-server", "java"}
LOOPBACK = {"127.0.0.1", "localhost"}


def service(address: str) -> int:
    """The pid of the service at a URL or `host:port`; fails for one that is not on this machine."""
    place = urlsplit(address if "://" in address else f"//{address}")
    assert place.hostname in LOOPBACK, f"{place.hostname} is not this machine: nothing here may be stopped for it"
    assert place.port, f"{address} names no port"
    return listener(place.port)


def listener(port: int) -> int:
    """The pid of the service that listens on a port of this machine; fails when it is none of ours to stop."""
    inodes = _listening(port)
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(_socket(descriptor) in inodes for descriptor in (process / "fd").iterdir()):
                name = (process / "comm").read_text().strip()
                assert name in SERVICES, f"{name} listens on {port}: not a service to be stopped"
                return int(process.name)
    raise AssertionError(f"nobody listens on {port}")


@contextlib.contextmanager
def frozen(*pids: int) -> Iterator[None]:
    """None of the processes runs in here; all of them run after, even when one could not be stopped."""
    with contextlib.ExitStack() as thaw:
        for pid in pids:
            thaw.callback(os.kill, pid, signal.SIGCONT)
            os.kill(pid, signal.SIGSTOP)
        yield


def _listening(port: int) -> set[str]:
    """The inodes of the sockets that listen on a port; 0A is LISTEN."""
    lines = [
        line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    return {line[9] for line in lines if line[3] == "0A" and line[1].endswith(f":{port:04X}")}


def _socket(descriptor: Path) -> str:
    return os.readlink(descriptor).removeprefix("socket:[").removesuffix("]")
