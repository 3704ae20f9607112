"""What fails while another test shares the machine is run again alone, and only what fails there too has failed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from deploy import test_runs

ONCE = """
from pathlib import Path

def test_disturbed():
    mark = Path(__file__).with_suffix(".mark")
    seen = mark.exists()
    mark.touch()
    assert seen

def test_fine():
    pass
"""
ALWAYS = "def test_broken():\n    assert False\n"


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        (ONCE, 0, "1 failed, 1 passed; those that failed, alone: 1 passed"),
        (ALWAYS, 1, "1 failed; those that failed, alone: 1 failed"),
        (ALWAYS.replace("def", "import pytest\n@pytest.mark.parametrize('n', range(9))\ndef").replace("()", "(n)"), 1,
         "9 failed"),
    ],
)  # fmt: skip
def test_it_is_run_again_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, code: int, said: str
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    (tmp_path / "test_one.py").write_text(source)
    monkeypatch.setattr(test_runs, "PYTEST", [*test_runs.PYTEST, "-c", str(tmp_path / "pytest.ini"), str(tmp_path)])
    ended, counts = test_runs._side_by_side("tried", "not services", dict(os.environ), test_runs.BESIDE)
    assert ended == code
    assert [part.split(" in ")[0] for part in counts.split("; ")] == said.split("; ")


def test_what_is_larger_in_the_soak_is_part_of_it() -> None:
    asked = subprocess.run(
        ["make", "-n", "soak"], cwd=test_runs.ROOT, capture_output=True, text=True, check=True
    ).stdout
    whole = {(test_runs.ROOT / word) for word in asked.split() if word.startswith("tests/")}
    tests = (test_runs.ROOT / "tests").rglob("test_*.py")
    sized = {path for path in tests if "\nfrom tests.faults.scale import" in path.read_text()}
    assert len(sized) > 10
    assert {path for path in sized if not whole & {path, *path.parents}} == set()
