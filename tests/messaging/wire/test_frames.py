"""Whatever a client sends becomes one typed frame or one documented error, never anything else."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.errors import REJECTIONS, BadJson, FrameError, Invalid, InvalidFrame, Rejection, UnknownType
from messaging.wire import frames
from messaging.wire.frames import CLIENT_FRAMES, parse_frame

ID = "018bcfe5-6800-7000-8000-000000000001"


def text(**fields: Any) -> str:
    return json.dumps(fields)


@pytest.mark.parametrize(
    ("sent", "frame"),
    [
        (text(type="hello"), frames.Hello()),
        (text(type="hello", rooms={"1": 5}, watch={"1": 5}, epoch="e"), frames.Hello("e", {1: 5}, {1: 5})),
        (text(type="send", client_id=ID, room=1, body="x"), frames.Send(UUID(ID), 1, body="x")),
        (
            text(type="edit", client_id=ID, room=1, seq=2, rev=3, body="x"),
            frames.Edit(UUID(ID), 1, seq=2, rev=3, body="x"),
        ),
        (text(type="delete", client_id=ID, room=1, seq=2), frames.Delete(UUID(ID), 1, seq=2)),
        (text(type="read", room=1, seq=0), frames.Read(1, 0)),
        (text(type="typing", room=1), frames.Typing(1)),
        (text(type="watch", rooms={"7": 0}), frames.Watch({7: 0})),
        (text(type="sync", room=1, after=0), frames.Sync(1, 0)),
        (text(type="ping", unknown="is ignored"), frames.Ping()),
    ],
)
def test_every_frame_is_understood(sent: str, frame: frames.ClientFrame) -> None:
    assert parse_frame(sent) == frame


@pytest.mark.parametrize("sent", ["", "{", "nonsense", '{"type":"ping"', "[" * 60_000, '{"a":"\\ud800"}'])
def test_what_is_not_json_is_told_so(sent: str) -> None:
    with pytest.raises(BadJson):
        parse_frame(sent)


@pytest.mark.parametrize("sent", ["[]", "1", "null", '"ping"'])
def test_what_is_not_an_object_is_invalid(sent: str) -> None:
    with pytest.raises(InvalidFrame):
        parse_frame(sent)


@pytest.mark.parametrize("sent", ["{}", text(type="zzz"), text(type=5), text(type=["ping"]), text(type="__class__")])
def test_an_unknown_type_is_told_so(sent: str) -> None:
    with pytest.raises(UnknownType):
        parse_frame(sent)


@pytest.mark.parametrize(
    "wrong",
    [{}, {"room": "1"}, {"room": 0}, {"room": -1}, {"room": 2**53}, {"room": True}, {"room": 1.5}, {"body": 5}, {"body": None}],
)  # fmt: skip
def test_a_wrong_command_with_a_client_id_is_rejected_under_it(wrong: dict[str, Any]) -> None:
    fields = {"type": "send", "client_id": ID, "room": 1, "body": "x"}
    fields = {**fields, **wrong} if wrong else {"type": "send", "client_id": ID}
    with pytest.raises(Invalid) as caught:
        parse_frame(json.dumps(fields))
    assert caught.value.client_id == UUID(ID)


@pytest.mark.parametrize("client_id", [None, 5, "", "not-a-uuid", ID + "0"])
def test_without_a_usable_client_id_it_is_an_error(client_id: Any) -> None:
    with pytest.raises(InvalidFrame):
        parse_frame(text(type="send", client_id=client_id, room=1, body="x"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
fields = st.sampled_from(["client_id", "room", "body", "seq", "rev", "rooms", "watch", "after", "unfinished"])


@given(st.sampled_from([*CLIENT_FRAMES, "zzz"]), st.dictionaries(fields, json_values | st.just(ID)))
def test_nothing_but_the_documented_errors_ever_comes_out(kind: str, rest: dict[str, Any]) -> None:
    try:
        frame = parse_frame(json.dumps({"type": kind, **rest}))
    except (FrameError, Rejection) as error:
        assert error.code in {"bad_json", "unknown_type", "invalid"}
    else:
        assert isinstance(frame, CLIENT_FRAMES[kind])


@given(st.binary())
def test_arbitrary_bytes_do_no_harm(raw: bytes) -> None:
    with pytest.raises(FrameError):
        parse_frame(raw + b"\x00")


def test_every_rejection_has_a_code_and_a_message_of_its_own() -> None:
    documented = {
        "not_member", "muted", "banned", "archived", "rate_limited", "slow_mode", "too_long", "empty", "filtered",
        "not_found", "forbidden", "edit_window", "busy", "handled", "held", "invalid", "read_only",
        "last_owner",
    }  # fmt: skip
    assert REJECTIONS.keys() == documented
    messages = [rejection().message for rejection in REJECTIONS.values()]
    assert len(set(messages)) == len(messages)
    assert all(message.endswith(".") for message in messages)


def test_a_client_id_is_any_uuid() -> None:
    made = uuid4()
    assert parse_frame(text(type="send", client_id=str(made), room=1, body="x")) == frames.Send(made, 1, body="x")
