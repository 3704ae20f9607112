"""Which of our languages somebody reads: the one of their profile, else what their browser asks for."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header


def language_of(chosen: str, accept_language: str) -> str:
    """`chosen` may be blank or not offered (any more); `accept_language` is the browser's header, unchecked."""
    for wanted in (chosen, *(tag for tag, _weight in parse_accept_lang_header(accept_language))):
        try:
            return get_supported_language_variant(wanted)
        except (LookupError, ValueError):
            continue
    return settings.LANGUAGE_CODE
