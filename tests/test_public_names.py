import json

import pytest

import advisorjobs
from tests.fixtures.apps import Program, last_json

PROMISED = {
    "QUEUES",
    "QUEUE_NAMES",
    "add_document",
    "app",
    "get_job_tracker",
    "get_queue_manager",
    "get_worker_manager",
    "queue_anomaly_detection",
    "queue_azure_ai",
    "queue_cash_flow_prediction",
    "queue_client_overview",
    "queue_custom_report",
    "queue_custom_webhook",
    "queue_document_classification",
    "queue_document_ocr",
    "queue_email",
    "queue_emergency_notification",
    "queue_financial_insights",
    "queue_financial_report",
    "queue_form_extraction",
    "queue_health_check",
    "queue_monthly_report",
    "queue_quickbooks_sync",
    "queue_quickbooks_webhook",
    "queue_security_alert",
    "queue_stripe_operation",
    "queue_stripe_webhook",
    "queue_tax_summary",
    "queue_thumbnail",
    "queue_transaction_classification",
    "queue_virus_scan",
}

IMPORTED = """
import json, os, sys
os.environ = None  # reading it would fail
import advisorjobs
print(json.dumps(sorted(sys.modules)))
"""

HEAVY = """
import json, sys
from advisorjobs import queue_document_ocr, get_queue_manager, QUEUES
print(json.dumps(sorted(sys.modules)))
"""


def test_every_public_name_is_there() -> None:
    assert set(dir(advisorjobs)) >= PROMISED
    for name in set(dir(advisorjobs)) - {"app"}:
        assert getattr(advisorjobs, name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="queue_document_orc"):
        advisorjobs.queue_document_orc  # noqa: B018


def test_importing_reads_no_environment_and_loads_nothing(run_python: Program) -> None:
    modules = last_json(run_python("-c", IMPORTED))
    assert isinstance(modules, list)
    ours = [name for name in modules if name.startswith("advisorjobs")]
    assert ours == ["advisorjobs"]
    assert not {"psycopg", "psycopg_pool", "procrastinate", "pydantic"} & set(modules)


def test_helpers_load_neither_job_modules_nor_libraries_of_an_extra(run_python: Program) -> None:
    modules = last_json(run_python("-c", HEAVY, DATABASE_URL="postgresql://nowhere.invalid/x"))
    assert isinstance(modules, list)
    extra = {"numpy", "onnxruntime", "cv2", "PIL", "typer", "rich", "classic", "psutil", "azure", "fsspec", "uvloop"}
    assert not extra & set(modules)
    assert not [name for name in modules if name.startswith("advisorjobs.tasks.")]
    assert json.dumps(modules)
