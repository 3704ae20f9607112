"""Queries that Django writes once. What many people ask at the same time, after a cut, costs its SQL again and again
otherwise: thirty times as much as the rows it brings, and all of it on the interpreter's one lock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

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
        return [dict(zip(self._names, row, strict=True)) for row in self.tuples(**values)]

    def tuples(self, **values: int | datetime) -> list[list[Any]]:
        """The same without the names."""
        parameters = [_adapted(values[name]) if name else one for name, one in self._parameters]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, parameters)
            rows = [list(row) for row in cursor.fetchall()]
        for position, (converters, expression) in self._converters.items():
            for row in rows:
                for convert in converters:
                    row[position] = convert(row[position], expression, connection)
        return rows


class PreparedSets:
    """The same for sets of numbers, of any size: each is filled up to a power of two by what is in it already, so that
    few queries serve all. `write` is given a queryset's sets in the order of `tuples`."""

    def __init__(self, write: Callable[..., QuerySet[Any, dict[str, Any]]]) -> None:
        self._write = write
        self._prepared: dict[tuple[int, ...], Prepared] = {}

    def tuples(self, *sets: Collection[int], **values: int | datetime) -> list[list[Any]]:
        """Without a query when a set is empty: everything that is asked has to be in all of them."""
        if not all(sets):
            return []
        sizes = tuple(1 << (len(one) - 1).bit_length() for one in sets)
        if sizes not in self._prepared:
            self._prepared[sizes] = Prepared(lambda place: self._write(place, *_places(place, sizes)))
        for number, (one, size) in enumerate(zip(sets, sizes, strict=True)):
            ordered = sorted(one)
            ordered += ordered[-1:] * (size - len(ordered))
            values |= {f"{number}.{at}": value for at, value in enumerate(ordered)}
        return self._prepared[sizes].tuples(**values)


def _places(place: Place, sizes: tuple[int, ...]) -> list[list[int]]:
    return [[place(f"{number}.{at}", int) for at in range(size)] for number, size in enumerate(sizes)]


def columns_of(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


M = TypeVar("M", bound=Model)


def as_models(model: type[M], tuples: Iterable[list[Any]]) -> list[M]:
    """Rows of `values(*columns_of(model))`."""
    names = columns_of(model)
    return [model.from_db(connection.alias, names, row) for row in tuples]


def _adapted(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
