"""python3 -m deploy.locks: resolve requirements.txt into requirements.lock and requirements-dev.lock.

Two resolutions by pip, nothing installed: what `make run` needs (wheels only, above the line "# Development", without
mysqlclient), and everything.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE_ONLY = "mysqlclient"
HEADER = "# Made by `make lock` from requirements.txt; do not edit.\n"


def split(text: str) -> tuple[list[str], list[str]]:
    """Pins to run (without the one that has no wheel) and all pins."""
    to_run, _, development = text.partition("# Development")
    return [pin for pin in pins(to_run) if not pin.startswith(SOURCE_ONLY)], pins(to_run) + pins(development)


def pins(text: str) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def resolve(wanted: list[str], *options: str) -> list[str]:
    """Every package with its version, as pip would install it into an empty environment."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
    done = subprocess.run([*command, *options, *wanted], capture_output=True, text=True, check=True)
    found = [item["metadata"] for item in json.loads(done.stdout)["install"]]
    return sorted(f"{item['name'].lower().replace('_', '-')}=={item['version']}" for item in found)


def main() -> None:
    to_run, everything = split((ROOT / "requirements.txt").read_text())
    for name, lock in (
        ("requirements.lock", resolve(to_run, "--only-binary", ":all:")),
        ("requirements-dev.lock", resolve(everything)),
    ):
        (ROOT / name).write_text(HEADER + "\n".join(lock) + "\n")
        print(f"{name}: {len(lock)} packages")


if __name__ == "__main__":
    main()
