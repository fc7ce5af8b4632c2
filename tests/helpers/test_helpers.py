"""Each helper against the payload of its job: same fields, same choices, same defaults."""

import asyncio
import inspect
import typing
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest

import advisorjobs
from advisorjobs.application import App
from advisorjobs.calls import Helper
from advisorjobs.catalogue import Catalogue
from advisorjobs.database.operation import Operation
from advisorjobs.enqueue import JobOptions
from advisorjobs.errors import PayloadError

NOON = datetime(2024, 4, 1, 12, tzinfo=UTC)
PERIOD = {"start": date(2024, 1, 1), "end": date(2024, 3, 31)}
INVOICE_PAID = {"id": "evt_1", "type": "invoice.paid", "data": {"object": {"total": 12}}}
CALLS: dict[str, tuple[str, tuple[Any, ...], dict[str, Any]]] = {
    "queue_document_ocr": ("document:ocr", ("d", "o"), {}),
    "queue_document_classification": ("document:classify", ("d", "o"), {}),
    "queue_form_extraction": ("document:extract", ("d", "o"), {}),
    "queue_virus_scan": ("document:virus_scan", ("d", "o"), {}),
    "queue_thumbnail": ("document:thumbnail", ("d", "o"), {}),
    "queue_email": (
        "email:send",
        (),
        {"organization_id": "o", "type": "welcome", "to": "ada@example.com", "template_data": {}},
    ),
    "queue_financial_report": ("report:financial", ("c", "o"), PERIOD),
    "queue_tax_summary": ("report:tax_summary", ("c", "o"), {"tax_year": 2024}),
    "queue_client_overview": ("report:client_overview", ("c", "o"), {"as_of": date(2024, 5, 1)}),
    "queue_custom_report": ("report:custom", ("o",), {"title": "VAT", "sections": ["income"], **PERIOD}),
    "queue_monthly_report": ("report:monthly", ("c", "o"), {"month": "2024-03", "format": "excel"}),
    "queue_financial_insights": ("ai:insights", ("c", "o"), {"focus": ["tax"], **PERIOD}),
    "queue_transaction_classification": ("ai:classify_transactions", ("c", "o"), {"transaction_ids": ["t1"]}),
    "queue_cash_flow_prediction": ("ai:predict_cash_flow", ("c", "o"), {"warn_below": Decimal("1000.50")}),
    "queue_anomaly_detection": ("ai:detect_anomalies", ("c", "o"), {"sensitivity": "high", **PERIOD}),
    "queue_stripe_webhook": ("webhook:stripe", (INVOICE_PAID, "o"), {"received_at": NOON}),
    "queue_quickbooks_webhook": (
        "webhook:quickbooks",
        ("9130", "o"),
        {"event_id": "e", "entity": "Invoice", "entity_id": "7", "operation": "update", "changed_at": NOON},
    ),
    "queue_custom_webhook": ("webhook:custom", ("crm", "o"), {"event_id": "e", "event_type": "a.b", "event": {}}),
    "queue_quickbooks_sync": ("integration:quickbooks_sync", ("o",), {"kinds": ["invoices"], "since": NOON}),
    "queue_stripe_operation": ("integration:stripe", ("void_invoice", "o"), {"parameters": {"invoice_id": "in_1"}}),
    "queue_azure_ai": ("integration:azure_ai", ("analyze_document", "o"), {"document_id": "d"}),
    "queue_security_alert": (
        "critical:security_alert",
        ("o",),
        {"alert_type": "failed_logins", "title": "Five failed logins", "ip_address": "192.0.2.1", "occurred_at": NOON},
    ),
    "queue_emergency_notification": ("critical:emergency_notification", ("o",), {"title": "Fire", "message": "Out!"}),
    "queue_health_check": ("critical:health_check", (), {"parts": ["mail"]}),
}
DERIVED = {"queue_stripe_webhook": {"event_id", "event_type"}}
"""Fields that a helper takes out of another argument."""

OWN_STEPS = {"pipeline", "channel_id"}
"""Fields by which a job tells its further jobs apart from those that a caller queues."""

STORED = {"event"}
"""Fields that the receiver of webhooks leaves out, as it has stored them; a caller must give them."""


def test_every_public_helper_is_called_here(the_process: App) -> None:
    assert {name for name in dir(advisorjobs) if isinstance(getattr(advisorjobs, name), Helper)} == CALLS.keys()


def test_each_helper_queues_its_job_awaited_and_blocking(the_process: App, connection: psycopg.Connection[Any]) -> None:
    made: list[tuple[int, str, str | None]] = []
    for helper, (name, arguments, keywords) in CALLS.items():
        queue: Any = getattr(advisorjobs, helper)
        ids = asyncio.run(queue(*arguments, **keywords)), queue.sync(*arguments, **keywords, unique_key="k")
        made += [(job_id, name, the_process.catalogue[name].queue) for job_id in ids]
    rows = connection.execute("SELECT id, task_name, queue_name FROM procrastinate_jobs ORDER BY id").fetchall()
    assert rows == made


