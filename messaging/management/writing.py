"""Lines to a file or to standard output, with a count on standard error where a person watches."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import nullcontext

PROGRESS_EVERY = 1000


def write_lines(lines: Iterable[bytes], output: str) -> int:
    """`output` is a path, or "-". Returns how many were written."""
    count = 0
    with nullcontext(sys.stdout.buffer) if output == "-" else open(output, "wb") as file:
        for count, line in enumerate(lines, start=1):
            file.write(line)
            if count % PROGRESS_EVERY == 0 and sys.stderr.isatty():
                print(f"\r{count} lines", end="", file=sys.stderr)  # noqa: T201
        file.flush()
    return count
