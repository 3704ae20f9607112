"""Processes of ours, for real: started, waited for, killed, stopped and continued by their own pid."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


MANAGE = ("manage.py",)


def wait_for(condition: Callable[[], object], within_s: float, what: str) -> None:
    """Poll a condition; raises AssertionError when it does not come true in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(0.05)


class ManagePy:
    """`manage.py COMMAND` as a child process; what it prints is kept."""

    def __init__(
        self,
        name: str,
        arguments: list[str],
        environment: dict[str, str],
        folder: Path,
        program: Sequence[str] = MANAGE,
    ) -> None:
        self.name = name
        self.output = folder / f"{name}.log"
        with self.output.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, *program, *arguments],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    def printed(self) -> str:
        return self.output.read_text(errors="replace")

    def wait_until_printed(self, text: str, within_s: float = 30) -> None:
        def seen() -> bool:
            assert self.process.poll() is None, f"{self.name} ended:\n{self.printed()[-2000:]}"
            return text in self.printed()

        wait_for(seen, within_s, f"{self.name} prints {text!r}")

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def descriptors(self) -> int:
        """How many files and sockets it has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def stop(self) -> None:
        """SIGSTOP: it does nothing, and knows nothing of it."""
        self.signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """As the kernel does: no last words."""
        self.process.kill()
        self.process.wait(10)

    def end(self, within_s: float = 30) -> int:
        """Ask politely; returns the exit code. Kills what does not listen, and says so by failing."""
        if self.process.poll() is None:
            self.go_on()
            self.process.terminate()
            try:
                self.process.wait(within_s)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(
                    f"{self.name} did not end within {within_s} s:\n{self.printed()[-2000:]}"
                ) from None
        return self.process.returncode


def run_manage(arguments: list[str], environment: dict[str, str], program: Sequence[str] = MANAGE) -> str:
    done = subprocess.run(
        [sys.executable, *program, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
