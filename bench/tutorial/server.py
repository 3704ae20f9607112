"""The tutorial's server as a process of its own, under daphne."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from deploy.services.processes import free_port
from tests.stack.processes import ManagePy

SESSION = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
user = User.objects.create_user("somebody")
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print(session.session_key)
"""
CHAT, BARE = "/ws/chat/bench/", "/ws/bare/"


class Tutorial(NamedTuple):
    port: int
    pid: int
    session: str


@contextmanager
def tutorial() -> Iterator[Tutorial]:
    """Runs, with one signed-in person. Over Redis when the environment points to one."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        environment = {
            "DJANGO_SETTINGS_MODULE": "bench.tutorial.settings", "TUTORIAL_DATABASE": f"{folder}/tutorial.sqlite3",
            "TUTORIAL_PREFIX": f"tutorial{os.getpid()}",
        }  # fmt: skip
        _django(environment, "migrate", "--verbosity", "0")
        session = _django(environment, "shell", "-v", "0", "-c", SESSION).strip()
        port = free_port()
        arguments = ["-p", str(port), "-b", "127.0.0.1", "bench.tutorial.asgi:application"]
        process = ManagePy("tutorial", arguments, environment, Path(folder), ("-m", "daphne"))
        try:
            process.wait_until_printed("Listening on TCP address")
            yield Tutorial(port, process.process.pid, session)
        finally:
            process.kill()  # daphne waits for its sockets otherwise


def _django(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "django", *arguments]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-1000:])
    return done.stdout
