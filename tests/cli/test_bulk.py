"""A change of many jobs that is disturbed: stopped by whoever gave the command, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from advisorjobs.cli.bulk import ChangeAll, change_all
from advisorjobs.inspector.job_filter import JobFilter
from tests.fixtures.desk import Desk

STEP = "advisorjobs.upkeep.bulk_action.action_step"


class Disturbance:
    """Raises in place of what was called."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise self.error


@pytest.fixture
def cancel_all(
    the_process: App, database: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[str, str | None]]:
    """Cancels a waiting job by `jobs cancel --all`, whatever that raises; how the action and its job stand then."""
    the_process.publish()
    desk.enqueue(1)
    monkeypatch.setenv("DATABASE_URL", database)
    told = ChangeAll(
        question="cancel them",
        title="cancelling",
        outcome="cancelled",
        key="cancelled",
        given={},
        yes=True,
        as_json=True,
    )

    def cancel(error: type[BaseException]) -> tuple[str, str | None]:
        with pytest.raises(error):
            change_all("cancel", JobFilter(queue="critical"), told)
        found = desk.connection.execute(
            "SELECT a.state, j.status::text FROM advisorjobs_actions a LEFT JOIN procrastinate_jobs j ON j.id = a.job_id"
        ).fetchone()
        assert found is not None
        return found

    return cancel


@pytest.mark.parametrize("error", [psycopg.errors.DeadlockDetected, psycopg.OperationalError, TimeoutError])
def test_an_error_in_a_step_leaves_the_action_to_the_workers(
    cancel_all: Callable[..., tuple[str, str | None]],
    error: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(STEP, Disturbance(error("away")))
    assert cancel_all(error) == ("running", "todo")
    assert capsys.readouterr().err == "action 1 is not stopped: the job maintenance:bulk_action goes on with it\n"


def test_who_breaks_it_off_stops_it(
    cancel_all: Callable[..., tuple[str, str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(STEP, Disturbance(KeyboardInterrupt()))
    assert cancel_all(KeyboardInterrupt)[0] == "cancelled"


def test_what_was_not_agreed_to_is_withdrawn(
    cancel_all: Callable[..., tuple[str, str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("advisorjobs.cli.bulk.agree", Disturbance(ZeroDivisionError()))
    assert cancel_all(ZeroDivisionError) == ("cancelled", None)


def test_a_cancelling_that_fails_hides_nothing(
    cancel_all: Callable[..., tuple[str, str | None]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(STEP, Disturbance(KeyboardInterrupt()))
    monkeypatch.setattr(
        "advisorjobs.actions.bulk_actions.BulkActionCalls.cancel_action", Disturbance(psycopg.OperationalError("away"))
    )
    assert cancel_all(KeyboardInterrupt) == ("running", "todo")
    assert capsys.readouterr().err == "action 1 may go on, as cancelling it failed too (OperationalError)\n"
