"""The names of all jobs, for ever: jobs that wait refer to them, and so does the Bull system beside us."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from advisorjobs.catalogue import Catalogue
from advisorjobs.payloads import Payload
from advisorjobs.queues import QUEUES

NAMES = {
    "critical": ["critical:emergency_notification", "critical:security_alert", "critical:health_check"],
    "document-processing": [
        "document:virus_scan", "document:ocr", "document:classify", "document:extract", "document:thumbnail",
    ],
    "ai-processing": ["ai:classify_transactions", "ai:insights", "ai:predict_cash_flow", "ai:detect_anomalies"],
    "reports": ["report:financial", "report:tax_summary", "report:client_overview", "report:custom", "report:monthly"],
    "emails": ["email:send"],
    "webhooks": ["webhook:stripe", "webhook:quickbooks", "webhook:custom"],
    "integrations": ["integration:quickbooks_sync", "integration:stripe", "integration:azure_ai"],
    "maintenance": [
        "maintenance:log_cleanup", "maintenance:optimize_database", "maintenance:clear_cache",
        "maintenance:expired_locks",
        "maintenance:bulk_action",
    ],
    "scheduled": [
        "scheduled:daily_reports", "scheduled:invoice_reminders", "scheduled:task_reminders", "scheduled:data_sync",
    ],
}  # fmt: skip
IMPORT_SECONDS = 0.5
"""Of a slow machine; 0.2 of a quick one."""
TRIES = 5
PROGRAM = """
import importlib, json, sys, time
BASE = {"advisorjobs", "procrastinate", "psycopg", "psycopg_pool", "pydantic"}
before = time.process_time()
for name in sys.argv[1:]:
    importlib.import_module(name)
seconds = time.process_time() - before
foreign = {name.split(".")[0] for name in sys.modules} - set(sys.stdlib_module_names) - BASE
print(json.dumps([seconds, sorted(foreign)]))
"""
BELOW_BASE = {"annotated_types", "pydantic_core", "typing_extensions", "typing_inspection"}
"""What pydantic brings along."""


def test_each_queue_has_its_jobs_under_their_names() -> None:
    catalogue = Catalogue.load()
    found = {queue: [name for name, each in catalogue.items() if each.queue == queue] for queue in QUEUES}
    assert found == NAMES


def test_every_payload_says_whose_it_is_and_refuses_what_it_does_not_know() -> None:
    for job_type in Catalogue.load().values():
        assert issubclass(job_type.payload, Payload)
        assert job_type.payload.model_fields["organization_id"].is_required()
        assert job_type.payload.model_config["extra"] == "forbid"


def test_all_nine_modules_are_imported_quickly_and_need_nothing_beyond_the_base_install(tmp_path: Path) -> None:
    modules = [f"advisorjobs.tasks.{queue.module}" for queue in QUEUES.values()]
    assert len(modules) == 9
    command = [sys.executable, "-X", "frozen_modules", "-c", PROGRAM, *modules]
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path)}  # the first try compiles, the others only import
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    quickest = float("inf")
    for _ in range(TRIES):  # processor time, and the best of some: what else the machine does is not ours
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/", env=environment)
        seconds, foreign = json.loads(done.stdout)
        assert not {name for name in set(foreign) - BELOW_BASE if not name.startswith(("_", "sitecustomize"))}, foreign
        quickest = min(quickest, seconds)
        if quickest <= IMPORT_SECONDS:
            break
    assert quickest <= IMPORT_SECONDS
