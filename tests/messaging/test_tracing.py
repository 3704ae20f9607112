"""A message is one trace, whatever happens to it on its way; and without an operator's word there is none."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError
from msgspec.structs import replace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from accounts.models import User
from messaging import tracing
from messaging.actions import outbox
from messaging.bridge import dead_letters
from messaging.bridge.dead_letters import ask_replay, replay_asked
from messaging.bridge.effects import Effects
from messaging.bridge.offsets import LostPartition, Ownership
from messaging.bridge.relay import Relay
from messaging.log.embedded import EmbeddedLog
from messaging.log.port import Record
from messaging.models import DeadLetter, OutboxCommand, Room, StoredOffset
from messaging.wire.commands import JoinRoom, SendMessage
from tests.messaging.conftest import PARTITION, Desk

Say = Callable[..., SendMessage]


class Spans:
    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self._exporter.get_finished_spans() if span.name == name]

    def traces(self) -> set[int]:
        return {span.context.trace_id for span in self._exporter.get_finished_spans()}


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Spans:
    """Tracing is on, and what is exported stays here."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "is_on", True)
    monkeypatch.setattr(tracing, "tracer", lambda: provider.get_tracer("tests"))
    return Spans(exporter)


def sent(desk: Desk, *commands: SendMessage) -> list[Record]:
    """Records as a web process that traces appends them."""
    records = []
    for record in desk.records(commands):
        span = tracing.begin("chat.send")
        records.append(replace(record, headers=(*record.headers, *tracing.headers(tracing.traceparent(span)))))
        tracing.end(span)
    return records


def take(log: EmbeddedLog) -> list[Record]:
    """All commands in the log."""
    reader = log.reader("look", [PARTITION.topic])
    for partition in reader.poll(0.1, 10, 1000).gained:
        reader.seek(partition, 0)
    return reader.poll(1, 10, 100_000).records[PARTITION]


def below(span: ReadableSpan, above: ReadableSpan) -> bool:
    return span.parent is not None and span.parent.span_id == above.context.span_id


@pytest.mark.django_db
def test_what_is_applied_goes_on_in_the_senders_trace_and_takes_it_to_the_pushes(
    desk: Desk, say: Say, spans: Spans
) -> None:
    [applied] = desk.apply_records(sent(desk, say("ada"), say("bo")))
    assert len(spans.traces()) == 2
    pairs = zip(spans.named("chat.apply"), spans.named("chat.send"), strict=True)
    assert all(below(apply, send) for apply, send in pairs)
    [change] = applied.changes
    pushed = tracing.note("chat.push", change.traces[1], 0)
    assert below(spans.named("chat.push")[0], spans.named("chat.apply")[1])
    assert pushed.split("-")[1] == change.traces[1].split("-")[1]


@pytest.mark.django_db
def test_a_batch_that_is_tried_again_is_noted_once(
    desk: Desk, say: Say, spans: Spans, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, failures = Effects.write, iter([IntegrityError("stale facts")])

    def failing(self: Effects) -> None:
        for failure in failures:
            raise failure
        write(self)

    monkeypatch.setattr(Effects, "write", failing)
    desk.apply_records(sent(desk, say("ada")))
    assert len(spans.named("chat.apply")) == len(spans.traces()) == 1


@pytest.mark.django_db
def test_another_bridge_goes_on_in_the_same_trace(desk: Desk, say: Say, spans: Spans) -> None:
    records = sent(desk, say("ada"))
    fenced = Desk(Ownership("g"))
    fenced.owner.next_offset[PARTITION] = 0
    StoredOffset.objects.update(next_offset=5)
    with pytest.raises(LostPartition):
        fenced.apply_records(records)
    assert spans.named("chat.apply") == []
    StoredOffset.objects.update(next_offset=0)
    desk.apply_records(records)
    assert len(spans.named("chat.apply")) == len(spans.traces()) == 1


@pytest.mark.django_db
def test_what_starts_in_a_request_is_one_trace_too(
    desk: Desk, people: dict[str, User], room: Room, spans: Spans, log: EmbeddedLog
) -> None:
    outbox.submit(JoinRoom(client_id=uuid4(), room=room.pk, sender=people["chen"].pk))
    [submitted] = spans.named("chat.submit")
    assert Relay(log.appender()).step() == 1
    [record] = take(log)
    assert record.headers[-1] == (tracing.HEADER, OutboxCommand.objects.get().trace.encode())
    desk.apply_records([record])
    [applied] = spans.named("chat.apply")
    assert below(applied, submitted)


@pytest.mark.django_db
def test_a_dead_letter_and_its_replay_are_in_one_trace(
    desk: Desk, say: Say, spans: Spans, log: EmbeddedLog, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = replace(say("ada"), sender=10**9)
    [applied] = desk.apply_records(sent(desk, stranger))
    events: list[dict[str, Any]] = []
    caplog.handler.addFilter(lambda line: events.append(tracing.add_trace_id(None, "", {})) or True)
    with caplog.at_level(logging.ERROR):
        dead_letters.note(applied.letters)
    [trace] = spans.traces()
    assert events == [{"trace_id": f"{trace:032x}"}]
    letter = DeadLetter.objects.get()
    ask_replay(DeadLetter.objects.all(), None)
    assert replay_asked(log.appender()) == 1
    [again] = take(log)
    assert dict(again.headers)[tracing.HEADER].decode() == letter.trace
    desk.apply_records([replace(again, offset=1)])
    assert spans.traces() == {trace}


def test_a_trace_that_is_not_sampled_takes_nothing_along(spans: Spans, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "tracer", lambda: TracerProvider(sampler=ALWAYS_OFF).get_tracer("tests"))
    assert tracing.traceparent(tracing.begin("chat.send")) == ""


@pytest.mark.parametrize("parent", ["", "nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_a_parent_that_is_none_begins_a_trace(spans: Spans, parent: str) -> None:
    tracing.note("chat.apply", parent, 0)
    [span] = spans.named("chat.apply")
    assert span.parent is None


def test_off_nothing_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "tracer", lambda: pytest.fail("nothing is traced"))
    assert not tracing.is_on, "tests run without an endpoint"
    span = tracing.begin("chat.send")
    tracing.end(span)
    assert tracing.headers(tracing.traceparent(span)) == ()
    assert tracing.parent_in(((tracing.HEADER, b"00-1-2-01"),)) == ""
    assert tracing.note("chat.push", "as it was", 0) == "as it was"
