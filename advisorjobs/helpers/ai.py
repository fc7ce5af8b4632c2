"""Helpers of the queue ai-processing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Unpack

from advisorjobs.calls import Helper
from advisorjobs.choices import Focus, Sensitivity
from advisorjobs.enqueue import JobOptions
from advisorjobs.helpers.queueing import queueing

if TYPE_CHECKING:
    from advisorjobs.application import App
    from advisorjobs.database.operation import Operation

__all__ = [
    "queue_anomaly_detection",
    "queue_cash_flow_prediction",
    "queue_financial_insights",
    "queue_transaction_classification",
]


@Helper
def queue_financial_insights(
    app: App,
    client_id: str,
    organization_id: str,
    *,
    start: date,
    end: date,
    focus: Sequence[Focus] | None = None,
    language: str = "en",
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Finds out what is worth telling about a client's days from *start* to *end*; *focus* None: about everything."""
    payload = {
        "client_id": client_id,
        "organization_id": organization_id,
        "start": start,
        "end": end,
        "focus": focus,
        "language": language,
    }
    return queueing(app, "queue_financial_insights", "ai:insights", payload, options)


@Helper
def queue_transaction_classification(
    app: App,
    client_id: str,
    organization_id: str,
    *,
    transaction_ids: Sequence[str] | None = None,
    reclassify: bool = False,
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Gives a client's transactions their categories: these (at most 1000), or all that have none.

    *reclassify*: also those that have one which no person set.
    """
    payload = {
        "client_id": client_id,
        "organization_id": organization_id,
        "transaction_ids": transaction_ids,
        "reclassify": reclassify,
    }
    return queueing(app, "queue_transaction_classification", "ai:classify_transactions", payload, options)


@Helper
def queue_cash_flow_prediction(
    app: App,
    client_id: str,
    organization_id: str,
    *,
    days: int = 90,
    confidence: float = 0.8,
    opening_balance: Decimal | int | str | None = None,
    warn_below: Decimal | int | str | None = None,
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Forecasts a client's balance over the next *days*, with an interval that holds with probability *confidence*.

    *opening_balance* None: what the books say. *warn_below*: say when the balance is likely to fall under this amount.
    Amounts are exact: a float is refused.
    """
    payload = {
        "client_id": client_id,
        "organization_id": organization_id,
        "days": days,
        "confidence": confidence,
        "opening_balance": opening_balance,
        "warn_below": warn_below,
    }
    return queueing(app, "queue_cash_flow_prediction", "ai:predict_cash_flow", payload, options)


@Helper
def queue_anomaly_detection(
    app: App,
    client_id: str,
    organization_id: str,
    *,
    start: date,
    end: date,
    sensitivity: Sensitivity = "normal",
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Looks for what is odd among a client's transactions from *start* to *end*."""
    payload = {
        "client_id": client_id,
        "organization_id": organization_id,
        "start": start,
        "end": end,
        "sensitivity": sensitivity,
    }
    return queueing(app, "queue_anomaly_detection", "ai:detect_anomalies", payload, options)
