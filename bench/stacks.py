"""Deployments to measure: real processes with a database, topics and names of their own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tests.stack.processes import MANAGE
from tests.stack.stack import EmbeddedStack, ServicesStack, Stack

T = TypeVar("T", bound=Stack)


@contextmanager
def services_stack(**environment: str) -> Iterator[ServicesStack]:
    """Over the services that the environment points to. Nothing of ours runs yet."""
    with _stack(ServicesStack, environment) as stack:
        yield stack


@contextmanager
def running_stack(server: str = "daphne", **environment: str) -> Iterator[ServicesStack]:
    """The same with a bridge and a web process under `daphne` or `uvicorn`, and the demo talk applied."""
    with services_stack(**environment) as stack:
        stack.start_bridge()
        {"daphne": stack.start_web, "uvicorn": stack.start_uvicorn}[server]()
        stack.wait_for_demo()
        yield stack


@contextmanager
def embedded_stack(web: Sequence[str] = MANAGE, **environment: str) -> Iterator[EmbeddedStack]:
    """One web process on SQLite; `web`: what it is run with."""
    with _stack(EmbeddedStack, environment) as stack:
        stack.program = web
        stack.start_web()
        stack.program = MANAGE
        yield stack


@contextmanager
def _stack(kind: Callable[[Path], T], environment: Mapping[str, str]) -> Iterator[T]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        stack = kind(Path(folder))
        try:
            stack.environment.update(environment)
            yield stack
        finally:
            stack.end()


def resident_kib(pid: int) -> float:
    """Memory of a process that is not shared with files."""
    status = Path(f"/proc/{pid}/status").read_text()
    return float(next(line.split()[1] for line in status.splitlines() if line.startswith("RssAnon:")))
