"""Several web processes behind one listening socket: started, started again when they die, ended together.

The parent opens the socket and every worker inherits it, so whoever is free takes the next connection, and none is
refused while a worker is away. Between the two is a lifeline: a worker says over it that it is ready, and ends (gently)
when its parent is gone.
"""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

from django.conf import settings

logger = logging.getLogger(__name__)

BACKLOG = 1024
LOOK_S = 0.1
QUICK_S = 10.0
"""A worker that lives shorter is started again later and later."""
MOST_WAIT_S = 30.0
ENDING_S = 30.0
"""Beside the drain window, for what was accepted to be flushed."""


class WorkerFailed(Exception):
    """A worker ended before it could serve; what it printed says why."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket for workers to inherit. Raises OSError."""
    family, _, _, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
    listener = socket.create_server(address[:2], family=family, backlog=BACKLOG)
    listener.setblocking(False)
    listener.set_inheritable(True)
    return listener


class Worker:
    """One place among the workers, and the process that has it now."""

    def __init__(self, number: int, arguments: Sequence[str], listener: socket.socket) -> None:
        self.number, self._arguments, self._listener = number, arguments, listener
        self.is_ready = False
        self.was_ready = False
        """Once, be it an earlier process of this place."""
        self._quick_deaths = 0
        self._start_at = 0.0
        self.start()

    def start(self) -> None:
        ours, theirs = socket.socketpair()
        descriptors = (self._listener.fileno(), theirs.fileno())
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, str(settings.BASE_DIR / "manage.py"), "serve", *self._arguments,
                 "--inherited", "{},{}".format(*descriptors)],
                pass_fds=descriptors,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the parent, which passes it on
            )  # fmt: skip
        ours.setblocking(False)
        self._lifeline, self._started_at, self.is_ready = ours, time.monotonic(), False

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def look(self) -> None:
        """Hear whether it is ready; start another one for one that died. Raises WorkerFailed for one that never was."""
        if self.is_alive:
            self._hear()
            return
        now = time.monotonic()
        if not self._start_at:
            self._lifeline.close()
            code = self.process.returncode
            if not self.was_ready:
                raise WorkerFailed(f"worker {self.number} ended with {code} before it could serve")
            self._quick_deaths = self._quick_deaths + 1 if now - self._started_at < QUICK_S else 0
            wait = min(MOST_WAIT_S, 2.0 ** (self._quick_deaths - 1)) if self._quick_deaths else 0.0
            self._start_at = now + wait
            logger.error("worker %d (%d) ended with %s; another one in %g s", self.number, self.process.pid, code, wait)
        if now >= self._start_at:
            self._start_at = 0.0
            self.start()

    def _hear(self) -> None:
        try:
            said = self._lifeline.recv(1)
        except BlockingIOError:
            return
        if said and not self.is_ready:
            self.is_ready = self.was_ready = True
            logger.info("worker %d (%d) serves", self.number, self.process.pid)

    def signal(self) -> None:
        if self.is_alive:
            self.process.terminate()

    def kill(self) -> None:
        if self.is_alive:
            self.process.kill()
        self.process.wait()


class Workers:
    """`run` blocks until `stop`, which a signal handler may call, and until all have ended; a second `stop` hurries."""

    def __init__(
        self, listener: socket.socket, arguments: Sequence[Sequence[str]], on_ready: Callable[[], None]
    ) -> None:
        self._listener, self._arguments, self._on_ready = listener, arguments, on_ready
        self._workers: list[Worker] = []
        self._stops = 0

    def stop(self) -> None:
        self._stops += 1

    def run(self) -> None:
        """Raises WorkerFailed when one cannot serve at all; the others are ended first."""
        pause = threading.Event()
        try:
            for number, arguments in enumerate(self._arguments):
                self._workers.append(Worker(number, arguments, self._listener))
            is_told = False
            while not self._stops:
                for worker in self._workers:
                    worker.look()
                if not is_told and all(worker.was_ready for worker in self._workers):
                    is_told = True
                    self._on_ready()
                pause.wait(LOOK_S)
        finally:
            self._end(pause)

    def _end(self, pause: threading.Event) -> None:
        self._listener.close()
        logger.info("ending: %d workers drain for %s s", len(self._workers), settings.CHAT_DRAIN_S)
        for worker in self._workers:
            worker.signal()
        deadline, told = time.monotonic() + settings.CHAT_DRAIN_S + ENDING_S, max(1, self._stops)
        while any(worker.is_alive for worker in self._workers):
            if self._stops > told:
                told = self._stops
                for worker in self._workers:
                    worker.signal()
            if time.monotonic() > deadline:
                logger.error("some workers did not end by themselves")
                break
            pause.wait(LOOK_S)
        for worker in self._workers:
            worker.kill()
