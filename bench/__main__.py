"""python -m bench [ROW ...] [--quick]: measure the rows of the speed table, and write the results and the docs' table.

Every row is measured in a process of its own: what one leaves in memory is no other's figure. Services are started
for the run, and ended with it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import report, results
from bench.row import Row, not_measured
from deploy.services.control import private_folder, running
from deploy.services.processes import ServiceError

ROWS: dict[str, bool] = {
    "fanout": False,
    "fanout_uvicorn": False,
    "growth": True,
    "hot_room": True,
    "many_rooms": True,
    "accept": True,
    "end_to_end": True,
    "drain": True,
    "producer": True,
    "idle": True,
    "history": True,
    "gc_frozen": False,
    "metrics": False,
}
"""In the order of the table; whether a row needs the services."""

SERVICES = ("DATABASE_URL", "REDIS_URL", "KAFKA_BOOTSTRAP_SERVERS")
MOST_S = {False: 1500, True: 240}
"""A row that takes longer is ended, and listed as not measured; by whether the run is quick."""

CLEAN_UP_S = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="smaller sizes: minutes instead of an hour")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.rows if name not in ROWS]
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    names = [name for name in ROWS if name in options.rows or not options.rows]
    about = results.conditions(options.quick)
    with _services(any(ROWS[name] for name in names)) as exports:
        measured = []
        for name in names:
            started = time.monotonic()
            row = _measure(name, options.quick, exports)
            measured.append(row)
            print(f"{_told(row)} ({time.monotonic() - started:.0f} s)", flush=True)
            results.keep([row], about, ROWS)
            report.main()
    return int(any(row.value is None for row in measured))  # what is not kept is told, and no failure of the run


@contextlib.contextmanager
def _services(are_needed: bool) -> Iterator[dict[str, str]]:
    """What points to the services; nothing when none is needed or none can be had."""
    if not are_needed:
        yield {}
        return
    with contextlib.ExitStack() as stack:
        try:
            exports = stack.enter_context(running(private_folder()))
        except ServiceError as error:
            print(f"no services: {error}", file=sys.stderr)
            exports = {}
        yield exports


def _measure(name: str, quick: bool, exports: dict[str, str]) -> Row:
    missing = [variable for variable in SERVICES if ROWS[name] and variable not in exports]
    if missing:
        return not_measured(name, f"without {', '.join(missing)}")
    print(f"{name} ...", flush=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "row"
        command = [sys.executable, "-m", "bench.one", name, str(file), *(["--quick"] if quick else [])]
        environment = {**os.environ, **dict.fromkeys(SERVICES, ""), **exports, "VAR": folder, "CHAT_DEMO": "1"}
        code = _run(command, environment, MOST_S[quick])
        if code is None:
            return not_measured(name, f"it was not done within {MOST_S[quick]} s")
        if code or not file.exists():
            return not_measured(name, f"its process ended with {code}; see what it printed")
        row: Row = pickle.loads(file.read_bytes())
        return row


def _run(command: Sequence[str], environment: dict[str, str], most_s: float) -> int | None:
    """The exit code; None for a row that took too long. Either way it ends what it has started, and then itself."""
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        return process.wait(most_s)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(CLEAN_UP_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _told(row: Row) -> str:
    if row.value is None:
        return f"  {row.name}: not measured: {row.why}"
    reference = "" if row.reference is None else f", reference {row.reference:,.4g}, ratio {row.ratio:.3g}"
    more = "".join(f", {name} {value:,.4g}" for name, value in row.figures.items())
    verdict = {True: "ok", False: "NOT KEPT", None: "-"}[row.ok]
    return f"  {row.name}: {row.value:,.4g} {row.unit}{reference}{more}: {verdict}"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("stopped; the rows that were measured are kept", file=sys.stderr)
        sys.exit(130)
