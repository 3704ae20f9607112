"""A command in the foreground, ended in order by whatever ends us."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CLEAN_UP_S = 40.0
"""What a command gets for its own clean-up: pytest ends the processes that its fixtures started."""


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """A signal to end raises SystemExit(128 + number) in the block, once: clean-ups are bounded, and no second Ctrl-C
    may leave something running."""
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if not asked:
            asked = True
            raise SystemExit(128 + number)

    # A SIGHUP that is ignored stays so (nohup). An ignored SIGINT does not: our children would inherit that.
    numbers = [n for n in ENDING if n is not signal.SIGHUP or signal.getsignal(n) is not signal.SIG_IGN]
    previous = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def child(
    command: Sequence[str], environment: Mapping[str, str], *, cwd: Path | None = None, stdout: int | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A process that has ended when the block has; when an exception leaves the block, it is told to end.

    It has a process group of its own, so that Ctrl-C comes to us alone and we pass it on once; therefore no terminal
    to read from either.
    """
    process = subprocess.Popen(
        list(command),
        env=dict(environment),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        text=True,
        process_group=0,
    )
    try:
        yield process
        process.wait()
    except BaseException:
        _end(process)
        raise


def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Returns the exit code as a shell gives it: 128 + number for a process that a signal ended."""
    with child(command, environment) as process:
        pass
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def _end(process: subprocess.Popen[str]) -> None:
    """SIGINT, because pytest runs its finalizers only then; after CLEAN_UP_S the whole group is killed."""
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=CLEAN_UP_S)  # reads on, or a full pipe would stop it
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
