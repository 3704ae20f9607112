"""Debian packages that are missing, by apt-get as root or with sudo."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from deploy.services.processes import ServiceError

PACKAGES = {
    "mariadbd": ["mariadb-server-core", "mariadb-client-core"],
    "redis-server": ["redis-server"],
    "java": ["openjdk-17-jre-headless"],
    "mvn": ["maven"],
    "chromium-headless-shell": [
        "chromium-headless-shell",
        "fonts-liberation",
        "fonts-noto-cjk",
        "fonts-noto-color-emoji",
    ],
    "kcat": ["kcat"],
    "node": ["nodejs"],
    "prometheus": ["prometheus"],
    "mariadb_config": ["default-libmysqlclient-dev"],
    "pkg-config": ["pkg-config"],
    "gcc": ["gcc", "libc6-dev"],
    "Python.h": ["python3-dev"],
}
"""By a program (or header) that they bring."""

BUILD = ("mariadb_config", "pkg-config", "gcc", "Python.h")
"""What mysqlclient is compiled with."""

PLACES = ("/usr/sbin", "/sbin", "/usr/bin")


def program(name: str) -> str | None:
    if name == "Python.h":
        header = Path(sysconfig.get_path("include"), name)
        return str(header) if header.exists() else None
    return shutil.which(name) or next((f"{place}/{name}" for place in PLACES if Path(place, name).exists()), None)


def require(*names: str) -> None:
    """Install what is missing for these programs. Raises ServiceError when that does not work."""
    missing = [name for name in names if program(name) is None]
    if not missing:
        return
    packages = [package for name in missing for package in PACKAGES[name]]
    print(f"installing {' '.join(packages)}", file=sys.stderr)
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    try:
        _apt(prefix, "update")
        with _no_services_started():
            _apt(prefix, "install", "-y", "--no-install-recommends", *packages)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ServiceError(f"{', '.join(missing)} cannot be installed: {error}") from error


def _apt(prefix: list[str], *arguments: str) -> None:
    command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", *arguments]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)


class _no_services_started:
    """While packages are installed, Debian asks policy-rc.d whether to start what they bring: no (exit code 101).

    We start our own, private ones. A policy that is there already is left alone.
    """

    path = Path("/usr/sbin/policy-rc.d")

    def __enter__(self) -> None:
        self.ours = os.geteuid() == 0 and not self.path.exists()
        if self.ours:
            self.path.write_text("#!/bin/sh\nexit 101\n")
            self.path.chmod(0o755)

    def __exit__(self, *error: object) -> None:
        if self.ours:
            self.path.unlink(missing_ok=True)
