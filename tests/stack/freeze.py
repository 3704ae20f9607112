"""Stopping a service without ending it: SIGSTOP, and SIGCONT whatever happens."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path


def listener(port: int) -> int:
    """The pid of the process that listens on a loopback port."""
    wanted = f"0100007F:{port:04X}"
    lines = [
        line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    inodes = {line[9] for line in lines if line[3] == "0A" and line[1].endswith(wanted[-5:])}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for descriptor in (process / "fd").iterdir():
                target = os.readlink(descriptor)
                if target.startswith("socket:[") and target[8:-1] in inodes:
                    return int(process.name)
    raise AssertionError(f"nobody listens on {port}")


@contextlib.contextmanager
def frozen(*pids: int) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
