"""Starting, finding again and ending processes; a pid is ours only with the start time it had."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

READY_S = 90.0
ANSWER_S = 10.0
"""What a service that was ready once gets to answer before it counts as broken: a busy machine is no reason."""

STOP_S = 20.0


_children: dict[int, subprocess.Popen[bytes]] = {}
"""What this very process started; what an earlier call started is found by its state file."""


class ServiceError(Exception):
    """A service cannot be had; the text says why."""


@dataclass(frozen=True)
class Running:
    """What the state file of a service holds. `started` is the process' start time in clock ticks since boot; `ready`
    becomes true when it was set up and has answered: a start may be killed before that."""

    pid: int
    started: int
    port: int
    ready: bool = True

    def save(self, path: Path) -> None:
        """At once or not at all: half a state file would leave a process that nobody finds again."""
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self)))
        draft.replace(path)


def start_time(pid: int) -> int | None:
    """Field 22 of /proc/PID/stat; None when there is no such process (or it is a zombie)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else int(fields[19])


def find(path: Path) -> Running | None:
    """The process a state file names, if it is still that process (pids are reused after a crash or a reboot)."""
    try:
        running = Running(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return running if start_time(running.pid) == running.started else None


PORTS = range(10_240, 32_768)
"""Below those that Linux hands to outgoing connections: one of these could have it before anybody listens there."""


def free_port(next_ones: int = 0) -> int:
    """One that nobody has, and as many after it."""
    while True:
        first = secrets.choice(PORTS[: len(PORTS) - next_ones])
        with ExitStack() as probes:
            try:
                for number in range(next_ones + 1):
                    probes.enter_context(socket.socket()).bind(("127.0.0.1", first + number))
            except OSError:
                continue
            return first


def spawn(command: Sequence[str], log: Path, state: Path, port: int, env: dict[str, str] | None = None) -> Running:
    """Start a process in a session of its own (Ctrl-C of ours does not reach it) and remember it."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**os.environ, **(env or {})},
        )
    _children[process.pid] = process
    running = Running(process.pid, start_time(process.pid) or 0, port, ready=False)
    running.save(state)
    return running


def wait_until(is_ready: Callable[[], bool], running: Running, log: Path, what: str) -> None:
    """Wait for a service to answer. Raises ServiceError with the end of its log when it dies or stays silent."""
    deadline = time.monotonic() + READY_S
    while not is_ready():
        _reap(running.pid)
        if start_time(running.pid) != running.started or time.monotonic() > deadline:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise ServiceError(f"{what} did not get ready; the end of {log}:\n{tail}")
        time.sleep(0.1)


def answers(is_ready: Callable[[], bool]) -> bool:
    """Whether a service that was ready once still answers, within ANSWER_S."""
    deadline = time.monotonic() + ANSWER_S
    while not is_ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def stop(path: Path) -> bool:
    """End the process a state file names: SIGTERM, then SIGKILL. False when there was none of ours."""
    running = find(path)
    if running is not None:
        os.kill(running.pid, signal.SIGTERM)
        os.kill(running.pid, signal.SIGCONT)  # one that is stopped would not hear it
        if not _gone_within(running, STOP_S):
            os.kill(running.pid, signal.SIGKILL)
            _gone_within(running, STOP_S)
    path.unlink(missing_ok=True)
    return running is not None


def _gone_within(running: Running, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        _reap(running.pid)
        if start_time(running.pid) != running.started:
            return True
        time.sleep(0.05)
    return False


def _reap(pid: int) -> None:
    """Take note that a child of ours ended; one that an earlier call started has another parent."""
    if pid in _children and _children[pid].poll() is not None:
        del _children[pid]
