"""The same as `fanout`, under uvicorn."""

from __future__ import annotations

from bench.row import Row
from bench.rows.fanout import measure_under

NAME = "fanout_uvicorn"


def measure(quick: bool) -> Row:
    return measure_under("uvicorn", NAME, quick)
