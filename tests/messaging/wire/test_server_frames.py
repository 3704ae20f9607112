"""Frames are cut to 64 KiB or a single message, and a chain of pieces leads from `after` to `rev` without a gap."""

from __future__ import annotations

import json
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from messaging.errors import RateLimited
from messaging.limits import SERVER_FRAME_BYTES
from messaging.wire import server_frames
from messaging.wire.server_frames import Fragment, pieces


def fragment(seq: int, rev: int, size: int = 10) -> Fragment:
    return Fragment(seq, rev, json.dumps({"seq": seq, "rev": rev, "body": "x" * size}).encode())


def test_the_keys_come_in_the_documented_order() -> None:
    [frame] = pieces(3, 4, 6, 7, [fragment(2, 6), fragment(1, 5)], reset=True)
    decoded = json.loads(frame)
    assert list(decoded) == ["type", "room", "after", "rev", "meta", "reset", "messages"]
    assert [message["seq"] for message in decoded["messages"]] == [1, 2]


def test_a_change_without_messages_still_tells_the_rev() -> None:
    [frame] = pieces(3, 4, 6, 7, [])
    assert json.loads(frame) == {"type": "changes", "room": 3, "after": 4, "rev": 6, "meta": 7, "messages": []}


@given(st.lists(st.integers(1, 40_000), min_size=1, max_size=30), st.randoms())
def test_a_chain_is_gapless_bounded_and_complete(sizes: list[int], shuffled: object) -> None:
    fragments = [fragment(seq, seq + 10, size) for seq, size in enumerate(sizes, start=1)]
    shuffled.shuffle(fragments)  # type: ignore[attr-defined]
    end = 10 + len(sizes) + 5
    frames = pieces(1, 10, end, 0, fragments, reset=True)
    decoded = [json.loads(frame) for frame in frames]
    at = 10
    for number, (frame, piece) in enumerate(zip(frames, decoded, strict=True)):
        assert len(frame) <= SERVER_FRAME_BYTES or len(piece["messages"]) == 1
        assert piece["after"] == at
        assert piece.get("reset", False) == (number == 0)
        assert piece.get("more", False) == (number < len(frames) - 1)
        assert all(message["rev"] <= piece["rev"] for message in piece["messages"])
        at = piece["rev"]
    assert at == end
    assert sorted(message["seq"] for piece in decoded for message in piece["messages"]) == list(
        range(1, len(sizes) + 1)
    )


def test_a_message_larger_than_a_frame_travels_alone() -> None:
    frames = pieces(1, 0, 3, 0, [fragment(1, 1), fragment(2, 2, 70_000), fragment(3, 3)])
    assert [len(json.loads(frame)["messages"]) for frame in frames] == [1, 1, 1]


def test_answers_to_commands() -> None:
    client_id = uuid4()
    assert json.loads(server_frames.accepted(client_id)) == {"type": "accepted", "client_id": str(client_id)}
    rejected = json.loads(server_frames.rejected(client_id, RateLimited(retry_after=1.5), final=True))
    assert rejected["code"] == "rate_limited"
    assert rejected["retry_after"] == 1.5
    assert rejected["final"] is True
    assert "final" not in json.loads(server_frames.rejected(client_id, RateLimited()))
