"""The trace that the code being executed belongs to, where there is one."""

from __future__ import annotations

import sys

__all__ = ["current_ids"]


def current_ids() -> dict[str, str]:
    """`trace_id` and `span_id` of the current span, as lines of log say them; empty where nothing is traced."""
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return {}
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
