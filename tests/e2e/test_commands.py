"""Commands an operator types: they say in one sentence what is wrong, and end when they are told to."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import httpx
import pytest

from deploy.services.processes import free_port
from messaging.wire.close_codes import CloseCode
from tests.stack.client import ChatClient
from tests.stack.processes import ManagePy, wait_for
from tests.stack.stack import EmbeddedStack, ServicesStack


def run_to_the_end(stack: EmbeddedStack | ServicesStack, name: str, *arguments: str) -> tuple[int, str]:
    process: ManagePy = stack.start(name, list(arguments))
    code = process.process.wait(30)
    return code, process.printed()


def test_a_second_embedded_server_is_refused_in_one_sentence(embedded_stack: EmbeddedStack) -> None:
    code, printed = run_to_the_end(embedded_stack, "second", "serve", "--port", str(free_port()))
    assert code == 1
    assert f"in use by process {embedded_stack.web.process.pid}" in printed
    assert printed.count("\n") == 1


def test_a_port_that_is_taken_is_named(embedded_stack: EmbeddedStack, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = EmbeddedStack(tmp_path_factory.mktemp("other"))
    code, printed = run_to_the_end(other, "web", "serve", "--port", str(embedded_stack.port))
    other.end()
    assert code == 1
    assert "Couldn't listen" in printed
    assert "Traceback" not in printed


def test_the_port_that_is_named_is_an_origin(embedded_stack: EmbeddedStack) -> None:
    """PORT says another one, as it does where `--port` is all that was given."""
    embedded_stack.web.end()
    embedded_stack.environment |= {"PORT": str(free_port()), "ALLOWED_ORIGINS": ""}
    embedded_stack.start_web()

    async def talk() -> None:
        async with ChatClient(embedded_stack, "ada") as ada:
            await ada.say("over the port that was named")
            await ada.until(lambda: ada.shows("over the port that was named"), "the message")

    asyncio.run(talk())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_ends_soon_and_cleanly(embedded_stack: EmbeddedStack, number: signal.Signals) -> None:
    embedded_stack.web.signal(number)
    assert embedded_stack.web.process.wait(15) == 0
    assert embedded_stack.tracebacks() == []


def test_uvicorn_asks_everybody_to_come_back(embedded_stack: EmbeddedStack) -> None:
    async def talk() -> None:
        async with ChatClient(embedded_stack, "ada") as ada, ChatClient(embedded_stack, "bo") as bo:
            await ada.say("before it ends")
            await bo.until(lambda: bo.shows("before it ends"), "bo sees it")
            uvicorn.signal(signal.SIGTERM)
            for client in (ada, bo):
                await client.until(lambda client=client: client.close_code, "the socket is closed")
                assert client.close_code == CloseCode.RESTARTING

    embedded_stack.web.end()
    uvicorn = embedded_stack.start_uvicorn()
    asyncio.run(talk())
    uvicorn.process.wait(15)
    assert embedded_stack.tracebacks() == []


def test_metrics_have_a_port_of_their_own(embedded_stack: EmbeddedStack) -> None:
    text = httpx.get(f"http://127.0.0.1:{embedded_stack.metrics_port}/metrics").text
    for name in (
        "chat_sockets",
        "chat_loop_lag_seconds",
        "chat_applied_total",
        "django_http_requests",
    ):
        assert name in text
    assert httpx.get(f"{embedded_stack.url}/metrics").status_code == 404
    wait_for(lambda: embedded_stack.metric("chat_log_pending_records") == 0, 10, "what the start wrote is on the disk")


def test_nonsense_is_answered_with_the_usage(embedded_stack: EmbeddedStack) -> None:
    for arguments in (["serve", "--port", "many"], ["serve", "--start-at", "noon"], ["kafka_bridge", "--dance"]):
        code, printed = run_to_the_end(embedded_stack, "nonsense", *arguments)
        assert code == 2
        assert "usage:" in printed


@pytest.mark.parametrize(
    ("workers", "code", "why"),
    [
        ("0", 1, "--workers is 0, but has to be a number from 1 to 256."),
        ("-1", 1, "--workers is -1, but has to be"),
        ("257", 1, "--workers is 257, but has to be"),
        ("x", 2, "invalid int value: 'x'"),
        ("2", 1, "--workers needs KAFKA_BOOTSTRAP_SERVERS, DATABASE_URL and REDIS_URL"),
    ],
)
def test_workers_that_cannot_be_are_refused(embedded_stack: EmbeddedStack, workers: str, code: int, why: str) -> None:
    said = run_to_the_end(embedded_stack, "workers", "serve", "--port", str(free_port()), "--workers", workers)
    assert said[0] == code
    assert why in said[1]
    assert "Traceback" not in said[1]


def test_only_a_parent_hands_sockets_on(embedded_stack: EmbeddedStack) -> None:
    for nonsense in ("x", "98,99", "1"):
        code, printed = run_to_the_end(embedded_stack, "worker", "serve", "--inherited", nonsense)
        assert (code, "Traceback" in printed) == (1, False)


def test_the_demo_is_made_once_and_only_where_it_may(embedded_stack: EmbeddedStack) -> None:
    before = embedded_stack.rows("SELECT COUNT(*) FROM messaging_message")
    code, _ = run_to_the_end(embedded_stack, "seed", "seed_demo")
    assert code == 0
    assert embedded_stack.rows("SELECT COUNT(*) FROM accounts_user") == [(4,)]
    wait_for(
        lambda: embedded_stack.rows("SELECT COUNT(*) FROM messaging_outboxcommand WHERE relayed_at IS NULL") == [(0,)],
        5,
        "relay",
    )
    assert embedded_stack.rows("SELECT COUNT(*) FROM messaging_message") >= before


@pytest.mark.services
def test_demo_people_are_not_made_on_a_real_database_by_accident(services_stack: ServicesStack) -> None:
    services_stack.environment["CHAT_DEMO"] = "0"
    code, printed = run_to_the_end(services_stack, "seed", "seed_demo")
    assert code == 1
    assert "set CHAT_DEMO=1" in printed


@pytest.mark.services
def test_a_bridge_has_metrics_on_a_port_of_its_own(services_stack: ServicesStack) -> None:
    port = free_port()
    services_stack.start_bridge("--metrics-port", str(port))
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    for name in ("chat_bridge_partitions", "chat_batch_seconds", "chat_dead_letters_total"):
        assert name in text


@pytest.mark.services
def test_a_bridge_ends_after_its_batch_and_once_means_once(services_stack: ServicesStack) -> None:
    bridge = services_stack.processes[0]
    bridge.signal(signal.SIGTERM)
    assert bridge.process.wait(15) == 0
    assert bridge.printed().endswith("bridge: ended\n")
    code, printed = run_to_the_end(services_stack, "once", "kafka_bridge", "--once", "--metrics-port", str(free_port()))
    assert code == 0
    assert "bridge: applied 0 records" in printed


@pytest.mark.services
def test_another_number_of_partitions_stops_the_bridge(services_stack: ServicesStack, tmp_path: Path) -> None:
    from urllib.parse import urlsplit

    import MySQLdb

    place = urlsplit(services_stack.environment["DATABASE_URL"])
    with MySQLdb.connect(host=place.hostname, port=place.port, user=place.username, password=place.password,
                         database=services_stack.name, autocommit=True) as connection:  # fmt: skip
        connection.cursor().execute("UPDATE messaging_logtopic SET partitions = 99")
    code, printed = run_to_the_end(services_stack, "bridge", "kafka_bridge")
    assert code == 1
    assert "was first used with 99" in printed
    assert "Traceback" not in printed
