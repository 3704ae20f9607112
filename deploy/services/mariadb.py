from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from pathlib import Path

from deploy.services import install
from deploy.services.processes import Running, ServiceError, spawn, wait_until

NAME = "mariadb"
NEEDS = ("mariadbd",)

USER = PASSWORD = DATABASE = "chatsite"
SETUP = f"""
CREATE DATABASE IF NOT EXISTS {DATABASE} CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';
GRANT ALL ON *.* TO '{USER}'@'127.0.0.1';
"""
"""All databases: tests make and drop their own."""


def start(folder: Path, state: Path, port: int) -> Running:
    data, log = folder / "data", folder / "mariadb.log"
    if not (data / "mysql").exists():
        _install(data)
    # Its own: a server that starts removes what it finds of temporary tables, also another server's.
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    # A socket path has at most 107 characters, and VAR may be anywhere.
    local = Path(tempfile.gettempdir()) / f"chatsite-mariadb-{port}.sock"
    command = [_program("mariadbd"), "--no-defaults", *_as_root(), f"--datadir={data}", f"--socket={local}"]
    command += [f"--tmpdir={temporary}"]
    command += [f"--port={port}", "--bind-address=127.0.0.1", f"--pid-file={folder / 'mariadb.pid'}"]
    command += ["--character-set-server=utf8mb4", "--innodb-buffer-pool-size=512M", "--skip-name-resolve"]
    command += ["--max-connections=300", "--innodb-log-file-size=256M"]
    running = spawn(command, log, state, port)
    client = [_program("mariadb"), "--no-defaults", f"--socket={local}", "-u", "root"]
    wait_until(lambda: _run(client, "SELECT 1").returncode == 0, running, log, "MariaDB")
    done = _run(client, SETUP)
    if done.returncode:
        raise ServiceError(f"MariaDB cannot be set up: {done.stderr}")
    return running


def is_ready(port: int) -> bool:
    """It greets first: a header of 4 bytes, then the version of the protocol."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            return connection.recv(5)[4:] == b"\x0a"
    except OSError:
        return False


def exports(running: Running) -> dict[str, str]:
    return {"DATABASE_URL": f"mysql://{USER}:{PASSWORD}@127.0.0.1:{running.port}/{DATABASE}"}


def _program(name: str) -> str:
    return install.program(name) or name


def _as_root() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


def _install(data: Path) -> None:
    command = [_program("mariadb-install-db"), "--no-defaults", *_as_root(), f"--datadir={data}"]
    command += ["--auth-root-authentication-method=normal", "--skip-test-db"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServiceError(f"MariaDB cannot make its data folder: {done.stdout[-1000:]}{done.stderr[-1000:]}")


def _run(client: list[str], sql: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(client, input=sql, capture_output=True, text=True, check=False)
