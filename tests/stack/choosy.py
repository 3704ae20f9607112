"""`python -m tests.stack.choosy`: manage.py of a server that is too busy for every third message it is asked for."""

from __future__ import annotations

import itertools
import os
import sys

from django.core.management import execute_from_command_line

from messaging.errors import Busy
from messaging.live.load import Load

RETRY_S = 0.3
_asked = itertools.count(1)


def refuse_every_third(load: Load, waited_s: float = 0.0) -> None:
    if next(_asked) % 3 == 0:
        raise Busy(retry_after=RETRY_S)


if __name__ == "__main__":
    Load.take_send = refuse_every_third  # type: ignore[method-assign]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    execute_from_command_line(sys.argv)
