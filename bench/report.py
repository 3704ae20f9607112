"""python -m bench.report: the table of docs/performance.md, written anew from the results, between its two marks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench import results

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


def main() -> None:
    PAGE.write_text(rewrite(PAGE.read_text(), results.read()))


def rewrite(page: str, kept: dict[str, Any]) -> str:
    """Everything outside of the marks stays as it is. Raises ValueError for a page without exactly these marks."""
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise ValueError(f"the page has to have {BEGIN} and then {END}, once each")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{table(kept)}\n{END}{after}"


def table(kept: dict[str, Any]) -> str:
    if not kept["rows"]:
        return "Nothing has been measured yet: `make bench`."
    about = kept["conditions"]
    lines = [
        f"{about['cores']} cores, Python {about['python']}, clients on the same machine; last run {about['date']}.",
        "",
        "| row | figure | reference in the same run | ratio | must | aim |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join(lines + [_line(row) for row in kept["rows"]])


def _line(row: dict[str, Any]) -> str:
    if row["value"] is None:
        return f"| {row['name']} | not measured: {_cell(row['why'])} | | | | |"
    more = ", ".join(f"{name} {value:,g}" for name, value in row["figures"].items())
    size = " (quick run)" if row["quick"] else ""
    figure = f"**{row['value']:,g} {row['unit']}**{size}" + (f"; {more}" if more else "")
    cells = [
        f"{row['name']}: {row['what']}", figure, _reference(row),
        "" if row["ratio"] is None else f"{row['ratio']:,.3g}",
        _verdict(row["must"], row["ok"]), _verdict(row["aim"], row["reaches_aim"]),
    ]  # fmt: skip
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _reference(row: dict[str, Any]) -> str:
    if row["reference"] is None:
        return ""
    return f"{row['reference']:,g} {row['unit']}: {row['reference_what']}"


def _verdict(limits: list[str], holds: bool | None) -> str:
    if not limits:
        return ""
    asked = ", ".join(limits).replace("<=", "≤").replace(">=", "≥")
    return f"{asked}: {'yes' if holds else 'no'}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    main()
