"""Spans on their way to the collector, in batches from a thread of OpenTelemetry's; what doesn't get there is counted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

if TYPE_CHECKING:
    from advisorjobs.losses import Losses

__all__ = ["BATCH_SIZE", "QUEUE_SIZE", "CountedBatches"]


QUEUE_SIZE, BATCH_SIZE = 2048, 512
"""https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#batch-span-processor"""


class CountedBatches(BatchSpanProcessor):
    """Hands on to *exporter*, *batch* at a time. Whoever ends a span never waits: of more than *most* the oldest go."""

    def __init__(
        self, exporter: SpanExporter, losses: Losses, *, most: int = QUEUE_SIZE, batch: int = BATCH_SIZE
    ) -> None:
        self._waiting = 0
        self._most = most
        self._losses = losses
        self._counting = threading.Lock()
        super().__init__(
            CountedExporter(exporter, self._taken, losses), max_queue_size=most, max_export_batch_size=min(batch, most)
        )

    def on_end(self, span: ReadableSpan) -> None:
        with self._losses.harmless("a span that ended"):
            if span.context is not None and span.context.trace_flags.sampled:
                with self._counting:
                    full = self._waiting >= self._most
                    self._waiting += not full
                if full:
                    self._losses.note("overflow")
            super().on_end(span)

    def force_flush(self, timeout_millis: int | None = None) -> bool:
        """Whether all that waits was sent."""
        with self._losses.harmless("sending the last spans"):
            return super().force_flush(timeout_millis)
        return False

    def shutdown(self) -> None:
        with self._losses.harmless("the end of sending spans"):
            super().shutdown()  # type: ignore[no-untyped-call]

    def _taken(self, count: int) -> None:
        with self._counting:
            self._waiting -= count


class CountedExporter(SpanExporter):
    """*exporter*, whose errors and refusals are counted. `taken` is told how many spans wait no longer."""

    def __init__(self, exporter: SpanExporter, taken: Callable[[int], None], losses: Losses) -> None:
        self.exporter = exporter
        self._taken = taken
        self._losses = losses

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self._taken(len(spans))
        result = SpanExportResult.FAILURE
        with self._losses.harmless("sending spans"):
            result = self.exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self._losses.note("unsent", len(spans))
        return result

    def shutdown(self) -> None:
        self.exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self.exporter.force_flush(timeout_millis)
