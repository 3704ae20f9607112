"""Records come back as they went out, old ones decode for ever, and the generated module fits the schema."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from messaging.wire.commands import (
    AddMember,
    Command,
    DeleteMessage,
    EditMessage,
    JoinRoom,
    LeaveRoom,
    SendMessage,
    fingerprint,
)
from messaging.wire.records import UndecodableRecord, decode_command, encode_command, record_key

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = Path(__file__).parent / "golden"
ID = UUID("018bcfe5-6800-7000-8000-000000000001")

COMMANDS: dict[str, Command] = {
    "send": SendMessage(client_id=ID, room=7, sender=3, body="Hi 陈", html="<p>Hi 陈</p>", reply_to=4),
    "send_plain": SendMessage(client_id=ID, room=7, sender=3, body="Hi", html="<p>Hi</p>"),
    "edit": EditMessage(client_id=ID, room=7, sender=3, seq=5, rev_seen=9, body="Ho", html="<p>Ho</p>"),
    "delete": DeleteMessage(client_id=ID, room=7, sender=3, seq=5),
    "join": JoinRoom(client_id=ID, room=7, sender=3),
    "leave": LeaveRoom(client_id=ID, room=7, sender=3),
    "add": AddMember(client_id=ID, room=7, sender=3, user=9),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_survives_the_log(name: str) -> None:
    assert decode_command(encode_command(COMMANDS[name]), record_key(7)) == COMMANDS[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_records_written_by_the_first_version_decode_for_ever(name: str) -> None:
    """The files were written when the schema was new; a change of the schema has to leave them readable."""
    assert decode_command((GOLDEN / f"{name}.bin").read_bytes(), b"7") == COMMANDS[name]


@pytest.mark.parametrize(
    ("value", "key", "reason"),
    [
        (b"\xff\xff\xff", b"7", "not a chatsite.v1.Command"),
        (b"", b"7", "missing"),
        (encode_command(COMMANDS["send"]), b"8", "the key is not the room's id"),
        (encode_command(COMMANDS["send"]), None, "the key is not the room's id"),
        (b"\x0a\x10" + ID.bytes + b"\x10\x07\x18\x03", b"7", "an action that this version does not know"),
    ],
)
def test_what_cannot_be_decoded_says_why(value: bytes, key: bytes | None, reason: str) -> None:
    with pytest.raises(UndecodableRecord, match=reason):
        decode_command(value, key)


def test_the_generated_module_is_current(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "grpc_tools.protoc", "-I.", f"--python_out={tmp_path}", f"--pyi_out={tmp_path}"]
    subprocess.run([*command, "messaging/wire/records.proto"], cwd=ROOT, check=True)
    for name in ("records_pb2.py", "records_pb2.pyi"):
        assert (tmp_path / "messaging/wire" / name).read_text() == (ROOT / "messaging/wire" / name).read_text()


def test_a_fingerprint_tells_content_and_ignores_how_it_is_rendered() -> None:
    send = COMMANDS["send"]
    same = SendMessage(client_id=ID, room=7, sender=3, body="Hi 陈", html="<p>other</p>", reply_to=4)
    assert fingerprint(send) == fingerprint(same)
    assert len({fingerprint(command) for command in COMMANDS.values()}) == len(COMMANDS)
    assert -(2**63) <= fingerprint(send) < 2**63
