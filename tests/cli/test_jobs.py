"""`advisorjobs jobs show`, `retry` and `cancel`: what is told of a job, and an answer for each."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

from tests.fixtures.apps import Program, last_json
from tests.fixtures.desk import Desk

Jobs = Callable[..., subprocess.CompletedProcess[str]]
SECRET = "miller@example.com"
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def jobs(run_python: Program) -> Jobs:
    return lambda *arguments, **environment: run_python("-m", "advisorjobs", "jobs", *arguments, **environment)


@pytest.fixture
def failed(desk: Desk) -> int:
    """A job that was tried twice and failed, with a client's data in argument, message and trace."""
    (job,) = desk.enqueue(args={"to": SECRET}, organization_id="org-7", tags=["import"])
    ending = {"error_code": "network", "error_message": f"{SECRET} is unknown", "stack_trace": f"Traceback: {SECRET}"}
    desk.settle(*desk.claim(), status="retrying", final=False, delay=0, **ending)
    desk.run("next_due")
    desk.settle(*desk.claim(), status="failed", final=True, **ending)
    return job


def test_a_job_is_shown_with_all_its_runs_and_nothing_of_a_client(jobs: Jobs, failed: int) -> None:
    shown = jobs("show", str(failed))

    assert shown.returncode == 0, shown.stderr
    first, *lines = shown.stdout.splitlines()
    assert first == f"job {failed}  test:work  failed"
    assert any(line.split() == ["organization", "org-7"] for line in lines)
    assert any(line.split()[:2] == ["arguments", "to"] for line in lines)
    runs = [line.split()[:4] for line in lines if line.strip().startswith(("1 ", "2 "))]
    assert runs == [["1", "1", "retrying", "network"], ["2", "2", "failed", "network"]]
    assert SECRET not in shown.stdout
    assert "--values" in lines[-1]


def test_values_are_shown_when_they_are_asked_for(jobs: Jobs, failed: int) -> None:
    shown = jobs("show", str(failed), "--values").stdout

    assert f'{{"to": "{SECRET}"}}' in shown
    assert f"run 2, message: {SECRET} is unknown" in shown
    assert f"run 2, stack trace: Traceback: {SECRET}" in shown


def test_what_runs_said_is_shown_when_it_is_asked_for(jobs: Jobs, failed: int, desk: Desk) -> None:
    line = "INSERT INTO advisorjobs_log_lines VALUES (%s, 2, 1, now(), 'warning', %s, 'org-7')"
    desk.connection.execute(line, [failed, f"no answer from {SECRET}\x1b[2J"])
    hidden, shown = jobs("show", str(failed), "--values"), jobs("show", str(failed), "--log")

    assert "no answer" not in hidden.stdout
    (said,) = [text for text in shown.stdout.splitlines() if "no answer" in text]
    assert said.startswith("run 2, ")
    assert said.endswith(f"warning no answer from {SECRET} [2J")
    (kept,) = json.loads(jobs("show", str(failed), "--log", "--json").stdout)["log"]
    assert (kept["run"], kept["no"], kept["level"]) == (2, 1, "warning")


def test_a_job_s_trace_is_linked(jobs: Jobs, desk: Desk) -> None:
    traced, plain = desk.enqueue(traceparent=TRACEPARENT), desk.enqueue()
    pages = {"ADVISORJOBS_TRACE_URL": "https://traces.test/{trace_id}"}

    assert "https://traces.test/0af7651916cd43dd8448eb211c80319c\n" in jobs("show", str(*traced), **pages).stdout
    desk.complete(*desk.claim())
    assert "https://traces.test/0af7651916cd43dd8448eb211c80319c\n" in jobs("show", str(*traced), **pages).stdout
    assert "traces.test" not in jobs("show", str(*plain), **pages).stdout


def test_machines_get_the_same(jobs: Jobs, failed: int) -> None:
    hidden = jobs("show", str(failed), "--json")
    told = json.loads(hidden.stdout)

    assert SECRET not in hidden.stdout
    assert (told["id"], told["status"], told["attempts"], told["fields"]) == (failed, "failed", 2, ["to"])
    assert [(run["run_number"], run["status"], run["worker"]) for run in told["runs"]] == [
        (1, "retrying", "desk"),
        (2, "failed", "desk"),
    ]
    told = last_json(jobs("show", str(failed), "--values", "--json"))
    assert isinstance(told, dict)
    assert told["payload"] == {"to": SECRET}
    assert told["runs"][1]["error_message"] == f"{SECRET} is unknown"


def test_a_job_that_was_cleaned_away_is_told_by_its_runs(jobs: Jobs, failed: int, run_python: Program) -> None:
    done = run_python("-m", "advisorjobs", "queues", "clean", "critical", "--status", "failed", "--yes")
    assert done.stdout == "1 failed jobs cleaned\n", done.stderr

    shown = jobs("show", str(failed))
    assert shown.stdout.startswith(f"job {failed}  test:work  cleaned\n")


def test_each_of_several_jobs_gets_its_answer(jobs: Jobs, failed: int, desk: Desk) -> None:
    running, waiting = desk.enqueue(2)
    desk.claim(free=1)
    done = jobs("cancel", str(running), str(waiting), str(failed), "4711", str(waiting))

    assert done.stdout.splitlines() == [
        f"job {running} runs, and is told to stop",
        f"job {waiting} is cancelled",
    ]
    assert done.stderr.splitlines() == [
        f"advisorjobs: job {failed} is failed: there is nothing to cancel",
        "advisorjobs: there is no job 4711: `advisorjobs jobs list` shows the newest",
    ]
    assert done.returncode == 1


def test_failed_jobs_are_retried_and_others_are_not(jobs: Jobs, failed: int, desk: Desk) -> None:
    (waiting,) = desk.enqueue()
    done = jobs("retry", str(failed), str(waiting), "4711", "--json")

    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["id"], each["outcome"], each["status"]) for each in told] == [
        (failed, "done", "waiting"),
        (waiting, "nothing", "waiting"),
        (4711, "not_found", None),
    ]
    assert done.stderr == ""
    assert done.returncode == 1
    assert len(desk.claim()) == 2


def test_a_failed_job_whose_key_is_taken_stays_failed(jobs: Jobs, desk: Desk) -> None:
    (job,) = desk.enqueue(unique_key="k")
    desk.settle(*desk.claim(), status="failed", final=True)
    desk.enqueue(unique_key="k")
    done = jobs("retry", str(job))

    assert done.stderr == f"advisorjobs: job {job} stays failed: another job has its unique key now\n"
    assert done.returncode == 1


def test_an_answer_that_is_all_well_is_status_0(jobs: Jobs, failed: int) -> None:
    done = jobs("retry", str(failed))

    assert (done.stdout, done.stderr, done.returncode) == (f"job {failed} waits to run again\n", "", 0)
