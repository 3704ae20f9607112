"""Database work of sockets: off the event loop, on a bounded pool.

Channels' `database_sync_to_async` is one thread per process: five calls of 0.2 s took 1 s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
R = TypeVar("R")

DATABASE_THREADS = 8

_pool = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="database")


async def in_database(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a function that uses the ORM on the pool; stale connections are closed around it."""
    return await asyncio.get_running_loop().run_in_executor(_pool, _call, partial(function, *args, **kwargs))


def _call(function: Callable[[], R]) -> R:
    close_old_connections()
    try:
        return function()
    finally:
        close_old_connections()
