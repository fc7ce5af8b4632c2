"""What spans may not tell: the messages of exceptions, which may hold a client's data. Their types are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status

__all__ = ["DiscreetExporter", "discreet"]

WITHHELD = ("exception.message", "exception.stacktrace")


class DiscreetExporter(SpanExporter):
    """Hands on to *exporter* what may be told."""

    def __init__(self, exporter: SpanExporter) -> None:
        self.exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self.exporter.export([discreet(span) for span in spans])

    def shutdown(self) -> None:
        self.exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self.exporter.force_flush(timeout_millis)


def discreet(span: ReadableSpan) -> ReadableSpan:
    """*span* without messages and traces of exceptions, which OpenTelemetry records of its own accord where a `with` is left
    by one."""
    if span.status.description is None and not any(
        set(WITHHELD) & set(event.attributes or ()) for event in span.events
    ):
        return span
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        events=[Event(event.name, _without(event.attributes), event.timestamp) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _without(attributes: Any) -> dict[str, Any]:
    return {name: value for name, value in (attributes or {}).items() if name not in WITHHELD}
