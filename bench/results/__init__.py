"""Where figures are kept: one JSON file for each measurement, by name."""

from __future__ import annotations

import json
import os
import platform
import time
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent


def keep(
    name: str, value: float, unit: str, *, reference: float, ratio: float, must: float, aim: float,
    conditions: dict[str, Any],
) -> None:  # fmt: skip
    """Write a row as `latest.json` has it; `must` and `aim` are of the ratio."""
    row = {
        "name": name, "value": round(value, 3), "unit": unit, "reference": round(reference, 3),
        "ratio": round(ratio, 3), "must": must, "aim": aim, "ok": ratio >= must,
        "conditions": {"date": time.strftime("%Y-%m-%d"), "cores": os.cpu_count(), "python": platform.python_version(),
                       **conditions},
    }  # fmt: skip
    (FOLDER / f"{name.replace(' ', '-')}.json").write_text(json.dumps(row, indent=1) + "\n")
