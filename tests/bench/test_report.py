"""The table in the docs is written from the results; what people wrote around it stays."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from bench import report, results
from bench.__main__ import ROWS, main
from bench.report import BEGIN, END, PAGE, rewrite
from bench.row import Limit, Row, not_measured

ABOUT = {"date": "2026-01-02", "cores": 2, "python": "3.11.7", "quick": False, "load_before": 0.1}
GOOD = Row("drain", "a backlog", "messages/s", 9000.0, 10000.0, "raw | inserts", {"p99": 3.0},
           must=(Limit("ratio", ">=", 0.5),), aim=(Limit("ratio", ">=", 0.95),))  # fmt: skip


def kept(path: Path, *rows: Row, about: dict[str, object] = ABOUT) -> dict[str, object]:
    return results.keep(rows, about, ["fanout", "drain"], path)


def test_the_table_is_replaced_and_its_surroundings_stay(tmp_path: Path) -> None:
    page = f"# Title\n\nwritten by hand\n\n{BEGIN}\nold table\n{END}\n\n| another | table |\n"
    once = rewrite(page, kept(tmp_path / "latest.json", GOOD))
    before, table, after = once.split(BEGIN)[0], once.split(BEGIN)[1].split(END)[0], once.split(END)[1]
    assert (before, after) == ("# Title\n\nwritten by hand\n\n", "\n\n| another | table |\n")
    assert "old table" not in table
    assert "**9,000 messages/s**; p99 3 | 10,000 messages/s: raw \\| inserts | 0.9 | ratio ≥ 0.5: yes" in table
    assert "ratio ≥ 0.95: no |" in table
    assert rewrite(once, results.read(tmp_path / "latest.json")) == once


@pytest.mark.parametrize("page", ["no marks", f"{BEGIN} only", f"{END} {BEGIN}", f"{BEGIN} {END} {BEGIN} {END}"])
def test_a_page_without_its_marks_is_refused(page: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="once each"):
        rewrite(page, kept(tmp_path / "latest.json", GOOD))


def test_the_page_of_the_docs_has_the_marks_and_the_table_of_the_results() -> None:
    assert rewrite(PAGE.read_text(), results.read()) == PAGE.read_text()


def test_a_row_that_could_not_be_measured_is_listed_with_its_reason(tmp_path: Path) -> None:
    table = report.table(kept(tmp_path / "latest.json", not_measured("drain", "no broker")))
    assert "| drain | not measured: no broker |" in table


def test_rows_that_were_not_measured_again_stay_with_their_own_date(tmp_path: Path) -> None:
    path = tmp_path / "latest.json"
    kept(path, GOOD)
    later = kept(path, Row("fanout", "", "µs", 1.0), about={**ABOUT, "date": "2026-02-03", "quick": True})
    assert [(row["name"], row["measured"], row["quick"]) for row in later["rows"]] == [  # type: ignore[attr-defined]
        ("fanout", "2026-02-03", True), ("drain", "2026-01-02", False)
    ]  # fmt: skip


def test_what_is_no_row_any_more_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "latest.json"
    kept(path, Row("gone", "", "s", 1.0), GOOD)
    assert [row["name"] for row in results.read(path)["rows"]] == ["drain"]


def test_every_row_has_its_module_and_its_name() -> None:
    modules = {path.stem for path in (PAGE.parent.parent / "bench/rows").glob("[a-z]*.py")}
    assert modules == ROWS.keys()
    assert [name for name in ROWS if name != import_module(f"bench.rows.{name}").NAME] == []


def test_an_unknown_row_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["fanout", "speed"])
    assert "no such row: speed" in capsys.readouterr().err
