"""A process beside the one that measures, so that what it does is not counted; it ends with its block."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from typing import Any, Self

END_S = 10.0


class Beside:
    """Runs `target(*arguments, pipe)`, which ends when its end of the pipe is closed."""

    def __init__(self, target: Callable[..., None], *arguments: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=target, args=(*arguments, there), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._here.close()
        self._process.join(END_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
