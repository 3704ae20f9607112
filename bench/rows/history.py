"""A page of 50 from a large table, at any depth: time in the database, beside a scan of the primary key."""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from bench.filling import fill
from bench.row import Limit, Row, percentile
from bench.stacks import services_stack

NAME = "history"
ROUNDS = 3
PAGE = 50
PEOPLE = 1000
"""On the site. The optimiser plans by their number as well: a site with next to none is looked at apart."""
DEPTHS = (0.0, 0.1, 0.5, 0.9, 0.999)
"""How far back, of the whole room."""


def measure(quick: bool) -> Row:
    rows, asks = (300_000, 20) if quick else (10_000_000, 100)
    with services_stack() as stack:
        fill(stack, 1, rows, first=1_001)
        with stack.connection() as connection:
            connection.cursor().execute("ANALYZE TABLE messaging_message")
        with _django_on(stack.environment):
            few = statistics.median(_pages(rows, 0.5, 1)[0] for _ in range(ROUNDS))
            stack.people(PEOPLE, 1)
            with stack.connection() as connection:
                connection.cursor().execute("ANALYZE TABLE accounts_user")
            deepest, reference, p99 = _measure(rows, asks)
    return Row(
        NAME, "a page of 50 messages at the depth where it takes longest, in the database", "ms", deepest,
        reference, "51 whole rows by a range of the primary key",
        figures={"p99 over all depths": p99, "half way back, on a site of four people": few},
        must=(Limit("value", "<=", 10),), aim=(Limit("value", "<=", 3),),
        conditions={"rows": rows, "people": PEOPLE, "depths": list(DEPTHS), "pages at each": asks, "rounds": ROUNDS},
    )  # fmt: skip


@contextmanager
def _django_on(environment: dict[str, str]) -> Iterator[None]:
    """Our own models on the stack's database."""
    import django

    os.environ.update(environment)
    django.setup()
    from django.db import connection

    try:
        yield
    finally:
        connection.close()


def _measure(rows: int, asks: int) -> tuple[float, float, float]:
    """(the median of the slowest depth, of the primary key's range, p99 of all pages) in milliseconds."""
    first_id, last_id = _ids()
    slowest, keys, all_pages = [], [], []
    for _ in range(ROUNDS):
        medians = []
        for depth in DEPTHS:
            spent = _pages(rows, depth, asks)
            medians.append(statistics.median(spent))
            all_pages += spent
        slowest.append(max(medians))
        starts = [random.randrange(first_id, last_id - PAGE) for _ in range(asks)]
        keys.append(statistics.median(_time_in_database(partial(_by_key, at)) for at in starts))
    return statistics.median(slowest), statistics.median(keys), percentile(all_pages, 0.99)


def _pages(rows: int, depth: float, asks: int) -> list[float]:
    from messaging.selectors.history import page_before

    middle = 1_001 + int(rows * (1 - depth))
    places = [max(1_100, middle - random.randrange(rows // 1000)) for _ in range(asks)]
    return [_time_in_database(partial(page_before, 1, place, PAGE)) for place in places]


def _by_key(at: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM messaging_message WHERE id >= %s ORDER BY id LIMIT %s", [at, PAGE + 1])
        assert len(cursor.fetchall()) == PAGE + 1


def _ids() -> tuple[int, int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT MIN(id), MAX(id) FROM messaging_message WHERE seq > 1000")
        found: tuple[int, int] = cursor.fetchone()
        return found


def _time_in_database(ask: Callable[[], object]) -> float:
    """Milliseconds that its statements took, together."""
    from django.db import connection

    spent = 0.0

    def timed(execute: Any, *arguments: Any) -> Any:
        nonlocal spent
        started = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            spent += time.perf_counter() - started

    with connection.execute_wrapper(timed):
        ask()
    return spent * 1000
