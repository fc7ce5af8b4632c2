import logging
import pkgutil

import procrastinate
import pytest

from advisorjobs.application import App
from advisorjobs.tenancy.redaction import Redaction

CANARY = "DE02120300000000202051"


def filtered(**extra: object) -> logging.LogRecord:
    record = logging.makeLogRecord(
        {"name": "procrastinate.worker", "msg": f"Starting job a[1](iban={CANARY})", **extra}
    )
    assert Redaction().filter(record)
    return record


def test_a_line_about_a_job_keeps_its_id_and_name_only() -> None:
    job = {"id": 1, "task_name": "a", "task_kwargs": {"iban": CANARY}, "call_string": f"a[1](iban={CANARY})"}
    record = filtered(action="start_job", job=job, worker={"job_id": 1}, job_result={"result": CANARY})
    assert record.getMessage() == "start_job: a[1]"
    assert CANARY not in repr(vars(record))


def test_a_line_about_many_jobs_names_each() -> None:
    jobs = [{"id": n, "task_name": "a", "task_kwargs": {"iban": CANARY}} for n in (1, 2)]
    record = filtered(action="jobs_deferred", jobs=jobs)
    assert record.getMessage() == "jobs_deferred: a[1], a[2]"
    assert CANARY not in repr(vars(record))


def test_of_an_exception_its_type_is_kept() -> None:
    error = KeyError(CANARY)
    record = logging.makeLogRecord({"msg": "Exception details:", "exc_info": (KeyError, error, None)})
    assert Redaction().filter(record)
    assert record.getMessage() == "Exception details: (KeyError)"
    assert CANARY not in logging.Formatter().format(record)


def test_a_periodic_tasks_arguments_are_dropped() -> None:
    record = logging.makeLogRecord({"msg": "Registering task a", "task": "a", "kwargs": f"{{'iban': '{CANARY}'}}"})
    assert Redaction().filter(record)
    assert (record.getMessage(), record.__dict__["task"]) == ("Registering task a", "a")
    assert CANARY not in repr(vars(record))


def test_composing_the_app_filters_every_logger_of_procrastinate_once(app: App) -> None:
    App(app.settings)
    for module in pkgutil.iter_modules(procrastinate.__path__):
        filters = logging.getLogger(f"procrastinate.{module.name}").filters
        assert len([each for each in filters if isinstance(each, Redaction)]) == 1


async def test_deferring_prints_no_argument_at_any_level(app: App, caplog: pytest.LogCaptureFixture) -> None:
    @app.task(name="test:secret", queue="emails")
    def secret(iban: str) -> None:
        """Does nothing."""

    with caplog.at_level(logging.DEBUG):
        await secret.defer_async(iban=CANARY)
        secret.batch_defer({"iban": CANARY})
        app.configure_task("test:unknown", queue="emails").defer(iban=CANARY)
        app.periodic_registry.register_task(secret, "* * * * *", "p", {"task_kwargs": {"iban": CANARY}})
    assert "deferred 1 of test:secret" in caplog.messages
    assert CANARY not in repr([vars(record) for record in caplog.records])
