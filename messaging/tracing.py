"""One trace from a sender's frame over the log and the bridge to the pushes to readers, for OpenTelemetry.

Opt-in: on where OTEL_EXPORTER_OTLP_ENDPOINT is set, with the SDK's own variables for the rest (sampler, headers and
so on). Off, a span is None, nothing of OpenTelemetry is imported, and a comparison is all it costs. Between processes
a trace travels as W3C `traceparent`: in the headers of records, in what is announced, in dead letters.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opentelemetry.trace import Span, SpanContext, Tracer
    from opentelemetry.util.types import AttributeValue

HEADER = "traceparent"
TRACEPARENT_CHARACTERS = 55

is_on = False
_service = ""

_logged: ContextVar[str] = ContextVar("trace_id", default="")
"""The trace of what is being done, for lines of the log."""


def switch(on: bool, service: str) -> None:
    """Before anything is traced; `service`: what this process is called in traces."""
    global is_on, _service
    is_on, _service = on, service


def begin(name: str, **attributes: AttributeValue) -> Span | None:
    """The first span of a trace, `end`ed by the caller; None when tracing is off."""
    if not is_on:
        return None
    span = tracer().start_span(name, attributes=attributes)
    _logged.set(f"{span.get_span_context().trace_id:032x}")
    return span


def end(span: Span | None, **attributes: AttributeValue) -> None:
    if span is not None:
        span.set_attributes(attributes)
        span.end()


def traceparent(span: Span | None) -> str:
    """What takes a trace along; empty for one that is not sampled."""
    if span is None or not span.get_span_context().trace_flags.sampled:
        return ""
    return _written(span.get_span_context())


def headers(parent: str) -> tuple[tuple[str, bytes], ...]:
    """A record's, for a traceparent; none for an empty one."""
    return ((HEADER, parent.encode()),) if parent else ()


def parent_in(record_headers: Sequence[tuple[str, bytes]]) -> str:
    """The traceparent that a record brings; empty without one, and when tracing is off."""
    if is_on:
        for name, value in record_headers:
            if name == HEADER:
                return value.decode("ascii", "replace")
    return ""


def note(name: str, parent: str, began_ns: int, **attributes: AttributeValue) -> str:
    """A span that ends now, below one of another process; returns the traceparent for those below it.

    `began_ns`: as `time.time_ns`.
    """
    if not is_on:
        return parent
    span = tracer().start_span(name, _context(parent), start_time=began_ns, attributes=attributes)
    span.end(time.time_ns())
    return _written(span.get_span_context())


def forget() -> None:
    """What is logged from here on belongs to no trace."""
    if is_on:
        _logged.set("")


@contextmanager
def logged(parent: str) -> Iterator[None]:
    """Lines of the log in this block name the trace of a traceparent."""
    token = _logged.set(parent.split("-")[1] if parent.count("-") == 3 else "")
    try:
        yield
    finally:
        _logged.reset(token)


def add_trace_id(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """For structlog."""
    if trace_id := _logged.get():
        event["trace_id"] = trace_id
    return event


@cache
def tracer() -> Tracer:
    """Made at first need: a command that traces nothing has no exporter that its end would wait for."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": _service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider.get_tracer("chatsite")


def _context(parent: str) -> Any:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({HEADER: parent})


def _written(context: SpanContext) -> str:
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
