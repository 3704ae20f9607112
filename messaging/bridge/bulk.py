"""Writing many rows in a statement without building a query for each: Django's own bulk calls take longer than the
database does. The column names are ours, the values are always parameters."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from types import NoneType
from typing import Any

import msgspec
from django.db import connection
from msgspec.structs import astuple

from messaging.bridge.rows import MessageRow

FIRST_BYTES, STATEMENT_BYTES = 262_144, 1_048_576
"""The first statement of a batch is short, so that MariaDB has something to do early. Far below the least
`max_allowed_packet` that is in use (4 MiB)."""

BETWEEN = "\x1f"
"""The unit separator of ASCII. No escaping changes it."""

UPDATED_AT_ONCE = 200
"""A CASE is searched from its top for every row."""

_encode_json = msgspec.json.Encoder().encode


def begin_insert(messages: Sequence[MessageRow]) -> Callable[[], None]:
    """New rows, as their batch left them. MariaDB may still be at it when this returns: nothing else is asked of this
    connection until what is returned was called. Either raises IntegrityError and DataError, as Django does."""
    if not messages:
        return _nothing
    columns = dict(zip(MessageRow.__struct_fields__, zip(*map(astuple, messages), strict=True), strict=True))
    del columns["pk"]
    # What no row of the batch has is left to its default, NULL: writing it out costs the driver as much as a value.
    used: dict[str, Sequence[Any]] = {name: values for name, values in columns.items() if _types(values) != {NoneType}}
    for name in used.keys() & _STORED_AS.keys():
        used[name] = list(map(_STORED_AS[name], used[name]))
    return _begin_insert("messaging_message", used)


def _begin_insert(table: str, columns: Mapping[str, Sequence[Any]]) -> Callable[[], None]:
    start = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "  # noqa: S608 - our own names
    if connection.vendor != "mysql":
        with connection.cursor() as cursor:
            cursor.executemany(f"{start}({_marks(columns)})", list(zip(*columns.values(), strict=True)))
        return _nothing
    connection.ensure_connection()
    driver: Any = connection.connection
    wait = _nothing
    for rows in _packed(list(columns.values()), driver):  # each is put together while the one before is carried out
        wait()
        with connection.wrap_database_errors:
            driver.send_query(start.encode() + rows)
        wait = connection.wrap_database_errors(driver.read_query_result)
    return wait


def _nothing() -> None:
    """There is nothing to wait for."""


def _packed(columns: Sequence[Sequence[Any]], driver: Any) -> Iterator[bytes]:
    """Rows as the driver's `executemany` writes them, but in longer statements and without several calls
    for every value."""
    marks, literals = zip(*(_literals(values, driver) for values in columns), strict=True)
    pattern = b"(%b)" % b",".join(marks)
    packed: list[bytes] = []
    size, most = 0, min(FIRST_BYTES, STATEMENT_BYTES)
    for row in zip(*literals, strict=True):
        one = pattern % row
        if packed and size + len(one) > most:
            yield b",".join(packed)
            packed, size, most = [], 0, STATEMENT_BYTES
        packed.append(one)
        size += len(one)
    if packed:
        yield b",".join(packed)


def _literals(values: Sequence[Any], driver: Any) -> tuple[bytes, Sequence[Any]]:
    """The mark that stands for a column in a row's pattern, and what is put there."""
    types = _types(values)
    if types == {int}:
        return b"%d", values
    if types == {str}:
        return b"'%b'", _escaped(values, driver)
    if types == {bytes}:
        return b"x'%b'", [value.hex().encode() for value in values]
    return b"%b", list(map(driver.literal, values))


def _types(values: Sequence[Any]) -> set[type]:
    return set(map(type, values))


def _escaped(texts: Sequence[str], driver: Any) -> list[bytes]:
    """Escaping is the driver's, for this connection: of all texts in one go, cut again where they were joined."""
    escaped: list[bytes] = driver.escape_string(BETWEEN.join(texts).encode()).split(BETWEEN.encode())
    if len(escaped) == len(texts):
        return escaped
    return [driver.escape_string(text.encode()) for text in texts]  # one of them has the mark itself


