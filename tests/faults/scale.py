"""How large a fault test is: short in CI, whole in `make soak`."""

from __future__ import annotations

import os
from typing import TypeVar

import pytest

SOAK = os.environ.get("SOAK") == "1"

T = TypeVar("T")

only_in_soak = pytest.mark.skipif(not SOAK, reason="takes minutes: make soak")


def short_or_whole(short: T, whole: T) -> T:
    return whole if SOAK else short