@pytest.mark.parametrize("helper", CALLS)
def test_a_helpers_arguments_are_the_fields_of_its_payload(helper: str) -> None:
    model = Catalogue.load()[CALLS[helper][0]].payload
    parameters = arguments_of(getattr(advisorjobs, helper))
    fields = model.model_fields.keys() - OWN_STEPS - {"operation" if "document:" in CALLS[helper][0] else ""}
    assert parameters.keys() | DERIVED.get(helper, set()) == fields
    for name, parameter in parameters.items():
        field = model.model_fields[name]
        if parameter.default in (None, parameter.empty):  # None leaves the field out
            assert parameter.default is None or field.is_required() or name in {"organization_id", *STORED}
        else:
            assert field.is_required() or field.default == parameter.default, name


@pytest.mark.parametrize("helper", CALLS)
def test_where_a_helper_has_choices_they_are_the_payloads(helper: str) -> None:
    model = Catalogue.load()[CALLS[helper][0]].payload
    build = getattr(advisorjobs, helper)._build
    hints = typing.get_type_hints(build, {**build.__globals__, "App": App, "Operation": Operation})
    for name, field in model.model_fields.items():
        if name in hints and name != "organization_id":
            assert choices(hints[name]) == choices(field.annotation), name


def test_a_helper_shows_what_it_is_for_and_how_it_is_called() -> None:
    assert (advisorjobs.queue_document_ocr.__doc__ or "").startswith("Has a document's text read")
    signature = inspect.signature(advisorjobs.queue_email)
    assert list(signature.parameters)[:3] == ["organization_id", "type", "to"]


def test_ocr_takes_a_language_and_tables(the_process: App, connection: psycopg.Connection[Any]) -> None:
    with connection.transaction():
        advisorjobs.queue_document_ocr.sync("d", "o", language="de", extract_tables=True, connection=connection)
    args = {"document_id": "d", "organization_id": "o", "language": "de", "extract_tables": True}
    assert connection.execute("SELECT args FROM procrastinate_jobs").fetchone() == (args,)


def test_money_and_days_are_kept_as_exact_text(the_process: App, connection: psycopg.Connection[Any]) -> None:
    advisorjobs.queue_cash_flow_prediction.sync("c", "o", days=30, opening_balance=Decimal("1000.10"), warn_below=-5)
    advisorjobs.queue_financial_report.sync("c", "o", start=datetime(2024, 1, 1, tzinfo=UTC), end=date(2024, 1, 2))
    money, days = connection.execute("SELECT args FROM procrastinate_jobs ORDER BY id").fetchall()
    assert (money[0]["opening_balance"], money[0]["warn_below"]) == ("1000.10", "-5")
    assert (days[0]["start"], days[0]["end"]) == ("2024-01-01", "2024-01-02")


@pytest.mark.parametrize("helper", ["queue_stripe_webhook", "queue_quickbooks_webhook", "queue_custom_webhook"])
def test_an_event_that_is_repeated_creates_nothing(the_process: App, helper: str) -> None:
    _, arguments, keywords = CALLS[helper]
    queue: Any = getattr(advisorjobs, helper)
    first = queue.sync(*arguments, **keywords)
    assert queue.sync(*arguments, **keywords) == first
    assert queue.sync(*arguments, **keywords, unique_key=None) != first


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: advisorjobs.queue_document_ocr.sync("", "o"), PayloadError, "document_id"),
        (lambda: advisorjobs.queue_document_ocr.sync("d", "o", tagz=["a"]), TypeError, "did you mean 'tags'"),
        (lambda: advisorjobs.queue_document_ocr.sync("d"), TypeError, "organization_id"),
        (lambda: advisorjobs.queue_stripe_webhook.sync({}, "o"), PayloadError, "event_id"),
        (lambda: advisorjobs.queue_cash_flow_prediction.sync("c", "o", warn_below=0.1), PayloadError, "not exact"),
    ],
)
def test_what_is_wrong_is_refused_by_name(
    the_process: App, call: Callable[[], object], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        call()


def arguments_of(helper: Helper[Any, Any]) -> dict[str, inspect.Parameter]:
    parameters = dict(inspect.signature(helper).parameters)
    assert parameters.pop("options").annotation == "Unpack[JobOptions]"
    assert not parameters.keys() & JobOptions.__annotations__.keys()
    return parameters


def choices(hint: Any) -> set[Any]:
    """All that literals anywhere in *hint* allow."""
    if typing.get_origin(hint) is typing.Literal:
        return set(typing.get_args(hint))
    return {choice for part in typing.get_args(hint) for choice in choices(part)}
