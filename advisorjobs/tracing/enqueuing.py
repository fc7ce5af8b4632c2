"""The span of enqueueing: one per call, however many jobs it creates, and its name in each of their rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from pydantic_core import from_json

from advisorjobs.losses import Losses
from advisorjobs.tracing.attributes import SCOPE, SYSTEM, present

__all__ = ["Enqueuing", "EnqueuingTracer"]

R = TypeVar("R")
T = TypeVar("T")

_TEXT = r'"(?:[^"\\]|\\.)*"'
_HEAD = re.compile(rf'\{{"name":({_TEXT}),"queue":(null|{_TEXT}),"organization_id":(null|{_TEXT})')
"""How every row begins: see enqueue.row_text."""


class EnqueuingTracer:
    """Begins spans by the process's own provider, whoever has set it up; without one nothing is recorded, and nothing kept."""

    def __init__(self) -> None:
        from opentelemetry import trace

        self._tracer = trace.get_tracer(SCOPE)
        self._losses = Losses()

    def begin(self, rows: Sequence[str]) -> Enqueuing:
        """The span of the call that creates *rows*, as advisorjobs_enqueue takes them; one that says nothing where the tracer
        raises: jobs are queued all the same, and once."""
        from opentelemetry.trace import INVALID_SPAN

        span: Any = INVALID_SPAN
        with self._losses.harmless("the beginning of a span of enqueueing"):
            span = self._begun(rows)
        return Enqueuing(span, self._losses)

    def _begun(self, rows: Sequence[str]) -> Any:
        from opentelemetry.trace import SpanKind

        heads = {_head(row) for row in rows}
        names, queues, organizations = (
            (_common(values) for values in zip(*heads, strict=True)) if heads else (None,) * 3
        )
        attributes = {
            **SYSTEM,
            "messaging.operation.type": "send",
            "messaging.operation.name": "enqueue",
            "messaging.destination.name": queues,
            "messaging.batch.message_count": len(rows) if len(rows) != 1 else None,
            "advisorjobs.job": names,
            "advisorjobs.organization": organizations,
        }
        name = f"enqueue {names or 'jobs'}"
        return self._tracer.start_span(name, kind=SpanKind.PRODUCER, attributes=present(attributes))


class Enqueuing:
    """A span that lasts while the jobs are created; it ends when this context does. Its errors are nobody's."""

    def __init__(self, span: Any, losses: Losses) -> None:
        from advisorjobs.tracing.traceparent import traceparent_of

        self.span = span
        self._losses = losses
        self._traceparent = traceparent_of(span.get_span_context())

    def traced(self, row: str) -> str:
        """*row* with the span's name in it."""
        return row if self._traceparent is None else f'{{"traceparent":"{self._traceparent}",{row[1:]}'

    def told(self, read: Callable[[R], T], ids_of: Callable[[R], list[int]]) -> Callable[[R], T]:
        """*read*, which says on the way which job it was, where it was one."""

        def reading(rows: R) -> T:
            ids = ids_of(rows)
            if len(ids) == 1:
                with self._losses.harmless("a span of enqueueing"):
                    self.span.set_attribute("messaging.message.id", str(ids[0]))
            return read(rows)

        return reading

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._losses.harmless("the end of a span of enqueueing"):
            if kind is not None:
                from opentelemetry.trace import StatusCode

                self.span.set_attribute("error.type", kind.__qualname__)
                self.span.set_status(StatusCode.ERROR)
            self.span.end()


def _head(row: str) -> tuple[str | None, str | None, str | None]:
    found = _HEAD.match(row)
    return (None, None, None) if found is None else tuple(from_json(part) for part in found.groups())


def _common(values: Sequence[str | None]) -> str | None:
    first = values[0]
    return first if all(value == first for value in values) else None
