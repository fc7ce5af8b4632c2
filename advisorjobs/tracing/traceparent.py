"""W3C Trace Context in its text form: `00-<trace id>-<span id>-<flags>`."""

from __future__ import annotations

from typing import Any

from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

__all__ = ["context_of", "span_context_of", "traceparent_of"]


def traceparent_of(context: Any) -> str | None:
    """*context* (a span's) as text; None where nothing is traced."""
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def span_context_of(text: str | None) -> SpanContext | None:
    """What *text* names; None for what is no traceparent: a column of a table may hold anything."""
    try:
        version, trace_id, span_id, flags = (text or "").split("-")
        if version == "ff":
            return None
        found = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))
    except ValueError:
        return None
    return found if found.is_valid else None


def context_of(text: str | None) -> Context:
    """A context whose current span is the one that *text* names; an empty one where it names none."""
    parent = span_context_of(text)
    return Context() if parent is None else set_span_in_context(NonRecordingSpan(parent), Context())
