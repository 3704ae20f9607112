"""python -m tests.faults.table: what `make soak` measured -> the table in docs/reliability.md."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "bench" / "results" / "faults.json"
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- measured by make soak -->\n", "<!-- end -->\n"


def table() -> str:
    rows = ["| fault | measured | at most | |", "|---|---|---|---|"]
    for fault, found in json.loads(RESULTS.read_text()).items():
        figures = found["figures"]
        measured = "<br>".join(f"{what} {figure:.2f}" for what, (figure, _) in figures.items())
        bounds = "<br>".join(f"{bound:g}" for _, bound in figures.values())
        rows.append(f"| {fault} | {measured} | {bounds} | {found['note']} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    text = PAGE.read_text()
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    PAGE.write_text(f"{head}{BEGIN}{table()}{END}{tail}")


if __name__ == "__main__":
    main()
