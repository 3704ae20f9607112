"""From the frame of one person to the push to another: one trace, as a collector receives it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.stack.client import ChatClient
from tests.stack.processes import wait_for
from tests.stack.stack import EmbeddedStack, ServicesStack, Stack

pytestmark = pytest.mark.asyncio


class Collector:
    """Stands where an operator's collector would, and keeps what it is sent."""

    def __init__(self) -> None:
        kept: list[tuple[str, Span]] = []
        self.kept = kept

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    service = {one.key: one.value.string_value for one in resource.resource.attributes}["service.name"]
                    kept.extend((service, span) for scope in resource.scope_spans for span in scope.spans)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def named(self, name: str) -> list[Span]:
        return [span for _, span in self.kept if span.name == name]


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(params=["embedded", pytest.param("services", marks=pytest.mark.services)])
def traced(request: pytest.FixtureRequest, tmp_path: Path, collector: Collector) -> Iterator[Stack]:
    """Each kind of deployment, with traces."""
    traces = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    stack: Stack
    if request.param == "embedded":
        stack = EmbeddedStack(tmp_path, request.getfixturevalue("embedded_template"))
        stack.environment |= traces
    else:
        stack = ServicesStack(tmp_path, template=request.getfixturevalue("services_template"))
        stack.environment |= {**traces, "OTEL_SERVICE_NAME": "the bridge"}
        stack.start_bridge()
        stack.environment |= {"OTEL_SERVICE_NAME": "the web"}
    try:
        stack.start_web()
        yield stack
    finally:
        stack.end()


async def test_one_trace_from_frame_to_push(traced: Stack, collector: Collector) -> None:
    async with ChatClient(traced, "ada") as ada, ChatClient(traced, "bo") as bo:
        await ada.say("traced")
        await bo.until(lambda: bo.shows("traced"), "the message")
        await asyncio.to_thread(wait_for, lambda: collector.named("chat.push"), 10, "the push")
    [send], [apply], [push] = (collector.named(name) for name in ("chat.send", "chat.apply", "chat.push"))
    assert send.trace_id == apply.trace_id == push.trace_id
    assert (send.parent_span_id, apply.parent_span_id, push.parent_span_id) == (b"", send.span_id, apply.span_id)
    assert {one.key: one.value.int_value for one in push.attributes}["sockets"] == 2
    by_service = {span.name: service for service, span in collector.kept}
    is_embedded = isinstance(traced, EmbeddedStack)
    assert by_service["chat.apply"] == ("chatsite" if is_embedded else "the bridge")
    assert by_service["chat.push"] == by_service["chat.send"] == ("chatsite" if is_embedded else "the web")
    assert not any("traced" in str(span.attributes) for _, span in collector.kept), "what people write is not told"
