"""python3 -m deploy.languages: bring every catalogue under locale/ up to date with the sources, and compile it.

What is new comes in without a translation, what has gone leaves. Pure Python: GNU gettext is not needed.
"""

from __future__ import annotations

import polib

from deploy.languages.sources import LOCALE, Words, words_in_use


def update(catalogue: polib.POFile, words: Words) -> None:
    """Entries in the order of their text, so that a diff shows what changed and nothing else."""
    known = {(entry.msgid, entry.msgid_plural): entry for entry in catalogue}
    catalogue[:] = []
    for (text, plural), places in sorted(words.items()):
        entry = known.get((text, plural)) or _new_entry(text, plural)
        entry.occurrences = [(place, "") for place in sorted(places)]
        catalogue.append(entry)


def _new_entry(text: str, plural: str) -> polib.POEntry:
    if plural:
        return polib.POEntry(msgid=text, msgid_plural=plural, msgstr_plural={0: ""})
    return polib.POEntry(msgid=text)


def main() -> None:
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        catalogue = polib.pofile(str(path), wrapwidth=120)
        update(catalogue, words_in_use())
        catalogue.save()
        catalogue.save_as_mofile(str(path.with_suffix(".mo")))
        print(
            f"{path.parent.parent.name}: {len(catalogue)} texts, {len(catalogue.untranslated_entries())} to translate"
        )


if __name__ == "__main__":
    main()
