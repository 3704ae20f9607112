"""python -m bench.one ROW FILE [--quick]: measure one row in a process of its own, and leave it in FILE."""

from __future__ import annotations

import argparse
import os
import pickle
import signal
import sys
import traceback
from importlib import import_module
from pathlib import Path

from bench.row import Row, not_measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("row")
    parser.add_argument("file", type=Path)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # what it has started is ended
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    try:
        row: Row = import_module(f"bench.rows.{options.row}").measure(options.quick)
    except Exception as error:
        traceback.print_exc()
        row = not_measured(options.row, f"{type(error).__name__}: {str(error)[:300]}")
    options.file.write_bytes(pickle.dumps(row))


if __name__ == "__main__":
    main()
