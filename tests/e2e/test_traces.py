"""From the frame of one person to the push to another: one trace, as a collector receives it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.stack.client import ChatClient
from tests.stack.processes import wait_for
from tests.stack.receiver import Receiver
from tests.stack.stack import EmbeddedStack, ServicesStack, Stack

pytestmark = pytest.mark.asyncio

SPANS = ("chat.send", "chat.apply", "chat.push")


class Collector:
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, Span]] = []

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = {one.key: one.value.string_value for one in resource.resource.attributes}["service.name"]
            self.kept.extend((service, span) for scope in resource.scope_spans for span in scope.spans)

    def named(self, name: str) -> list[Span]:
        return [span for _, span in self.kept if span.name == name]


@pytest.fixture
def collector() -> Collector:
    return Collector()


@pytest.fixture(params=["embedded", pytest.param("services", marks=pytest.mark.services)])
def traced(request: pytest.FixtureRequest, tmp_path: Path, collector: Collector) -> Iterator[Stack]:
    """Each kind of deployment, with traces."""
    stack: Stack
    with Receiver(collector.take) as receiver:
        traces = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{receiver.host}", "OTEL_BSP_SCHEDULE_DELAY": "100"}
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
        # Each process tells its own, when it likes.
        await asyncio.to_thread(wait_for, lambda: all(map(collector.named, SPANS)), 10, "the spans of all processes")
    [send], [apply], [push] = map(collector.named, SPANS)
    assert send.trace_id == apply.trace_id == push.trace_id
    assert (send.parent_span_id, apply.parent_span_id, push.parent_span_id) == (b"", send.span_id, apply.span_id)
    assert {one.key: one.value.int_value for one in push.attributes}["sockets"] == 2
    by_service = {span.name: service for service, span in collector.kept}
    is_embedded = isinstance(traced, EmbeddedStack)
    assert by_service["chat.apply"] == ("chatsite" if is_embedded else "the bridge")
    assert by_service["chat.push"] == by_service["chat.send"] == ("chatsite" if is_embedded else "the web")
    assert not any("traced" in str(span.attributes) for _, span in collector.kept), "what people write is not told"
