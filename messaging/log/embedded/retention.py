"""Forgetting what a topic no longer keeps: always its oldest records, so that what stays has no hole."""

from __future__ import annotations

import sqlite3

TRIM_RECORDS = 10_000
"""Records forgotten in one go, per topic: some 20 ms in which no append is written."""

OLDEST = 'SELECT MIN("offset") FROM record WHERE topic = ?'
FIRST_KEPT = (
    'SELECT "offset" FROM record WHERE topic = ? AND "offset" < ? AND timestamp_ms >= ? ORDER BY "offset" LIMIT 1'
)


def forget_old(connection: sqlite3.Connection, now_ms: int) -> bool:
    """Apply each topic's `retention.ms` (none or -1: for ever). False when there is more to forget.

    By the first record that is young enough, not by each one's own time: clocks step back.
    """
    topics = connection.execute("SELECT name, retention_ms FROM topic WHERE retention_ms >= 0").fetchall()
    return all(_forget_some(connection, name, now_ms - keep_ms) for name, keep_ms in topics)


def _forget_some(connection: sqlite3.Connection, topic: str, oldest_ms: int) -> bool:
    oldest = connection.execute(OLDEST, (topic,)).fetchone()[0]
    if oldest is None:
        return True
    bound = oldest + TRIM_RECORDS
    kept = connection.execute(FIRST_KEPT, (topic, bound, oldest_ms)).fetchone()
    before = bound if kept is None else kept[0]
    return forget_before(connection, topic, before) < TRIM_RECORDS


def forget_before(connection: sqlite3.Connection, topic: str, offset: int) -> int:
    return connection.execute('DELETE FROM record WHERE topic = ? AND "offset" < ?', (topic, offset)).rowcount
