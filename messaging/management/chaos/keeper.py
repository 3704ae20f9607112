"""A process beside `manage.py chaos` that outlives it: what chaos started ends with it, what it stopped goes on.

As with the workers of `serve` there is a lifeline, which the kernel cuts when chaos is gone, however it went. A part
that stands still could not see that by itself, so another process watches: over the lifeline it is told of every one.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

END_S = 40.0


class Keeper:
    def __init__(self, root: Path) -> None:
        # Not through a shell or a session of ours: Ctrl-C is for chaos, which ends its parts by itself.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "messaging.management.chaos.keeper"], cwd=root, stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def ends(self, pid: int) -> None:
        """This one ends with us."""
        self._say("ends", pid)

    def goes_on(self, pid: int) -> None:
        """This one is not ours; it only may not be left standing still."""
        self._say("goes_on", pid)

    def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    def _say(self, what: str, pid: int) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(f"{what} {pid} {started(pid)}\n".encode())
            self._process.stdin.flush()


def started(pid: int) -> int | None:
    """Start time in clock ticks: a pid alone may be another process by now. None for one that has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def keep(told: Iterable[str]) -> None:
    """Until nothing more is told; then see to everything that is still the process it was."""
    known: dict[tuple[int, int], str] = {}
    for line in told:
        match line.split():
            case [what, pid, since] if pid.isdecimal() and since.isdecimal():
                known[int(pid), int(since)] = what
    _signal(known, signal.SIGCONT)
    ours = [one for one, what in known.items() if what == "ends"]
    _signal(ours, signal.SIGTERM)
    deadline = time.monotonic() + END_S
    while time.monotonic() < deadline and any(started(pid) == since for pid, since in ours):
        time.sleep(0.1)
    _signal(ours, signal.SIGKILL)


def _signal(processes: Iterable[tuple[int, int]], number: signal.Signals) -> None:
    for pid, since in processes:
        if started(pid) == since:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue  # it ended between the two


if __name__ == "__main__":
    keep(sys.stdin)
