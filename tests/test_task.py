"""@task, with and without a function."""

import asyncio
import json
import logging
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from advisorjobs import JobDeclaration, JobFunction, JobRun, Payload
from advisorjobs.application import App
from advisorjobs.errors import PayloadError
from advisorjobs.manager import QueueManager
from advisorjobs.settings import Settings
from advisorjobs.task import JobType, task
from tests.fixtures.apps import Program

MAIL: dict[str, Any] = {"organization_id": "o", "type": "welcome", "to": "ada@example.com", "template_data": {}}


class Greeting(Payload):
    client: str


GREET = task("test:greet", payload=Greeting, queue="emails", retries=1, timeout=timedelta(seconds=9))


@pytest.fixture
def this_release() -> Iterator[str]:
    """The name of a module with a job that is only declared."""
    with released("a_release", GREET) as name:
        yield name


@pytest.fixture
def later_release() -> Iterator[str]:
    """The name of a module that brings its function."""

    async def greet(job: JobRun[Greeting]) -> str:
        return f"greeted {job.payload.client}"

    with released("a_later_release", GREET(greet)) as name:
        yield name


@contextmanager
def released(name: str, job_type: JobType[Greeting]) -> Iterator[str]:
    module = types.ModuleType(name)
    module.greet = job_type  # type: ignore[attr-defined]
    sys.modules[name] = module
    yield name
    del sys.modules[name]


async def work(app: App) -> None:
    async with asyncio.timeout(60):
        await app.run_worker_async(queues=["emails"], wait=False, install_signal_handlers=False)


def state(connection: psycopg.Connection[Any], job_id: int) -> tuple[Any, ...] | None:
    query = "SELECT status::text, parked::text FROM procrastinate_jobs WHERE id = %s"
    return connection.execute(query, [job_id]).fetchone()


def test_a_declaration_becomes_a_function_with_all_that_it_says() -> None:
    @GREET
    async def greet(job: JobRun[Greeting]) -> str:
        return job.payload.client

    @GREET
    def greet_blocking(job: JobRun[Greeting]) -> str:
        return job.payload.client

    assert isinstance(GREET, JobDeclaration)
    assert isinstance(greet, JobFunction)
    assert (greet.name, greet.payload, greet.queue, greet.retries, greet.timeout) == (
        "test:greet", Greeting, "emails", 1, timedelta(seconds=9),
    )  # fmt: skip
    assert (greet.blocking, greet_blocking.blocking) == (False, True)
    assert task("test:x", payload=Greeting, blocking=True)(greet.function).blocking is True


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"name": "nocolon"}, "'area:action'"),
        ({"name": "a:b", "cost": 0}, "cost must be 1 to 32767"),
        ({"name": "a:b", "limit_key": "x:{nobody}"}, "names 'nobody', which is no field of Greeting"),
    ],
)
def test_a_job_that_cannot_be_is_refused_when_it_is_declared(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        task(**{"payload": Greeting, **options})


async def test_a_declared_job_waits_until_a_worker_brings_its_function(
    settings: Settings,
    connection: psycopg.Connection[Any],
    caplog: pytest.LogCaptureFixture,
    this_release: str,
    later_release: str,
) -> None:
    app = App(replace(settings, imports=(this_release,)))
    manager = QueueManager(app)
    job_id = await manager.add_job("emails", "test:greet", {"organization_id": "o", "client": "ada"})
    with caplog.at_level(logging.INFO, "advisorjobs"):
        await work(app)
    assert "these jobs wait for a worker that has their function: test:greet" in caplog.messages
    assert state(connection, job_id) == ("todo", "unknown_job")
    with pytest.raises(PayloadError, match="client"):
        await manager.add_job("emails", "test:greet", {"organization_id": "o"})
    app.close()

    newer = App(replace(settings, imports=(later_release,)))
    await work(newer)
    job = await QueueManager(newer).get_job(job_id)
    assert job is not None
    assert (job.status, job.result, job.attempts) == ("completed", "greeted ada", 1)
    newer.close()


def test_sql_clients_are_checked_against_the_fields_of_jobs(app: App, connection: psycopg.Connection[Any]) -> None:
    enqueue = "SELECT enqueue_job('email:send', %s::jsonb)"
    camel = {"organizationId": "o", "type": "welcome", "to": "a@b.c", "templateData": {"firmName": "W&D"}}
    row = connection.execute(enqueue.encode(), [json.dumps(camel)]).fetchone()
    assert row
    assert connection.execute("SELECT queue_name FROM procrastinate_jobs").fetchone() == ("emails",)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="did you mean template_data"):
        connection.execute(enqueue.encode(), [json.dumps({**MAIL, "template_dat": {}})])


def test_procrastinates_command_line_defers_jobs_of_ours(
    procrastinate_cli: Program, connection: psycopg.Connection[Any]
) -> None:
    done = procrastinate_cli("defer", "email:send", json.dumps(MAIL))
    assert done.returncode == 0, done.stderr
    row = connection.execute("SELECT task_name, queue_name, args FROM procrastinate_jobs").fetchone()
    assert row == ("email:send", "emails", MAIL)
