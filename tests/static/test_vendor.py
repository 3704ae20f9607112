"""Vendored modules are what their list says, and the import map names exactly what is imported by a bare name."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "static/vendor"


def test_every_vendored_file_has_its_version_licence_and_hash() -> None:
    row = r"^\| (\S+\.js) \| .+ \| [\d.]+ \| (?:MIT|Apache-2.0) \| ([0-9a-f]{64}) \|$"
    listed = dict(re.findall(row, (VENDOR / "README.md").read_text(), re.MULTILINE))
    present = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDOR.glob("*.js")}
    assert present == listed


def test_bare_names_are_for_vendored_modules_and_all_in_the_import_map() -> None:
    mapped = dict(
        re.findall(r'"(.+?)": "{% static \'(.+?)\' %}"', (ROOT / "templates/partials/import_map.html").read_text())
    )
    assert all((ROOT / "static" / path).exists() for path in mapped.values())
    modules = [*(ROOT / "static/js").rglob("*.js"), *VENDOR.glob("*.js")]
    imported = {name for path in modules for name in re.findall(r'(?:from|import) ?"([^"]+)"', path.read_text())}
    assert {name for name in imported if not name.startswith(".")} == mapped.keys()


def test_every_icon_that_is_used_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="(\w+)"', (ROOT / "static/icons/sprite.svg").read_text()))
    sources = [*(ROOT / "static/js").rglob("*.js"), *(ROOT / "templates").rglob("*.html")]
    used = {
        name
        for path in sources
        for name in re.findall(r'(?:Icon} name|icon.html" with name)="(\w+)"', path.read_text())
    }
    assert used
    assert used <= drawn


def test_the_app_is_small() -> None:
    """60 KiB gzipped is the budget for what a first visit has to fetch."""
    import gzip

    first = _loaded_by(ROOT / "static/js/app.js", set()) | {ROOT / "static/js/words.zh-hans.js"}
    assert len(first) > 20
    modules = [*first, *VENDOR.glob("*.js")]
    assert sum(len(gzip.compress(path.read_bytes())) for path in modules) <= 60 * 1024


def _loaded_by(module: Path, seen: set[Path]) -> set[Path]:
    """A module with what it imports at once. What it imports when that is wanted is not part of a first visit."""
    seen.add(module)
    for name in re.findall(r'^(?:import|export) [^;]*?from "(\.[^"]+)";', module.read_text(), re.MULTILINE):
        found = (module.parent / name).resolve()
        if found not in seen:
            _loaded_by(found, seen)
    return seen
