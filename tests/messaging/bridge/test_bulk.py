"""Rows written many at a time are exactly what was meant: every type of value, and more than a statement holds."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import MySQLdb
import pytest

from messaging.bridge import bulk

ROWS = [
    (1, "plain", b"\x00\xff'\\", None),
    (-(2**63), 'it\'s 100 % \\ "quoted" \n; -- \u4f60\u597d \U0001f600', b"", "2026-01-01 00:00:00.000001"),
    (2**63 - 1, "%s %d {}", b"%b", "x"),
]


@pytest.mark.services
@pytest.mark.parametrize("statement_bytes", [1, 60, bulk.STATEMENT_BYTES])
def test_what_is_packed_comes_back(statement_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "STATEMENT_BYTES", statement_bytes)
    url = urlsplit(os.environ["DATABASE_URL"])
    connection = MySQLdb.connect(
        host=url.hostname, port=url.port, user=url.username, password=url.password or "", charset="utf8mb4",
        database=url.path.strip("/"),
    )  # fmt: skip
    cursor = connection.cursor()
    cursor.execute("CREATE TEMPORARY TABLE packed (n BIGINT, words TEXT, raw VARBINARY(20), maybe VARCHAR(30))")
    statements = list(bulk._packed(ROWS, connection.literal))
    for values in statements:
        cursor.execute(b"INSERT INTO packed VALUES " + values, None)
    cursor.execute("SELECT * FROM packed")
    assert list(cursor.fetchall()) == ROWS
    assert len(statements) == {1: 3, 60: 3}.get(statement_bytes, 1)
    connection.close()
