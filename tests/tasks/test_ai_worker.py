"""The AI jobs where they run in earnest: in the child processes of a worker, within their memory."""

from __future__ import annotations

from datetime import date, timedelta

from tests.fixtures.analyst import Analyst
from tests.fixtures.apps import Program

WORKER = """
import asyncio
from advisorjobs import app
async def work():
    async with app.open_async():
        await app.run_worker_async(queues=["ai-processing"], wait=False, install_signal_handlers=False)
asyncio.run(work())
"""


def test_all_four_jobs_end_well_in_a_workers_children(analyst: Analyst, run_python: Program) -> None:
    for number in range(60):
        day = date.today() - timedelta(days=200 - 3 * number)  # noqa: DTZ011 – any day near today will do
        kind = ("office_supplies", "subcontractors")[number % 2]
        analyst.book(day, -20 - number, f"Vellum {chr(97 + number % 26)} {kind}", kind, category=kind)
    analyst.book("2026-04-01", -33, "Vellum House", "office_supplies")
    period = {"start": "2026-01-01", "end": "2026-12-31"}
    analyst.put("ai:classify_transactions")
    analyst.put("ai:insights", **period)
    analyst.put("ai:detect_anomalies", **period)
    analyst.put("ai:predict_cash_flow")
    done = run_python("-c", WORKER)

    assert done.returncode == 0, done.stderr
    runs = analyst.rows("SELECT job_name, status, result, error_message FROM job_executions")
    # a worker that doesn't wait may give one back before it begins; it is taken again
    ended = [each for each in runs if each["status"] != "released"]
    assert [(each["job_name"], each["error_message"]) for each in ended if each["status"] != "completed"] == []
    assert {each["job_name"]: each["result"]["engine"] for each in ended} == dict.fromkeys(
        ("ai:classify_transactions", "ai:insights", "ai:detect_anomalies", "ai:predict_cash_flow"), "local"
    )
    assert "Warning" not in done.stderr
