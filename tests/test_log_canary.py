"""A client's data on its way through the processes that enqueue and work, and their whole output searched for it."""

import json
from typing import Any

import psycopg
import pytest

from tests.fixtures.apps import Program

CANARY = "DE02120300000000202051"

PROGRAM = f'''
import asyncio, logging
logging.basicConfig(level=logging.DEBUG)

class Everything(logging.Handler):
    def emit(self, record):
        print(record.getMessage(), sorted(vars(record).items(), key=str), record.exc_info and self.format(record))

logging.getLogger().addHandler(Everything())

from advisorjobs import app, get_queue_manager, queue_document_ocr
from procrastinate import exceptions

@app.task(name="canary:result", queue="critical")
async def result(iban):
    return {{"iban": iban}}

@app.task(name="canary:error", queue="critical")
async def error(iban):
    raise ValueError(f"no such account: {{iban}}")

@app.task(name="canary:blocking", queue="critical")
def blocking(iban):
    local = iban
    raise KeyError(local)

@app.task(name="canary:retry", queue="critical", retry=1, pass_context=True)
async def again(context, iban):
    raise RuntimeError(iban)

app.publish()
for name in ("result", "error", "blocking", "retry"):
    app.configure_task(f"canary:{{name}}").defer(iban="{CANARY}")
asyncio.run(result.batch_defer_async({{"iban": "{CANARY}"}}))
for wrong in ({{"document_id": "{CANARY}"}}, {{"document_id": "{CANARY}\\0", "organization_id": "o"}}):
    try:
        get_queue_manager().sync.add_job("document-processing", "document:ocr", wrong)
    except ValueError as refused:
        print(refused)
app.run_worker(queues=["critical"], wait=False)
'''


@pytest.mark.slow
def test_no_argument_result_or_exception_message_is_in_any_output(
    run_python: Program, connection: psycopg.Connection[Any], tmp_path: Any
) -> None:
    program = tmp_path / "canary_program.py"
    program.write_text(PROGRAM)
    done = run_python(str(program), PYTHONPATH=".")
    assert done.returncode == 0, done.stderr
    ended = connection.execute("SELECT job_name, status, error_message FROM job_executions").fetchall()
    assert {(name, status) for name, status, _ in ended} >= {
        ("canary:result", "completed"),
        ("canary:error", "failed"),
        ("canary:blocking", "failed"),
        ("canary:retry", "retrying"),
    }
    assert any(CANARY in (message or "") for _, _, message in ended)
    assert CANARY not in done.stdout
    assert CANARY not in done.stderr


WORKER = f"""
from advisorjobs import app, get_queue_manager
from advisorjobs.cli.logs import log_to_terminal

log_to_terminal(app.settings)
app.publish()
for name in ("awaited", "blocking"):
    get_queue_manager().sync.add_job("critical", f"canary:slip_{{name}}", {{"organization_id": "org-1", "iban": "{CANARY}"}})
app.run_worker(queues=["critical"], wait=False)
"""


@pytest.mark.slow
@pytest.mark.parametrize("form", ["json", "text"])
def test_no_line_of_a_worker_or_its_children_says_what_a_library_says_of_a_client(
    run_python: Program, connection: psycopg.Connection[Any], form: str
) -> None:
    settings = {
        "ADVISORJOBS_IMPORTS": "tests.canary_jobs",
        "ADVISORJOBS_LOG_FORMAT": form,
        "ADVISORJOBS_LOG_LEVEL": "debug",
    }
    done = run_python("-c", WORKER, PYTHONPATH=".", **settings)
    assert done.returncode == 0, done.stderr
    assert CANARY not in done.stdout
    assert CANARY not in done.stderr
    kept = connection.execute("SELECT text FROM advisorjobs_log_lines").fetchall()
    assert len(kept) == 2
    assert not any(CANARY in text for (text,) in kept)
    if form == "json":
        lines = [json.loads(line) for line in done.stderr.splitlines()]
        for name in ("awaited", "blocking"):
            of_job = [line for line in lines if line.get("job") == f"canary:slip_{name}"]
            assert {line["event"] for line in of_job} >= {
                "no account …", "a line that may hold a client's data", "… accounts", "no account",
                "could not find the account", "an error that nobody heard",
            }  # fmt: skip
            assert {line["error"] for line in of_job if "error" in line} >= {"LookupError", "ValueError"}
            assert {line["organization_id"] for line in of_job} == {"org-1"}
        threads = [line for line in lines if line["event"] == "a thread ended by an error"]
        assert [line["error"] for line in threads] == ["KeyError"] * 2
