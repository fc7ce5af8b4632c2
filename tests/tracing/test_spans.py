"""Spans on their way: names in text, JSON between processes, and what they may not tell."""

from __future__ import annotations

import json
from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from advisorjobs.enqueue import row_text
from advisorjobs.tracing.discretion import DiscreetExporter
from advisorjobs.tracing.enqueuing import EnqueuingTracer
from advisorjobs.tracing.span_text import span_from, span_message
from advisorjobs.tracing.traceparent import context_of, span_context_of, traceparent_of

CANARY = "DE02120300000000202051"
TEXT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_traceparent_is_read_as_it_is_written() -> None:
    assert traceparent_of(span_context_of(TEXT)) == TEXT


@pytest.mark.parametrize(
    "text",
    [None, "", "x", TEXT[:-3], f"ff{TEXT[2:]}", TEXT.replace("b7ad6b7169203331", "0" * 16), TEXT.replace("af", "zz")],
)
def test_what_is_no_traceparent_begins_a_trace(text: str | None) -> None:
    assert span_context_of(text) is None
    assert dict(context_of(text)) == {}


def recorded(exporter: Any) -> TracerProvider:
    provider = TracerProvider(resource=Resource({"service.name": "test"}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider


def whole_span() -> ReadableSpan:
    """A span with all that one can have."""
    memory = InMemorySpanExporter()
    tracer = recorded(memory).get_tracer("mine", "1.0")
    other = SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(1))
    span = tracer.start_span(
        "compute", context_of(TEXT), SpanKind.CLIENT, {"pages": [1, 2], "ok": True}, [Link(other, {"why": "so"})], 5
    )
    span.add_event("half", {"done": 0.5}, 7)
    span.set_status(Status(StatusCode.ERROR, CANARY))
    span.end(9)
    return memory.get_finished_spans()[0]


def test_a_span_comes_whole_out_of_another_process() -> None:
    span = whole_span()
    message = json.loads(json.dumps(span_message(span)))
    again = span_from(message, span.resource)

    told, was = json.loads(again.to_json()), json.loads(span.to_json())
    assert was["status"].pop("description") == CANARY
    assert told == was
    assert again.instrumentation_scope == span.instrumentation_scope


def test_messages_of_exceptions_are_not_exported() -> None:
    memory = InMemorySpanExporter()
    tracer = recorded(DiscreetExporter(memory)).get_tracer("mine")
    with pytest.raises(ValueError, match=CANARY), tracer.start_as_current_span("parse", attributes={"kept": 1}):
        raise ValueError(CANARY)

    (span,) = memory.get_finished_spans()
    assert CANARY not in span.to_json()
    assert (span.name, dict(span.attributes or {}), span.status.status_code) == ("parse", {"kept": 1}, StatusCode.ERROR)
    assert dict(span.events[0].attributes or {})["exception.type"] == "ValueError"


def test_a_call_that_creates_several_kinds_of_jobs_is_one_span(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = InMemorySpanExporter()
    tracer = EnqueuingTracer()
    monkeypatch.setattr(tracer, "_tracer", recorded(memory).get_tracer("mine"))
    rows = [
        row_text("a:b", "emails", {"organization_id": 'o"}\\', "iban": CANARY}, {}),
        row_text("a:c", "emails", {"organization_id": 'o"}\\'}, {"priority": -1}),
    ]
    with tracer.begin(rows) as span:
        traced = [json.loads(span.traced(row)) for row in rows]

    (ended,) = memory.get_finished_spans()
    assert {row.pop("traceparent") for row in traced} == {traceparent_of(ended.context)}
    assert traced == [json.loads(row) for row in rows]
    assert ended.name == "enqueue jobs"
    assert dict(ended.attributes or {}) == {
        "messaging.system": "advisorjobs",
        "messaging.operation.type": "send",
        "messaging.operation.name": "enqueue",
        "messaging.destination.name": "emails",
        "messaging.batch.message_count": 2,
        "advisorjobs.organization": 'o"}\\',
    }


def test_a_call_that_is_refused_says_so_by_the_type_of_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = InMemorySpanExporter()
    tracer = EnqueuingTracer()
    monkeypatch.setattr(tracer, "_tracer", recorded(memory).get_tracer("mine"))
    with pytest.raises(LookupError), tracer.begin([row_text("a:b", "emails", {}, {})]):
        raise LookupError(CANARY)

    (ended,) = memory.get_finished_spans()
    assert dict(ended.attributes or {})["error.type"] == "LookupError"
    assert ended.status.status_code is StatusCode.ERROR
    assert CANARY not in ended.to_json()


def test_without_a_provider_nothing_is_kept_with_the_job() -> None:
    row = row_text("a:b", "emails", {}, {})

    with EnqueuingTracer().begin([row]) as span:
        assert span.traced(row) == row


class BrokenSpan:
    """Raises at each call but for its name."""

    def get_span_context(self) -> SpanContext:
        return SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(1))

    def __getattr__(self, call: str) -> Any:
        raise RuntimeError(call)


class BrokenTracer:
    """Raises at once, or gives spans that do."""

    def __init__(self, span: BrokenSpan | None) -> None:
        self.span = span

    def start_span(self, *_: Any, **__: Any) -> BrokenSpan:
        if self.span is None:
            raise RuntimeError
        return self.span


@pytest.mark.parametrize("begins", [False, True])
def test_a_tracer_that_raises_keeps_no_job_from_being_queued_once(*, begins: bool) -> None:
    tracer = EnqueuingTracer()
    tracer._tracer = BrokenTracer(BrokenSpan() if begins else None)
    row = '{"name":"test:work","queue":null,"organization_id":null}'
    begun = tracer.begin([row])

    assert begun.traced(row).endswith(row[1:])
    with begun:
        assert begun.told(len, lambda rows: [17])(["answer"]) == 1
    with pytest.raises(KeyError), begun:
        raise KeyError
