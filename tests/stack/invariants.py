"""What has to hold after every fault."""

from __future__ import annotations

from uuid import UUID

from tests.stack.client import ChatClient
from tests.stack.stack import Stack


def stored(stack: Stack, room: int = 1) -> list[tuple[int, str, str]]:
    """(seq, client_id, body) of a room, in seq order."""
    return [(seq, client_id, body) for seq, client_id, _, body in _rows(stack, room)]


def check(stack: Stack, *clients: ChatClient, room: int = 1) -> None:
    """Nothing accepted is lost, nothing is doubled, `seq` has no gap, and every screen shows what is stored."""
    rows = _rows(stack, room)
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1)), "holes or doubles in seq"
    ids = [row[1] for row in rows]
    assert len(set(ids)) == len(ids), "stored twice"
    for client in clients:
        # Only the bridge's own refusal, which is final, undoes what was accepted.
        refused = {client_id for client_id, frame in client.rejected.items() if frame.get("final")}
        lost = (set(client.accepted) & client.sent.keys()) - set(ids) - refused
        assert lost == set(), f"{client.name}: accepted and lost"
        assert client.faults == [], client.name
        first = min(client.messages, default=1)
        assert _shown(client) == [row for row in rows if row[0] >= first], f"{client.name} shows something else"


def _rows(stack: Stack, room: int) -> list[tuple[int, str, int, str]]:
    """(seq, client_id, rev, body) as the database has them; a deleted message has no body for anybody."""
    rows = stack.rows(
        "SELECT seq, client_id, rev, CASE WHEN deleted_at IS NULL THEN body ELSE '' END"
        f" FROM messaging_message WHERE room_id = {room} ORDER BY seq"
    )
    return [(seq, str(UUID(bytes=bytes(client_id))), rev, body) for seq, client_id, rev, body in rows]


def _shown(client: ChatClient) -> list[tuple[int, str, int, str]]:
    """(seq, client_id, rev, body) as a screen has them."""
    held = [client.messages[seq] for seq in sorted(client.messages)]
    return [(one["seq"], one["client_id"], one["rev"], one["body"]) for one in held]