def update_messages(messages: Sequence[MessageRow]) -> None:
    """What an edit, a deletion or moderation changes of stored rows."""
    rows = {
        one.pk: (
            one.rev,
            one.body,
            one.html,
            _in_json(one.mentions),
            _in_json_or_null(one.reactions),
            _in_json_or_null(one.previews),
            *map(in_column, (one.edited_at, one.deleted_at)),
            one.deleted_by,
            in_column(one.hidden_at),
        )
        for one in messages
    }
    columns = (
        "rev", "body", "html", "mentions", "reactions", "previews", "edited_at", "deleted_at", "deleted_by",
        "hidden_at",
    )  # fmt: skip
    set_columns("messaging_message", "id", rows, columns)


def _in_json(value: list[int]) -> str:
    return _encode_json(value).decode() if value else "[]"


def _in_json_or_null(value: dict[str, list[int]] | list[dict[str, str]] | None) -> str | None:
    return _encode_json(value).decode() if value else None


def in_column(at: datetime | None) -> Any:
    return None if at is None else _adapted(at)


@lru_cache(maxsize=4096)
def _adapted(at: datetime) -> Any:
    """Of a backlog, many messages have the same time."""
    return connection.ops.adapt_datetimefield_value(at)


_STORED_AS: dict[str, Callable[[Any], Any]] = {
    "client_id": attrgetter("bytes"),
    "mentions": _in_json,
    "reactions": _in_json_or_null,
    "previews": _in_json_or_null,
    **dict.fromkeys(("created_at", "edited_at", "deleted_at", "hidden_at"), in_column),
}
"""What the driver would not take as it is in a `MessageRow`."""


def set_columns(table: str, key: str, rows: Mapping[int, Sequence[Any]], columns: Sequence[str]) -> None:
    """`UPDATE table SET column = ...` for each row by its key; the values stand in the order of `columns`."""
    keys = list(rows)
    for first in range(0, len(keys), UPDATED_AT_ONCE):
        chunk = keys[first : first + UPDATED_AT_ONCE]
        whens = " ".join(["WHEN %s THEN %s"] * len(chunk))
        settings = ", ".join(f"{column} = CASE {key} {whens} END" for column in columns)
        values = [value for place in range(len(columns)) for one in chunk for value in (one, rows[one][place])]
        _execute(f"UPDATE {table} SET {settings} WHERE {key} IN ({_marks(chunk)})", [*values, *chunk])  # noqa: S608


def raise_column(table: str, key: str, rows: Mapping[int, int], column: str) -> None:
    """Like `set_columns` of one column, but it never goes down."""
    larger = "GREATEST" if connection.vendor == "mysql" else "MAX"
    keys = list(rows)
    for first in range(0, len(keys), UPDATED_AT_ONCE):
        chunk = keys[first : first + UPDATED_AT_ONCE]
        whens = " ".join(["WHEN %s THEN %s"] * len(chunk))
        values = [value for one in chunk for value in (one, rows[one])]
        _execute(
            f"UPDATE {table} SET {column} = {larger}({column}, CASE {key} {whens} END) "  # noqa: S608
            f"WHERE {key} IN ({_marks(chunk)})",
            [*values, *chunk],
        )


def marks_of(table: str, client_ids: Iterable[int]) -> Iterable[tuple[int, int, int]]:
    """(client_id, sender, fingerprint) of the rows of a table that has these columns."""
    wanted = ", ".join([f"x'{client_id:032x}'" for client_id in client_ids])  # hex digits: thousands, unescaped
    sql = f"SELECT client_id, sender_id, fingerprint FROM {table} WHERE client_id IN ({wanted})"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows = cursor.fetchall()
    return [(int.from_bytes(client_id), sender, mark) for client_id, sender, mark in rows]


def _execute(sql: str, values: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def _marks(values: Collection[Any]) -> str:
    return ", ".join(["%s"] * len(values))
