"""The fixed sets that fields of payloads and arguments of helpers are chosen from."""

from __future__ import annotations

from typing import Literal

__all__ = [
    "AzureOperation",
    "EmailType",
    "Focus",
    "Grouping",
    "HealthPart",
    "QuickbooksChange",
    "QuickbooksKind",
    "RefundReason",
    "ReportFormat",
    "Section",
    "Sensitivity",
    "Severity",
    "StripeOperation",
    "SyncSource",
]

# fmt: off
EmailType = Literal[
    "welcome", "task_assignment", "invoice_reminder", "document_shared", "report_delivery", "security_alert", "emergency",
]
ReportFormat = Literal["pdf", "excel", "csv"]
Section = Literal["income", "expenses", "cash_flow", "transactions", "invoices", "documents", "tasks", "taxes"]
Grouping = Literal["none", "month", "quarter", "category"]
Focus = Literal["revenue", "expenses", "profitability", "cash_flow", "tax"]
Sensitivity = Literal["low", "normal", "high"]
Severity = Literal["low", "medium", "high", "critical"]
HealthPart = Literal["database", "storage", "mail", "ai", "queues"]
QuickbooksChange = Literal["create", "update", "delete", "merge", "void", "emailed"]
QuickbooksKind = Literal["customers", "invoices", "payments", "accounts"]
StripeOperation = Literal["create_customer", "create_invoice", "finalize_invoice", "void_invoice", "refund_payment"]
RefundReason = Literal["duplicate", "fraudulent", "requested_by_customer"]
AzureOperation = Literal["analyze_document", "summarize_document"]
SyncSource = Literal["quickbooks", "stripe"]
# fmt: on
