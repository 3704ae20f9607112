"""`python -m tests.stack.choosy`: manage.py of a server that is too busy for every third message it is asked for."""

from __future__ import annotations

import itertools

from manage import main
from messaging.errors import Busy
from messaging.live.load import Load

RETRY_S = 0.3
_asked = itertools.count(1)


def refuse_every_third(load: Load, waited_s: float = 0.0) -> None:
    if next(_asked) % 3 == 0:
        raise Busy(retry_after=RETRY_S)


if __name__ == "__main__":
    Load.take_send = refuse_every_third  # type: ignore[method-assign]
    main()
