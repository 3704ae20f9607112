"""The harness itself: its checks find what they look for, and it stops nothing that is not a service of these tests."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.stack.client import ChatClient
from tests.stack.freeze import frozen, listener, service
from tests.stack.invariants import check
from tests.stack.processes import wait_for
from tests.stack.stack import Stack

NOBODY = 4_194_305  # above the kernel's greatest pid
IDS = [UUID(int=number) for number in range(1, 4)]


class Table(Stack):
    """A database that holds the given rows; there is no process behind it."""

    def __init__(self, rows: list[tuple[int, bytes, int, str]]) -> None:
        self.held = rows

    def rows(self, sql: str) -> Sequence[tuple[Any, ...]]:
        return self.held


def everything_well() -> tuple[Table, ChatClient]:
    """Three messages, accepted, stored and shown."""
    table = Table([(seq, one.bytes, seq, f"body {seq}") for seq, one in enumerate(IDS, 1)])
    client = ChatClient(table, "ada", session="none")
    client.sent = {str(one): f"body {seq}" for seq, one in enumerate(IDS, 1)}
    client.accepted = list(client.sent)
    client.messages = {
        seq: {"seq": seq, "rev": seq, "client_id": str(one), "body": f"body {seq}"} for seq, one in enumerate(IDS, 1)
    }
    return table, client


def lose_the_last(table: Table, client: ChatClient) -> None:
    del table.held[2], client.messages[3]


def store_one_twice(table: Table, client: ChatClient) -> None:
    table.held.append((4, IDS[0].bytes, 4, "body 1"))


def leave_a_hole(table: Table, client: ChatClient) -> None:
    del table.held[1], client.messages[2]
    client.accepted.remove(str(IDS[1]))


def show_the_text_before_the_edit(table: Table, client: ChatClient) -> None:
    table.held[1] = (2, IDS[1].bytes, 5, "edited")


def show_two_of_three(table: Table, client: ChatClient) -> None:
    del client.messages[2]


def excuse_a_loss_by_a_rejection_that_was_not_final(table: Table, client: ChatClient) -> None:
    lose_the_last(table, client)
    client.rejected[str(IDS[2])] = {"code": "busy"}


BREAKAGES = {
    lose_the_last: "accepted and lost",
    excuse_a_loss_by_a_rejection_that_was_not_final: "accepted and lost",
    store_one_twice: "stored twice",
    leave_a_hole: "holes or doubles",
    show_the_text_before_the_edit: "shows something else",
    show_two_of_three: "shows something else",
}


def test_the_checks_pass_where_all_is_well() -> None:
    check(*everything_well())


@pytest.mark.parametrize(("broken", "said"), BREAKAGES.items(), ids=lambda one: getattr(one, "__name__", None))
def test_the_checks_find(broken: Callable[[Table, ChatClient], None], said: str) -> None:
    table, client = everything_well()
    broken(table, client)
    with pytest.raises(AssertionError, match=said):
        check(table, client)


def test_a_loss_that_the_bridge_refused_for_good_is_none() -> None:
    table, client = everything_well()
    lose_the_last(table, client)
    client.rejected[str(IDS[2])] = {"code": "not_member", "final": True}
    check(table, client)


@pytest.mark.asyncio
async def test_a_rejection_after_accepted_is_a_fault_unless_final() -> None:
    _, client = everything_well()
    refusal = {"type": "rejected", "client_id": str(IDS[0]), "code": "not_member"}
    await client._take({**refusal, "final": True})
    assert client.faults == []
    await client._take(refusal)
    assert len(client.faults) == 1


def test_only_services_of_this_machine_are_stopped() -> None:
    with pytest.raises(AssertionError, match="not this machine"):
        service("mysql://somebody@db.example:3306/chat")
    with socket.create_server(("127.0.0.1", 0)) as ours, pytest.raises(AssertionError, match="not a service"):
        listener(ours.getsockname()[1])


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def test_what_was_frozen_runs_again_even_when_another_could_not_be(sleeper: subprocess.Popen[bytes]) -> None:
    with frozen(sleeper.pid):
        wait_for(lambda: state(sleeper.pid) == "T", 5, "stopped")
    wait_for(lambda: state(sleeper.pid) == "S", 5, "running")
    with pytest.raises(ProcessLookupError), frozen(sleeper.pid, NOBODY):
        pytest.fail("one of them is not there")
    wait_for(lambda: state(sleeper.pid) == "S", 5, "running")


def state(pid: int) -> str:
    """One letter of the kernel's: S sleeps, T is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.services
@pytest.mark.parametrize(
    ("variable", "name"),
    [("DATABASE_URL", "mariadbd"), ("REDIS_URL", "redis-server"), ("KAFKA_BOOTSTRAP_SERVERS", "java")],
)
def test_the_services_are_found_by_their_addresses(variable: str, name: str) -> None:
    assert Path(f"/proc/{service(os.environ[variable])}/comm").read_text().strip() == name
