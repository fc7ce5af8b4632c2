"""An exporter that raises, hangs or is too slow costs spans, which are counted, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Tracer

from advisorjobs.losses import REASONS, Losses
from advisorjobs.tracing.counted_batches import CountedBatches
from advisorjobs.tracing.provider import Provider, size_of

NOTHING = dict.fromkeys(REASONS, 0)


class Collector(SpanExporter):
    """Does at each call what *does* says: "raises", "refuses", "hangs" until `go_on`, or takes them."""

    def __init__(self, does: str) -> None:
        self.does = does
        self.come, self.go_on = threading.Event(), threading.Event()
        self.taken = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.come.set()
        match self.does:
            case "raises":
                raise RuntimeError
            case "refuses":
                return SpanExportResult.FAILURE
            case "hangs":
                self.go_on.wait(20)
        self.taken += len(spans)
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        if self.does == "raises":
            raise RuntimeError


Desk = tuple[Collector, Provider, Losses]


@pytest.fixture
def desks() -> Iterator[ExitStack]:
    """Ends what a test has begun."""
    with ExitStack() as stack:
        yield stack


def desk_of(stack: ExitStack, does: str) -> Desk:
    """A provider whose spans go to such a collector, four at a time, of at most four that wait."""
    collector, losses = Collector(does), Losses()
    batches = CountedBatches(collector, losses, most=4)
    given = TracerProvider(shutdown_on_exit=False)
    given.add_span_processor(batches)
    stack.callback(batches.shutdown)
    stack.callback(collector.go_on.set)
    return collector, Provider(given, batches, losses), losses


def end_spans(tracer: Tracer, count: int) -> None:
    for number in range(count):
        tracer.start_span(f"span {number}").end()


def test_what_is_taken_is_no_loss(desks: ExitStack) -> None:
    collector, provider, losses = desk_of(desks, "takes")
    end_spans(provider.tracer("test"), 3)

    assert provider.flush(10)
    assert (collector.taken, losses.counts) == (3, NOTHING)


@pytest.mark.parametrize(("does", "errors"), [("raises", 1), ("refuses", 0)])
def test_what_an_exporter_doesnt_take_is_counted(desks: ExitStack, does: str, errors: int) -> None:
    _, provider, losses = desk_of(desks, does)
    end_spans(provider.tracer("test"), 3)

    assert provider.flush(10)
    assert losses.counts == {**NOTHING, "unsent": 3, "error": errors}
    desks.close()  # its end is no error to anybody either
    assert losses.counts["error"] == 2 * errors


def test_nobody_waits_for_an_exporter_that_hangs_and_what_is_too_much_is_counted(desks: ExitStack) -> None:
    collector, provider, losses = desk_of(desks, "hangs")
    end_spans(provider.tracer("test"), 4)
    assert collector.come.wait(10)
    end_spans(provider.tracer("test"), 4 + 3)

    assert losses.counts == {**NOTHING, "overflow": 3}
    assert not provider.flush(0.05)
    collector.go_on.set()
    assert provider.flush(10)
    assert (collector.taken, losses.counts["overflow"]) == (8, 3)


def test_a_provider_of_the_program_s_own_that_raises_at_the_end_keeps_ours_from_nothing(
    desks: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector, provider, losses = desk_of(desks, "takes")
    end_spans(provider.tracer("test"), 2)

    def broken() -> bool:
        raise RuntimeError

    monkeypatch.setattr(provider.given, "force_flush", broken)
    assert provider.flush(10)
    assert (collector.taken, losses.counts["error"]) == (2, 1)


@pytest.mark.parametrize(("said", "size"), [("100", 100), ("", 7), ("many", 7), ("0", 7), ("-1", 7)])
def test_a_size_that_is_none_is_the_default(monkeypatch: pytest.MonkeyPatch, said: str, size: int) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", said)
    assert size_of("OTEL_BSP_MAX_QUEUE_SIZE", 7) == size
