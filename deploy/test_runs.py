"""python -m deploy.test_runs [PYTEST ARGUMENTS]: what `make test` runs, and where.

Without arguments: everything that needs no service, embedded on SQLite; what uses the database or the services, on real
MariaDB, Redis and Kafka; the JavaScript modules, in Node. What measures time or breaks what others use (`timed`) runs
alone, the rest side by side, and what is `long` not at all. A few that fail side by side are run again alone: their
verdict is the one that counts, and what failed first is named. With arguments: one run of pytest with the services.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from deploy.services import foreground, install
from deploy.services.control import private_folder, running
from deploy.services.processes import ServiceError

ROOT = Path(__file__).resolve().parent.parent
PYTEST = [sys.executable, "-m", "pytest"]
BESIDE = ["-n", str(os.cpu_count() or 1), "--dist", "worksteal"]
WAITING = ["-n", str((os.cpu_count() or 1) + 1), "--dist", "worksteal"]
"""For what often waits for services."""
DISTURBED_AT_MOST = 4
"""More than so many failures side by side are no accident of a busy machine."""
COUNTS = re.compile(r"^=*\s*\d+ (passed|failed|skipped|error)|^# (pass|fail) \d+")
FAILED = re.compile(r"\b(\d+) failed\b")
SERVICE_NAMES = ("DATABASE_URL", "REDIS_URL", "KAFKA_BOOTSTRAP_SERVERS")


def main(arguments: list[str]) -> int:
    _install_tools()
    plain = {name: value for name, value in os.environ.items() if name not in SERVICE_NAMES} | {"CHAT_DEMO": "1"}
    if arguments:
        with running(private_folder()) as found:
            return _run("with services", [*PYTEST, *arguments], plain | found)[0]
    runs = {"embedded (SQLite)": _side_by_side("embedded", "not services and not timed and not long", plain, BESIDE)}
    with running(private_folder()) as found:
        where, real = ", ".join(found) or "no service", plain | found
        which = "(database or services) and not timed and not long"
        runs[f"services ({where})"] = _side_by_side("services", which, real, WAITING)
        runs["alone"] = _run("alone", [*PYTEST, "-q", "-m", "timed and not long"], real)
    runs["node"] = _run("node", ["node", "--test", "--test-timeout=60000", "tests/js/"], plain)
    print("\n== what ran where")
    for name, (code, counts) in runs.items():
        print(f"{name}: {'' if code == 0 else f'FAILED ({code}): '}{counts}")
    return int(any(code for code, _ in runs.values()))


def _install_tools() -> None:
    for tool in ("chromium-headless-shell", "kcat", "node", "prometheus"):
        try:
            install.require(tool)
        except ServiceError as error:
            print(f"{tool}: {error}", file=sys.stderr)
            if os.environ.get("REQUIRE_SERVICES") == "1":
                sys.exit(1)


def _side_by_side(title: str, which: str, environment: dict[str, str], how: list[str]) -> tuple[int, str]:
    code, counts = _run(title, [*PYTEST, "-q", *how, "-m", which], environment)
    failed = FAILED.search(counts)
    if code != 1 or failed is None or int(failed[1]) > DISTURBED_AT_MOST:
        return code, counts
    again, seen = _run(f"{title}, what failed, alone", [*PYTEST, "-v", "--last-failed", "-m", which], environment)
    return again, f"{counts}; those that failed, alone: {seen}"


def _run(title: str, command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Run and show; returns the exit code and what the runner counted (pytest's last line, Node's pass and fail)."""
    print(f"\n== {title}: {' '.join(command[-4:])}", flush=True)
    counted: list[str] = []
    with foreground.child(command, environment, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                print(line, end="", flush=True)
                if COUNTS.search(line):
                    counted.append(line.strip(" #=\n"))
    return process.returncode, ", ".join(counted[-2:])


if __name__ == "__main__":
    try:
        with foreground.ended_by_signals():
            sys.exit(main(sys.argv[1:]))
    except ServiceError as error:
        sys.exit(f"chatsite: {error}")
