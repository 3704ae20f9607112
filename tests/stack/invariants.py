"""What has to hold after every fault."""

from __future__ import annotations

from uuid import UUID

from tests.stack.client import ChatClient
from tests.stack.stack import Stack


def stored(stack: Stack, room: int = 1) -> list[tuple[int, str, str]]:
    """(seq, client_id, body) of a room, in seq order."""
    rows = stack.rows(f"SELECT seq, client_id, body FROM messaging_message WHERE room_id = {room} ORDER BY seq")
    return [(seq, str(UUID(bytes=bytes(client_id))), body) for seq, client_id, body in rows]


def check(stack: Stack, *clients: ChatClient, room: int = 1) -> None:
    """Nothing accepted is lost, nothing is doubled, `seq` has no gap, and every screen shows what is stored."""
    rows = stored(stack, room)
    assert [seq for seq, _, _ in rows] == list(range(1, len(rows) + 1)), "holes or doubles in seq"
    ids = [client_id for _, client_id, _ in rows]
    assert len(set(ids)) == len(ids), "stored twice"
    for client in clients:
        lost = (set(client.accepted) & client.sent.keys()) - set(ids) - client.rejected.keys()
        assert lost == set(), f"{client.name}: accepted and lost"
        assert client.faults == [], client.name
        shown = [(seq, client.messages[seq]["client_id"]) for seq in sorted(client.messages)]
        first = shown[0][0] if shown else 1
        assert shown == [(seq, client_id) for seq, client_id, _ in rows if seq >= first], (
            f"{client.name} shows other rows"
        )
