"""Where figures are kept: `latest.json`, every row as it was last measured. A row says when and how thoroughly."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.row import Row

LATEST = Path(__file__).resolve().parent / "latest.json"


def conditions(quick: bool) -> dict[str, Any]:
    return {
        "date": time.strftime("%Y-%m-%d"), "cores": os.cpu_count(), "python": platform.python_version(),
        "quick": quick, "load_before": round(os.getloadavg()[0], 2),
    }  # fmt: skip


def read(path: Path = LATEST) -> dict[str, Any]:
    """Empty before the first run."""
    if not path.exists():
        return {"conditions": {}, "rows": []}
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def keep(rows: Iterable[Row], about: dict[str, Any], order: Iterable[str], path: Path = LATEST) -> dict[str, Any]:
    """These rows replace those of the same name; what is no row any more is forgotten. Returns all that is kept."""
    held = {row["name"]: row for row in read(path)["rows"]}
    for row in rows:
        held[row.name] = row.as_json() | {"measured": about["date"], "quick": about["quick"]}
    kept = {"conditions": about, "rows": [held[name] for name in order if name in held]}
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    return kept
