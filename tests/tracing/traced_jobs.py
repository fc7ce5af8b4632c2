"""Jobs that speak and have spans of their own: on the event loop and in child processes."""

from __future__ import annotations

import logging

from opentelemetry import trace

from advisorjobs import app
from advisorjobs.backoff import fixed
from advisorjobs.payloads import Payload
from advisorjobs.task import JobRun, task

log = logging.getLogger(__name__)
CANARY = "DE02120300000000202051"


class Nothing(Payload):
    """No fields of its own."""


@task("traced:awaited", payload=Nothing, queue="critical")
async def awaited(job: JobRun[Nothing]) -> None:
    with trace.get_tracer("mine").start_as_current_span("look up"):
        log.info("said on the loop")
    job.log.info("said by the job")


@task("traced:blocking", payload=Nothing, queue="critical")
def blocking(job: JobRun[Nothing]) -> None:
    with trace.get_tracer("mine").start_as_current_span("compute") as span:
        span.set_attribute("pages", [1, 2])
        log.info("said in a child process")
    app.configure_task("traced:awaited").defer(organization_id=job.organization_id)


@task("traced:failing", payload=Nothing, queue="critical", retries=1, backoff=fixed(0))
def failing(job: JobRun[Nothing]) -> None:
    with trace.get_tracer("mine").start_as_current_span("parse"):
        raise ValueError(CANARY)
