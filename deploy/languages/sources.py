"""Which texts the sources hold for translation: calls of gettext in Python, tags in templates, and the default
messages of errors, which are docstrings."""

from __future__ import annotations

import ast
import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LOCALE = ROOT / "locale"

Words = dict[tuple[str, str], set[str]]
"""(text, plural or "") -> the files it stands in"""

ONE = {"_", "gettext", "gettext_lazy"}
MANY = {"ngettext", "ngettext_lazy"}

TRANSLATE = re.compile(r"""\{%\s*(?:trans|translate)\s+(["'])(?P<text>.*?)\1""")
BLOCK = re.compile(
    r"\{%\s*blocktrans(?:late)?\b(?P<options>.*?)%\}(?P<text>.*?)(?:\{%\s*plural\s*%\}(?P<plural>.*?))?"
    r"\{%\s*endblocktrans(?:late)?\s*%\}",
    re.DOTALL,
)
VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def words_in_use() -> Words:
    words: Words = defaultdict(set)
    for folder in ("accounts", "chatsite", "messaging"):
        for path in (ROOT / folder).rglob("*.py"):
            if "migrations" not in path.parts:
                _collect(words, path, in_python(path.read_text()))
    for path in (ROOT / "templates").rglob("*.*"):
        _collect(words, path, in_template(path.read_text()))
    errors = ROOT / "messaging/errors.py"
    _collect(words, errors, in_docstrings(errors.read_text()))
    return dict(words)


def _collect(words: Words, path: Path, found: Iterator[tuple[str, str]]) -> None:
    for text in found:
        words[text].add(str(path.relative_to(ROOT)))


def in_python(source: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if name in ONE and texts:
            yield texts[0], ""
        elif name in MANY and len(texts) == 2:
            yield texts[0], texts[1]


def in_template(source: str) -> Iterator[tuple[str, str]]:
    for found in TRANSLATE.finditer(source):
        yield found["text"], ""
    for found in BLOCK.finditer(source):
        yield _block_text(found["text"]), _block_text(found["plural"] or "")


def _block_text(raw: str) -> str:
    """As Django's tag looks it up: variables as %(name)s, a lone percent sign doubled."""
    return VARIABLE.sub(r"%(\1)s", raw.replace("%", "%%"))


def in_docstrings(source: str) -> Iterator[tuple[str, str]]:
    """The default message of every class with a code."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and (text := ast.get_docstring(node)):
            names = [target.id for stmt in node.body for target in _targets(stmt) if isinstance(target, ast.Name)]
            if "code" in names:
                yield inspect.cleandoc(text), ""


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.AnnAssign):
        return [statement.target]
    if not isinstance(statement, ast.Assign):
        return []
    return [one for target in statement.targets for one in (target.elts if isinstance(target, ast.Tuple) else [target])]
