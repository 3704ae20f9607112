"""What chaos stops: the chat's own processes, which it starts itself, and the private services beside them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from messaging.management.chaos.keeper import END_S, Keeper, started

SERVICES = ("mariadb", "redis", "kafka")


class Part:
    """A `manage.py` process of ours; it can be killed, and then comes back."""

    def __init__(self, name: str, arguments: Sequence[str], output: Path, keeper: Keeper) -> None:
        self.name, self.output, self._keeper = name, output, keeper
        self._command = [sys.executable, "manage.py", *arguments]
        self.start()

    def start(self) -> None:
        with self.output.open("ab") as file:
            self._process = subprocess.Popen(
                self._command, cwd=settings.BASE_DIR, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                start_new_session=True,
            )  # fmt: skip
        self._keeper.ends(self._process.pid)

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """As the kernel does: no last words."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        if self.runs:
            self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Also after it was killed."""
        if self.runs:
            self._process.send_signal(signal.SIGCONT)
        else:
            self.start()

    def end(self) -> None:
        if not self.runs:
            return
        self._process.send_signal(signal.SIGCONT)
        self._process.terminate()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.kill()


class Service:
    """One that `deploy/services` started under VAR: it is only frozen, for we could not bring it back."""

    def __init__(self, name: str, pid: int, keeper: Keeper) -> None:
        self.name, self._pid = name, pid
        keeper.goes_on(pid)

    def freeze(self) -> None:
        os.kill(self._pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self._pid, signal.SIGCONT)


def private_services(root: Path, keeper: Keeper) -> list[Service]:
    """Those whose state file under `root` names a process that is still the same."""
    found = []
    for name in SERVICES:
        try:
            state = json.loads((root / name / "state.json").read_text())
        except (OSError, ValueError):
            continue
        if started(state["pid"]) == state["started"]:
            found.append(Service(name, state["pid"], keeper))
    return found


def wait_until_printed(part: Part, text: str, within_s: float = 60.0) -> bool:
    """Whether a part that has just started says `text` before it ends or the time is over."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline and part.runs:
        if text in part.output.read_text(errors="replace"):
            return True
        time.sleep(0.1)
    return False
