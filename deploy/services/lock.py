"""One at a time in a folder of services: of two starts at once each would take the other's for broken."""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.services.processes import ServiceError


@contextmanager
def alone(root: Path, *, wait: bool) -> Iterator[None]:
    """Hold the folder's lock; it goes with the process, however that ends. Raises ServiceError when it is held by
    another and we are not to wait."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if not wait:
                raise ServiceError(f"another run uses the services in {root}; wait for its end, or set VAR") from error
            print(f"waiting for another start or stop in {root}", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
