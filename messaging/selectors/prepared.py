"""Queries that Django writes once. What many people ask at the same time, after a cut, costs its SQL again and again
otherwise: thirty times as much as the rows it brings, and all of it on the interpreter's one lock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

Place = Callable[[str, type], Any]
"""(name, int or datetime) -> what stands in the query for the value of this name."""

SOME_NUMBER, SOME_TIME = 2**62, datetime(9990, 1, 1, tzinfo=UTC)
"""The first of those that stand in: no id, number or time that a query of ours names itself."""


class Prepared:
    """The SQL of one `values(...)` queryset, with places in it for what differs from time to time.

    `write` makes the queryset, with `place(name, kind)` wherever a value goes that is known only when the query is run.
    Raises LookupError for a place that the query does not have.
    """

    def __init__(self, write: Callable[[Place], QuerySet[Any, dict[str, Any]]]) -> None:
        places: dict[object, str] = {}

        def place(name: str, kind: type) -> Any:
            another = len(places)
            stand_in = SOME_TIME + timedelta(seconds=another) if kind is datetime else SOME_NUMBER + another
            places[_adapted(stand_in)] = name
            return stand_in

        query = write(place).query
        compiler = query.get_compiler(connection=connection)
        self._sql, parameters = compiler.as_sql()
        self._parameters = [(places.get(one), one) for one in parameters]
        if missing := set(places.values()) - {name for name, _ in self._parameters}:
            raise LookupError(f"not in the query: {missing}")
        self._names = list(query.selected or ())
        self._converters = compiler.get_converters([column for column, _, _ in compiler.select])

    def rows(self, **values: int | datetime) -> list[dict[str, Any]]:
        """Raises KeyError when a place has no value."""
        parameters = [_adapted(values[name]) if name else one for name, one in self._parameters]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, parameters)
            rows = [list(row) for row in cursor.fetchall()]
        for position, (converters, expression) in self._converters.items():
            for row in rows:
                for convert in converters:
                    row[position] = convert(row[position], expression, connection)
        return [dict(zip(self._names, row, strict=True)) for row in rows]


def _adapted(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
