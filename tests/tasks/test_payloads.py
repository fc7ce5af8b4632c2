"""What the payloads of jobs without a function yet take and refuse, by the field that is named."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from advisorjobs.tasks.emails import EmailPayload, WelcomeData
from advisorjobs.tasks.reports import FinancialReportPayload

from advisorjobs.catalogue import Catalogue
from advisorjobs.enqueue import checked_fields
from advisorjobs.errors import PayloadError
from advisorjobs.payloads import parse_payload

ORG: dict[str, Any] = {"organization_id": "o"}
SYSTEM: dict[str, Any] = {"organization_id": "system"}
CLIENT: dict[str, Any] = {**ORG, "client_id": "c"}
DAYS: dict[str, Any] = {"start": "2024-01-01", "end": "2024-03-31"}
MAIL: dict[str, Any] = {**ORG, "to": "ada@example.com"}
TASK: dict[str, Any] = {**MAIL, "type": "task_assignment", "template_data": {"task_title": "Review Q1"}}
DUE: dict[str, Any] = {"invoice_number": "7", "amount_due": "12.50", "currency": "EUR", "due_date": "2024-05-01"}
EVENT: dict[str, Any] = {
    "event_id": "evt_1",
    "event_type": "invoice.paid",
    "event": {"id": "evt_1", "type": "invoice.paid"},
}
CHANGE: dict[str, Any] = {
    "event_id": "e", "realm_id": "9130", "entity": "Invoice", "entity_id": "7", "operation": "void",
    "changed_at": "2024-04-01T12:00:00Z",
}  # fmt: skip
REMINDER: dict[str, Any] = {**MAIL, "type": "invoice_reminder"}
LINE: dict[str, Any] = {"description": "Bookkeeping", "unit_amount": "99.00"}

TAKEN: list[tuple[str, dict[str, Any]]] = [
    ("critical:emergency_notification", {**ORG, "title": "Fire", "message": "Leave\nnow."}),
    ("critical:security_alert", {**ORG, "alert_type": "failed_logins", "title": "Five", "ip_address": "2001:db8::1"}),
    ("critical:health_check", SYSTEM),
    ("ai:insights", {**CLIENT, **DAYS, "focus": ["tax", "revenue"]}),
    ("ai:classify_transactions", CLIENT),
    ("ai:predict_cash_flow", {**CLIENT, "days": 365, "opening_balance": "-12.5", "warn_below": 1000}),
    ("ai:detect_anomalies", {**CLIENT, "start": "2024-01-01T00:00:00.000Z", "end": "2024-01-01"}),
    ("report:financial", {**CLIENT, **DAYS, "format": "excel", "deliver_to": ["ada@example.com"]}),
    ("report:tax_summary", {**CLIENT, "tax_year": 2023, "format": "csv"}),
    ("report:client_overview", {**CLIENT, "language": "de-AT"}),
    ("report:custom", {**ORG, **DAYS, "title": "Facture n°\u00a012 – été", "sections": ["taxes", "income"]}),
    ("report:monthly", CLIENT),
    ("email:send", TASK),
    ("email:send", {**MAIL, "type": "welcome", "templateData": {"firmName": "Windmill"}}),
    ("email:send", {**REMINDER, "template_data": {**DUE, "level": 4}}),
    ("email:send", {**MAIL, "type": "emergency", "template_data": {"title": "Fire", "message": "Out!"}}),
    ("webhook:stripe", {**ORG, **EVENT, "account": "acct_1A"}),
    ("webhook:quickbooks", {**ORG, **CHANGE}),
    ("webhook:custom", {**ORG, "event_id": "msg_1", "event_type": "a.b", "source": "crm", "event": {"any": [1, None]}}),
    ("integration:quickbooks_sync", {**ORG, "full": True, "realm_id": "9130"}),
    ("integration:stripe", {**ORG, "operation": "create_customer", "parameters": {"client_id": "c", "name": "Ada"}}),
    ("integration:azure_ai", {**ORG, "operation": "analyze_document", "document_id": "d", "model": "prebuilt-invoice"}),
    ("maintenance:log_cleanup", {**SYSTEM, "keep_days": 30}),
    ("maintenance:optimize_database", {**SYSTEM, "tables": ["job_executions"], "dry_run": True}),
    ("maintenance:clear_cache", SYSTEM),
    ("maintenance:expired_locks", SYSTEM),
    ("maintenance:bulk_action", {**SYSTEM, "action_id": 7}),
    ("scheduled:daily_reports", {"organizationId": "system"}),
    ("scheduled:invoice_reminders", {**SYSTEM, "only": ["org456"]}),
    ("scheduled:invoice_reminders", {**ORG, "grace_days": 0}),
    ("scheduled:task_reminders", {**SYSTEM, "days": 0}),
    ("scheduled:data_sync", {**SYSTEM, "sources": ["quickbooks"]}),
]
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("critical:emergency_notification", {**ORG, "title": "a\r\nBcc: x@y.z", "message": "m"}, "title"),
    ("critical:emergency_notification", {**ORG, "title": "t", "message": "m\x1b[2J"}, "message"),
    ("critical:emergency_notification", {**ORG, "title": "t", "message": "m", "action_url": "http://x.y"}, "action_url"),
    ("critical:security_alert", {**ORG, "alert_type": "Failed Logins", "title": "t"}, "alert_type"),
    ("critical:security_alert", {**ORG, "alert_type": "a", "title": "t", "ip_address": "1.2.3.999"}, "ip_address"),
    ("critical:security_alert", {**ORG, "alert_type": "a", "title": "t", "occurred_at": "2024-04-01T12:00"}, "occurred_at"),
    ("critical:health_check", {**SYSTEM, "parts": []}, "parts"),
    ("critical:health_check", {**SYSTEM, "parts": ["mail", "mail"]}, "parts"),
    ("ai:insights", {**CLIENT, "start": "2024-02-01", "end": "2024-01-31"}, "end"),
    ("ai:insights", {**CLIENT, "start": 1704067200, "end": "2024-01-31"}, "start"),
    ("ai:insights", {**CLIENT, "start": "2024-01-01T08:00:00Z", "end": "2024-01-31"}, "start"),
    ("ai:insights", {**CLIENT, **DAYS, "focus": ["weather"]}, "focus.0"),
    ("ai:classify_transactions", {**CLIENT, "transaction_ids": ["t"] * 2}, "transaction_ids"),
    ("ai:classify_transactions", {**CLIENT, "reclassify": "yes"}, "reclassify"),
    ("ai:predict_cash_flow", {**CLIENT, "opening_balance": 0.1}, "opening_balance"),
    ("ai:predict_cash_flow", {**CLIENT, "opening_balance": "0.125"}, "opening_balance"),
    ("ai:predict_cash_flow", {**CLIENT, "opening_balance": "NaN"}, "opening_balance"),
    ("ai:predict_cash_flow", {**CLIENT, "days": "90"}, "days"),
    ("ai:predict_cash_flow", {**CLIENT, "confidence": 1}, "confidence"),
    ("report:financial", {**CLIENT, **DAYS, "format": "docx"}, "format"),
    ("report:financial", {**CLIENT, **DAYS, "deliver_to": ["Ada <ada@example.com>"]}, "deliver_to.0"),
    ("report:tax_summary", {**CLIENT, "tax_year": 24}, "tax_year"),
    ("report:custom", {**ORG, **DAYS, "title": "t", "sections": []}, "sections"),
    ("report:monthly", {**CLIENT, "month": "2024-13"}, "month"),
    ("email:send", {**TASK, "type": "newsletter"}, "type"),
    ("email:send", {**TASK, "template_data": {}}, "template_data.task_title"),
    ("email:send", {**TASK, "template_data": {"task_title": "t", "task_titel": "t"}}, "template_data.task_titel"),
    ("email:send", {**TASK, "template_data": {"task_title": "=?utf-8?q?x=0ABcc:_evil@x.y?="}}, "template_data.task_title"),
    ("email:send", {**TASK, "template_data": WelcomeData()}, "template_data"),
    ("email:send", {**TASK, "template_data": "Review"}, "template_data"),
    ("email:send", {**TASK, "to": "ada@example.com\nBcc: evil@x.y"}, "to"),
    ("email:send", {**TASK, "to": "=?utf-8?q?ada?=@example.com"}, "to"),
    ("email:send", {**TASK, "to": "ada@example.com,eve@example.com"}, "to"),
    ("email:send", {**TASK, "to": "nobody"}, "to"),
    ("email:send", {**TASK, "to": ["ada@example.com"]}, "to"),
    ("email:send", {**TASK, "reply_to": "a b@example.com"}, "reply_to"),
    ("email:send", {**REMINDER, "template_data": {**DUE, "amount_due": 12.5}}, "template_data.amount_due"),
    ("email:send", {**REMINDER, "template_data": {**DUE, "level": 5}}, "template_data.level"),
    ("webhook:stripe", {**ORG, **EVENT, "event_id": "evt_2"}, "event"),
    ("webhook:stripe", {**ORG, **EVENT, "signature": "v1=…"}, "signature"),
    ("webhook:stripe", {**ORG, **EVENT, "event_type": "invoice paid"}, "event_type"),
    ("webhook:quickbooks", {**ORG, **CHANGE, "operation": "Void"}, "operation"),
    ("webhook:quickbooks", {**ORG, **CHANGE, "realm_id": "../1"}, "realm_id"),
    ("webhook:custom", {**ORG, "event_id": "m", "event_type": "a", "source": "A/B", "event": {}}, "source"),
    ("integration:quickbooks_sync", {**ORG, "kinds": ["bills"]}, "kinds.0"),
    ("integration:quickbooks_sync", {**ORG, "full": True, "since": "2024-04-01T12:00:00Z"}, "since"),
    ("integration:stripe", {**ORG, "operation": "delete_everything", "parameters": {}}, "operation"),
    ("integration:stripe", {**ORG, "operation": "void_invoice", "parameters": {"invoice_id": "7"}}, "parameters.invoice_id"),
    (
        "integration:stripe",
        {**ORG, "operation": "create_invoice", "parameters": {
            "customer_id": "cus_1", "currency": "eur", "lines": [{**LINE, "unit_amount": 99.0}]}},
        "parameters.lines.0.unit_amount",
    ),
    ("integration:azure_ai", {**ORG, "operation": "analyze_document", "document_id": ""}, "document_id"),
    ("maintenance:optimize_database", ORG, "organization_id"),
    ("maintenance:expired_locks", {**SYSTEM, "older_than_minutes": 0}, "older_than_minutes"),
    ("maintenance:clear_cache", {**SYSTEM, "only_expired": "yes"}, "only_expired"),
    ("maintenance:log_cleanup", {**SYSTEM, "keep_days": 0}, "keep_days"),
    ("maintenance:optimize_database", {**SYSTEM, "tables": ["jobs; DROP TABLE x"]}, "tables.0"),
    ("scheduled:daily_reports", {"organization_id": "org456", "only": ["org457"]}, "only"),
    ("scheduled:daily_reports", {**SYSTEM, "day": 1704067200}, "day"),
    ("scheduled:invoice_reminders", {**SYSTEM, "grace_days": -1}, "grace_days"),
    ("scheduled:task_reminders", {**SYSTEM, "days": 61}, "days"),
    ("scheduled:data_sync", {**SYSTEM, "sources": ["xero"]}, "sources.0"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "fields"), TAKEN)
def test_a_right_payload_is_taken_and_survives_json(name: str, fields: dict[str, Any]) -> None:
    job_type = Catalogue.load()[name]
    kept = checked_fields(job_type, fields)
    assert parse_payload(name, job_type.payload, kept) == parse_payload(name, job_type.payload, fields)


@pytest.mark.parametrize(("name", "fields", "field"), REFUSED)
def test_a_wrong_payload_is_refused_by_the_fields_name_without_its_value(
    name: str, fields: dict[str, Any], field: str
) -> None:
    job_type = Catalogue.load()[name]
    with pytest.raises(PayloadError) as caught:
        checked_fields(job_type, fields)
    assert field in caught.value.fields
    assert "evil" not in str(caught.value)


def test_every_job_is_taken_somewhere_above() -> None:
    assert {name for name, _ in TAKEN} >= {name for name in Catalogue.load() if not name.startswith("document:")}


def test_what_was_left_out_stays_out_inside_parts_too() -> None:
    job_type = Catalogue.load()["email:send"]
    assert checked_fields(job_type, TASK) == TASK


def test_a_job_function_has_typed_parts() -> None:
    payload = EmailPayload(**{**MAIL, "type": "welcome", "template_data": {"login_url": "https://w.example/in"}})
    assert isinstance(payload.template_data, WelcomeData)
    report = FinancialReportPayload(**CLIENT, start=datetime(2024, 1, 1, tzinfo=UTC), end=date(2024, 1, 1))
    assert (report.start, report.end) == (date(2024, 1, 1), date(2024, 1, 1))


def test_money_is_exact() -> None:
    payload = parse_payload(
        "ai:predict_cash_flow", Catalogue.load()["ai:predict_cash_flow"].payload, {**CLIENT, "warn_below": "0.10"}
    )
    assert payload.model_dump()["warn_below"] == Decimal("0.10")
