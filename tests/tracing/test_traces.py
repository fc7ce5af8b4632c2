"""From the request that queues a job to the spans of its runs: what a collector receives, over HTTP, in OTLP's own messages."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.fixtures.apps import Program
from tests.fixtures.collectors import Collector, attributes_of
from tests.tracing.traced_jobs import CANARY

WORK = "from advisorjobs import app; app.run_worker(queues=['critical'], wait=False, install_signal_handlers=False)"

Traced = tuple[Collector, str]


@pytest.fixture
def traced(run_python: Program, collector: Collector) -> Traced:
    """What arrives of an application that queues jobs and, as another process, a worker; and what that prints."""
    environment = {
        "ADVISORJOBS_IMPORTS": "tests.tracing.traced_jobs",
        "ADVISORJOBS_LOG_FORMAT": "json",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address,
        "PYTHONPATH": ".",
    }
    done = run_python("tests/tracing/traced_program.py", **environment)
    assert done.returncode == 0, done.stderr
    done = run_python("-c", WORK, **environment)
    assert done.returncode == 0, done.stderr
    return collector, done.stderr


def only(spans: list[Span]) -> Span:
    (span,) = spans
    return span


def test_jobs_continue_the_trace_of_what_queued_them(traced: Traced, connection: psycopg.Connection[Any]) -> None:
    collector, printed = traced
    nest(collector, connection)
    end(collector)
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    said = next(line for line in lines if line["event"] == "said in a child process")
    ran = only(collector.named("run traced:blocking"))
    assert (said["trace_id"], said["job"]) == (ran.trace_id.hex(), "traced:blocking")
    assert CANARY not in printed
    assert not any(CANARY.encode() in body for body in collector.received)


def nest(collector: Collector, connection: psycopg.Connection[Any]) -> None:
    """The span of each thing is the child of what led to it, across three processes."""
    request = only(collector.named("POST /documents"))
    queued = only(collector.named("enqueue traced:blocking"))
    ran = only(collector.named("run traced:blocking"))
    computed = only(collector.named("compute"))

    assert (queued.kind, ran.kind) == (Span.SPAN_KIND_PRODUCER, Span.SPAN_KIND_CONSUMER)
    assert [queued.parent_span_id, ran.parent_span_id, computed.parent_span_id] == [
        request.span_id, queued.span_id, ran.span_id,
    ]  # fmt: skip
    # a job that a job queues, from a child process
    again = only(collector.named("enqueue traced:awaited"))
    awaited = only(collector.named("run traced:awaited"))
    looked = only(collector.named("look up"))
    assert [again.parent_span_id, awaited.parent_span_id, looked.parent_span_id] == [
        ran.span_id, again.span_id, awaited.span_id,
    ]  # fmt: skip
    assert {span.trace_id for span in collector.spans} == {request.trace_id}
    kept = connection.execute("SELECT job_name, traceparent FROM advisorjobs_runs ORDER BY job_id").fetchall()
    assert (
        dict(kept)["traced:blocking"] == f"00-{request.trace_id.hex()}-{queued.span_id.hex()}-03"
    )  # 3: sampled, by a random id

    # what spans say
    (job_id,) = connection.execute("SELECT job_id FROM advisorjobs_runs WHERE job_name = 'traced:blocking'").fetchone()  # type: ignore[misc]
    assert attributes_of(ran) == {
        "messaging.system": "advisorjobs",
        "messaging.operation.type": "process",
        "messaging.operation.name": "run",
        "messaging.destination.name": "critical",
        "messaging.message.id": str(job_id),
        "advisorjobs.job": "traced:blocking",
        "advisorjobs.organization": "org-1",
        "advisorjobs.attempt": 1,
        "advisorjobs.run": 1,
        "advisorjobs.outcome": "completed",
    }
    assert attributes_of(queued)["messaging.message.id"] == str(job_id)
    services = {
        attributes_of(resource.resource)["service.name"]
        for request in collector.requests
        for resource in request.resource_spans
    }
    assert services == {"practice", "advisorjobs"}


def end(collector: Collector) -> None:
    """Each run of a job is a span, and an error is told by its code."""
    batch = only(collector.named("enqueue traced:failing"))
    runs = collector.named("run traced:failing")

    assert attributes_of(batch)["messaging.batch.message_count"] == 2
    assert {run.parent_span_id for run in runs} == {batch.span_id}
    said = [attributes_of(run) for run in runs]
    assert sorted((each["advisorjobs.attempt"], each["advisorjobs.outcome"]) for each in said) == [
        (1, "retrying"), (1, "retrying"), (2, "failed"), (2, "failed"),
    ]  # fmt: skip
    assert {each["error.type"] for each in said} == {"internal"}
    assert {run.status.code for run in runs} == {Status.STATUS_CODE_ERROR}
    assert [len(run.links) for run in runs] == [each["advisorjobs.attempt"] - 1 for each in said]
    parsed = collector.named("parse")
    assert [attributes_of(event)["exception.type"] for span in parsed for event in span.events] == ["ValueError"] * 4
