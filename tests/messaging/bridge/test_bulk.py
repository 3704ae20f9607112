"""Rows written many at a time are exactly what was meant: every type of value, and more than a statement holds."""

from __future__ import annotations

import os
from urllib.parse import urlsplit
from uuid import uuid4

import MySQLdb
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from messaging.bridge import bulk
from messaging.bridge.rows import MessageRow
from messaging.models import Message, Room

ROWS = [
    (1, "plain", b"\x00\xff'\\", None),
    (-(2**63), 'it\'s 100 % \\ "quoted" \n; -- \u4f60\u597d \U0001f600', b"", "2026-01-01 00:00:00.000001"),
    (2**63 - 1, "%s %d {}", b"%b", ""),
]
WITH_THE_MARK = (4, f"what joins texts {bulk.BETWEEN} stands in one", b"", bulk.BETWEEN)


@pytest.mark.services
@pytest.mark.parametrize("rows", [ROWS, [*ROWS, WITH_THE_MARK]], ids=["texts", "with the mark"])
@pytest.mark.parametrize("statement_bytes", [1, 60, bulk.STATEMENT_BYTES])
def test_what_is_packed_comes_back(
    rows: list[tuple[object, ...]], statement_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "STATEMENT_BYTES", statement_bytes)
    url = urlsplit(os.environ["DATABASE_URL"])
    connection = MySQLdb.connect(
        host=url.hostname, port=url.port, user=url.username, password=url.password or "", charset="utf8mb4",
        database=url.path.strip("/"),
    )  # fmt: skip
    cursor = connection.cursor()
    cursor.execute("CREATE TEMPORARY TABLE packed (n BIGINT, words TEXT, raw VARBINARY(20), maybe VARCHAR(30))")
    statements = list(bulk._packed(list(zip(*rows, strict=True)), connection))
    for values in statements:
        cursor.execute(b"INSERT INTO packed VALUES " + values, None)
    cursor.execute("SELECT * FROM packed")
    assert list(cursor.fetchall()) == rows
    assert len(statements) == (len(rows) if statement_bytes <= 60 else 1)
    connection.close()


@pytest.mark.parametrize("seqs", [(1, 1, 2, 3), (1, 2, 3, 3)], ids=["in the middle", "the last"])
def test_an_insert_that_fails_leaves_the_connection_in_order(
    seqs: tuple[int, ...], room: Room, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        bulk, "STATEMENT_BYTES", 1
    )  # a statement for every row, each put together beside the one before
    rows = [
        MessageRow(room.pk, seq, seq, uuid4(), people["ada"].pk, 1, "", "", None, [], timezone.now()) for seq in seqs
    ]
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.begin_insert(rows)()
    assert not Message.objects.exists()
    bulk.begin_insert(rows[2:3])()
    assert Message.objects.get().seq == seqs[2]
