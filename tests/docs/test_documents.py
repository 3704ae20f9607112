"""What the documents name exists, and what exists is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from messaging.errors import REJECTIONS
from messaging.wire.close_codes import CloseCode
from messaging.wire.frames import CLIENT_FRAMES

ROOT = Path(__file__).parents[2]
PROTOCOL = (ROOT / "docs/protocol.md").read_text()


def rows(title: str) -> set[str]:
    """First cells of the table whose heading is `title`."""
    table = PROTOCOL.split(f"| {title} |", 1)[1].split("\n\n", 1)[0]
    return set(re.findall(r"^\| `(\w+)` ", table, re.MULTILINE))


def test_every_frame_is_documented_and_every_documented_frame_exists() -> None:
    assert rows("client -> server") == CLIENT_FRAMES.keys()
    sources = "".join(path.read_text() for path in (ROOT / "messaging").rglob("*.py"))
    for name in rows("server -> client"):
        assert re.search(rf'frame\(\s*"{name}"|"type":"{name}"', sources), name


def test_every_code_is_documented() -> None:
    sentence = PROTOCOL.split("Codes of `rejected`:")[1].split("\n\n")[0]
    rejected, errors = sentence.split("Codes of `error`:")
    assert set(re.findall(r"`(\w+)`", rejected)) == REJECTIONS.keys()
    assert set(re.findall(r"`(\w+)`", errors)) == {"bad_json", "unknown_type", "invalid"}
    closing = PROTOCOL.split("Close codes:")[1].split("Clients stay away")[0]
    assert set(map(int, re.findall(r"\b4\d{3}\b", closing))) == {code for code in CloseCode if code >= 4000}


@pytest.mark.parametrize("document", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_links_lead_somewhere(document: str) -> None:
    text = (ROOT / "docs" / document).read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("http") or (ROOT / "docs" / target).exists(), target


def test_the_readme_opens_with_a_picture_and_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text()
    opening = text[:900]
    assert "make run" in opening
    assert "make test" in opening
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / target).exists(), target


def test_every_command_of_the_makefile_that_documents_name_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        named = re.findall(r"`make (\w+)|^make (\w+)", path.read_text(), re.MULTILINE)
        assert {one or other for one, other in named} <= targets, path.name


def test_every_test_that_the_reliability_page_names_exists() -> None:
    text = (ROOT / "docs/reliability.md").read_text()
    sources = "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    for name in re.findall(r"test_\w+(?=\.\.\.|`)", text):
        assert f"def {name}" in sources or any((ROOT / "tests").rglob(f"{name}.py")), name


def test_every_metric_is_documented_and_set_somewhere() -> None:
    declared = dict(
        re.findall(r'^(\w+) = \w+\(\s*"(chat_\w+)"', (ROOT / "messaging/metrics.py").read_text(), re.MULTILINE)
    )
    documented = re.findall(r"^\| `(chat_\w+)`", (ROOT / "docs/metrics.md").read_text(), re.MULTILINE)
    assert sorted(documented) == sorted(declared.values())
    sources = "".join(path.read_text() for path in (ROOT / "messaging").rglob("*.py"))
    assert [name for name in declared if f"metrics.{name}." not in sources] == []
