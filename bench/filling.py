"""Rows in `messaging_message`, many of them fast."""

from __future__ import annotations

from typing import Any

BODY = "A message of about a hundred and fifty characters, as people write them when they have something to say. " * 2
BODY = BODY[:150]
HTML = f"<p>{BODY}</p>\n"
AT_ONCE = 250_000

FILL = """
INSERT INTO messaging_message
 (room_id, seq, rev, client_id, sender_id, fingerprint, body, html, mentions, created_at)
SELECT {room}, seq, seq,
 UNHEX(CONCAT(LPAD(HEX(1600000000000 + {room} * 1000000000 + seq), 12, '0'), '7', LPAD(HEX(seq), 19, '0'))), 1, seq,
 '{body}', '{html}', '[]', UTC_TIMESTAMP(6) - INTERVAL {age_days} DAY
FROM seq_{first}_to_{last}
"""


def fill(stack: Any, room: int, rows: int, *, first: int = 1, age_days: int = 0) -> None:
    """Messages of one room, from seq `first` on; a million takes about 20 s."""
    with stack.connection() as connection:
        cursor = connection.cursor()
        cursor.execute("SET unique_checks = 0")
        for start in range(first, first + rows, AT_ONCE):
            last = min(start + AT_ONCE, first + rows) - 1
            cursor.execute(FILL.format(room=room, first=start, last=last, body=BODY, html=HTML, age_days=age_days))
