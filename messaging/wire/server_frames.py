"""Server frames: typed values -> the bytes of one JSON text frame. Shapes: docs/protocol.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from messaging import limits
from messaging.errors import FrameError, Rejection

_encode = msgspec.json.Encoder().encode


def frame(kind: str, **fields: Any) -> bytes:
    """Encode one frame; fields that are None are left out."""
    return _encode({"type": kind, **{name: value for name, value in fields.items() if value is not None}})


PONG = frame("pong")


def accepted(client_id: UUID) -> bytes:
    return b'{"type":"accepted","client_id":"%s"}' % str(client_id).encode()


def rejected(client_id: UUID, why: Rejection, *, final: bool = False) -> bytes:
    return frame(
        "rejected",
        client_id=client_id,
        code=why.code,
        message=why.message,
        retry_after=why.retry_after,
        until=why.until,
        final=final or None,
    )


def error(why: FrameError) -> bytes:
    return frame("error", code=why.code, message=why.message)


def badges(rooms: Mapping[int, Mapping[str, int]]) -> bytes:
    return frame("badges", rooms={str(room): badge for room, badge in rooms.items()})


def changes(
    room: int, after: int, rev: int, meta: int, messages: Iterable[bytes], *, reset: bool = False, more: bool = False
) -> bytes:
    """A `changes` frame from ready JSON fragments, in the documented order of keys. `messages` are in seq order."""
    return b'{"type":"changes","room":%d,"after":%d,"rev":%d,"meta":%d,%s%s"messages":[%s]}' % (
        room,
        after,
        rev,
        meta,
        b'"reset":true,' if reset else b"",
        b'"more":true,' if more else b"",
        b",".join(messages),
    )


class Fragment(msgspec.Struct, frozen=True):
    """One message as it stands in frames: `json` is its object, ready to be joined."""

    seq: int
    rev: int
    json: bytes


def pieces(
    room: int, after: int, rev: int, meta: int, fragments: Iterable[Fragment], *, reset: bool = False
) -> list[bytes]:
    """Cut the change from `after` to `rev` into frames of at most 64 KiB (or a single message).

    The chain runs in `rev` order, so that a client which loses the end of it still holds a true state and
    syncs from the last piece it has. Always at least one frame: an empty one tells `rev` (or `reset`).
    """
    groups: list[list[Fragment]] = [[]]
    size = 0
    for fragment in sorted(fragments, key=lambda fragment: fragment.rev):
        if groups[-1] and size + len(fragment.json) > limits.SERVER_FRAME_BYTES - _ENVELOPE_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(fragment)
        size += len(fragment.json) + 1
    frames = []
    for index, group in enumerate(groups):
        last = index == len(groups) - 1
        end = rev if last else min(rev, group[-1].rev)
        ordered = [fragment.json for fragment in sorted(group, key=lambda fragment: fragment.seq)]
        frames.append(changes(room, after, end, meta, ordered, reset=reset and index == 0, more=not last))
        after = end
    return frames


_ENVELOPE_BYTES = 256
"""Room for the keys and numbers around the messages of a `changes` frame."""
