"""OpenTelemetry's SDK as our processes set it up: a worker exports by OTLP over HTTP, a child process hands on to its worker.

A program that has set up a provider of its own, and runs a worker inside, keeps it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_BSP_MAX_EXPORT_BATCH_SIZE, OTEL_BSP_MAX_QUEUE_SIZE
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

from advisorjobs.tracing.counted_batches import BATCH_SIZE, QUEUE_SIZE, CountedBatches
from advisorjobs.tracing.discretion import DiscreetExporter
from advisorjobs.tracing.span_text import span_message

if TYPE_CHECKING:
    from advisorjobs.losses import Losses

__all__ = ["HandOn", "Provider", "hand_on"]

UNNAMED = "unknown_service"


class Provider:
    """Where the spans of this process go."""

    def __init__(self, given: TracerProvider, processor: SpanProcessor, losses: Losses) -> None:
        self.given = given
        self.resource: Resource = given.resource
        self._processor = processor
        self._losses = losses

    @classmethod
    def of_worker(cls, losses: Losses) -> Provider:
        """The process's own provider where it has one, else one that exports as the OTEL_* variables say."""
        processor = CountedBatches(
            DiscreetExporter(OTLPSpanExporter()),
            losses,
            most=size_of(OTEL_BSP_MAX_QUEUE_SIZE, QUEUE_SIZE),
            batch=size_of(OTEL_BSP_MAX_EXPORT_BATCH_SIZE, BATCH_SIZE),
        )
        there = trace.get_tracer_provider()
        if isinstance(there, TracerProvider):
            return cls(there, processor, losses)  # for what child processes hand on
        made = TracerProvider(resource=named_resource(), shutdown_on_exit=False)
        made.add_span_processor(processor)
        trace.set_tracer_provider(made)
        return cls(made, processor, losses)

    def tracer(self, name: str) -> trace.Tracer:
        return self.given.get_tracer(name)

    def export(self, span: ReadableSpan) -> None:
        """Exports a span that another process has recorded."""
        self._processor.on_end(span)

    def flush(self, seconds: float) -> bool:
        """Sends what waits, as far as *seconds* suffice; in a thread that nobody waits for at the process's end."""
        sender = threading.Thread(target=self._flush, name="advisorjobs traces", daemon=True)
        sender.start()
        sender.join(seconds)
        return not sender.is_alive()

    def _flush(self) -> None:
        with self._losses.harmless("sending the last spans"):
            self.given.force_flush()
        self._processor.force_flush()


class HandOn(SpanProcessor):
    """Gives each span that ends to *send*, as JSON has it: in a child process, which may be killed at any moment."""

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self.send = send

    def on_end(self, span: ReadableSpan) -> None:
        if span.context is not None and span.context.trace_flags.sampled:
            self.send(span_message(span))


def hand_on(send: Callable[[dict[str, Any]], None]) -> None:
    """Sets up the provider of a child process."""
    made = TracerProvider(resource=named_resource(), shutdown_on_exit=False)
    made.add_span_processor(HandOn(send))
    trace.set_tracer_provider(made)


def size_of(variable: str, default: int) -> int:
    """What the environment's *variable* says; *default* where that is no size."""
    said = os.environ.get(variable, "")
    return int(said) if said.isdecimal() and int(said) else default


def named_resource() -> Resource:
    """What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say, and our name where they say none."""
    resource = Resource.create()
    if str(resource.attributes.get("service.name", UNNAMED)).startswith(UNNAMED):
        return resource.merge(Resource({"service.name": "advisorjobs"}))
    return resource
