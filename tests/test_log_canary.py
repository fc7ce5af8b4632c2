"""A client's data on its way through the processes that enqueue and work, and their whole output searched for it."""

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
