"""A span that has ended, as JSON: how it comes from a child process to its worker, which exports for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

__all__ = ["span_from", "span_message"]


def span_message(span: ReadableSpan) -> dict[str, Any]:
    """*span* in values that JSON has."""
    scope = span.instrumentation_scope
    return {
        "name": span.name,
        "context": _context(span.context),
        "parent": _context(span.parent),
        "attributes": _attributes(span.attributes),
        "events": [[event.name, event.timestamp, _attributes(event.attributes)] for event in span.events],
        "links": [[_context(link.context), _attributes(link.attributes)] for link in span.links],
        "kind": span.kind.value,
        "status": span.status.status_code.value,
        "times": [span.start_time, span.end_time],
        "scope": [scope.name, scope.version, scope.schema_url] if scope else None,
    }


def span_from(message: Mapping[str, Any], resource: Resource) -> ReadableSpan:
    """The span that *message* tells of, as one of *resource*."""
    start, end = message["times"]
    scope = message["scope"]
    return ReadableSpan(
        name=message["name"],
        context=_context_from(message["context"]),
        parent=_context_from(message["parent"]),
        resource=resource,
        attributes=message["attributes"],
        events=[Event(name, attributes, at) for name, at, attributes in message["events"]],
        links=[
            Link(context, attributes)
            for each, attributes in message["links"]
            if (context := _context_from(each)) is not None
        ],
        kind=SpanKind(message["kind"]),
        status=Status(StatusCode(message["status"])),
        start_time=start,
        end_time=end,
        instrumentation_scope=InstrumentationScope(scope[0], scope[1], scope[2]) if scope else None,
    )


def _context(context: SpanContext | None) -> list[Any] | None:
    return (
        None
        if context is None
        else [f"{context.trace_id:x}", f"{context.span_id:x}", context.is_remote, int(context.trace_flags)]
    )


def _context_from(given: list[Any] | None) -> SpanContext | None:
    if given is None:
        return None
    trace_id, span_id, is_remote, flags = given
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote, TraceFlags(flags))


def _attributes(given: Mapping[str, Any] | None) -> dict[str, Any]:
    listed = {name: list(value) if isinstance(value, tuple) else value for name, value in (given or {}).items()}
    return {name: value for name, value in listed.items() if not isinstance(value, bytes)}
