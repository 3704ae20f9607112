"""What a person may write: trimmed, with LF line ends, 1 to 4,000 code points, no control characters but LF and TAB."""

import re

from django.utils.translation import gettext as _

from messaging import limits
from messaging.errors import Empty, Invalid, TooLong

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Unicode's category Cc, but for TAB and LF."""


def clean_body(raw: str) -> str:
    """Return the body as it is stored. Raises Empty, TooLong or Invalid."""
    body = raw.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not body:
        raise Empty
    if len(body) > limits.BODY_CHARACTERS:
        raise TooLong
    if _CONTROL.search(body):
        raise Invalid(_("A message cannot contain control characters."))
    return body
