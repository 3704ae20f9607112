"""The catalogues hold what the sources say, every text is translated, and what is compiled is what is written."""

from __future__ import annotations

import re
from pathlib import Path

import polib
import pytest

from deploy.languages.__main__ import update
from deploy.languages.sources import LOCALE, in_docstrings, in_python, in_template, words_in_use

CATALOGUES = sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def texts(catalogue: polib.POFile | polib.MOFile) -> dict[tuple[str, str], object]:
    return {(one.msgid, one.msgid_plural or ""): one.msgstr or one.msgstr_plural for one in catalogue}


@pytest.fixture(params=CATALOGUES, ids=lambda path: path.parent.parent.name)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_there_is_a_catalogue_for_simplified_chinese() -> None:
    assert [path.parent.parent.name for path in CATALOGUES] == ["zh_Hans"]


def test_a_catalogue_holds_exactly_what_the_sources_say(path: Path) -> None:
    assert texts(polib.pofile(str(path))).keys() == words_in_use().keys(), "make words"


def test_every_text_is_translated_and_sure(path: Path) -> None:
    catalogue = polib.pofile(str(path))
    assert [one.msgid for one in catalogue.untranslated_entries() + catalogue.fuzzy_entries()] == []


def test_a_translation_names_the_same_variables(path: Path) -> None:
    for one in polib.pofile(str(path)):
        for text in [one.msgstr] if one.msgstr else one.msgstr_plural.values():
            wanted = set(re.findall(r"%\(\w+\)[sd]", one.msgid_plural or one.msgid))
            assert set(re.findall(r"%\(\w+\)[sd]", text)) == wanted, one.msgid


def test_what_is_compiled_is_what_is_written(path: Path) -> None:
    assert texts(polib.mofile(str(path.with_suffix(".mo")))) == texts(polib.pofile(str(path))), "make words"


def test_texts_are_found_where_they_can_stand() -> None:
    assert list(in_python('_("One")\ngettext_lazy("Two")\nngettext("a", "b", 3)\nprint("no")')) == [
        ("One", ""), ("Two", ""), ("a", "b"),
    ]  # fmt: skip
    assert list(in_template("""{% translate "A" %} {% blocktranslate with n=x.y %}Hi {{ n }}{% endblocktranslate %}""")) == [
        ("A", ""), ("Hi %(n)s", ""),
    ]  # fmt: skip
    assert list(
        in_docstrings('class A:\n    """Gone."""\n    code, http_status = "a", 4\nclass B:\n    """No."""')
    ) == [("Gone.", "")]


def test_a_new_text_comes_in_untranslated_and_an_old_one_leaves() -> None:
    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(msgid="kept", msgstr="留"))
    catalogue.append(polib.POEntry(msgid="gone", msgstr="去"))
    update(catalogue, {("kept", ""): {"a.py"}, ("new", ""): {"b.py"}})
    assert [(one.msgid, one.msgstr) for one in catalogue] == [("kept", "留"), ("new", "")]
