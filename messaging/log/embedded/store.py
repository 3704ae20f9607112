"""The file: its tables, how it is opened, and the lock that admits one process."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from messaging.log.port import LogLocked, LogUnavailable

SCHEMA = """
CREATE TABLE IF NOT EXISTS topic (
    name TEXT PRIMARY KEY, id TEXT NOT NULL, retention_ms INTEGER, next_offset INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS record (
    topic TEXT NOT NULL, "offset" INTEGER NOT NULL, key BLOB, value BLOB NOT NULL, headers BLOB NOT NULL,
    timestamp_ms INTEGER NOT NULL, PRIMARY KEY (topic, "offset")
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS committed (
    "group" TEXT NOT NULL, topic TEXT NOT NULL, next_offset INTEGER NOT NULL, PRIMARY KEY ("group", topic)
);
"""


def connect(path: Path) -> sqlite3.Connection:
    with unavailable(str(path)):
        connection = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
        except sqlite3.Error:
            connection.close()
            raise
    return connection


@contextmanager
def unavailable(what: str) -> Iterator[None]:
    """Whatever SQLite says inside becomes LogUnavailable."""
    try:
        yield
    except sqlite3.Error as error:
        raise LogUnavailable(f"{what}: {error}") from error


def lock_file(path: Path) -> IO[str]:
    file = open(path, "a+")  # noqa: SIM115 - open for as long as the lock is held
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        holder = file.read().strip() or "?"
        file.close()
        raise LogLocked(
            f"The embedded log {path.with_suffix('')} is in use by process {holder}: one process at a time. "
            "Stop that one, or set KAFKA_BOOTSTRAP_SERVERS to run several."
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
