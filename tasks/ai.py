"""What is found out about a client's money: insights, categories, a forecast, what is odd."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from advisorjobs.choices import Focus, Sensitivity
from advisorjobs.fields import Flag, Identifier, Language, Money, NoRepeats, Period, Whole
from advisorjobs.payloads import Payload
from advisorjobs.task import task


class ClientPayload(Payload):
    client_id: Identifier


class InsightsPayload(Period, ClientPayload):
    """Insights into the days from `start` to `end`; `focus`: what they should be about, default everything."""

    focus: Annotated[tuple[Focus, ...], Field(min_length=1), NoRepeats] | None = None
    language: Language = "en"


class ClassifyTransactionsPayload(ClientPayload):
    """`transaction_ids` None: all that have no category yet. `reclassify`: also those that have one not set by a person."""

    transaction_ids: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=1000), NoRepeats] | None = None
    reclassify: Flag = False


class PredictCashFlowPayload(ClientPayload):
    """The next `days`, with an interval that holds with probability `confidence`.

    `opening_balance` None: what the books say; `warn_below`: say when the balance is likely to fall under it.
    """

    days: Annotated[Whole, Field(ge=1, le=730)] = 90
    confidence: Annotated[float, Field(ge=0.5, le=0.99)] = 0.8
    opening_balance: Money | None = None
    warn_below: Money | None = None


class DetectAnomaliesPayload(Period, ClientPayload):
    """Outliers, duplicates, split payments and odd days from `start` to `end`."""

    sensitivity: Sensitivity = "normal"


insights = task("ai:insights", payload=InsightsPayload)
classify_transactions = task("ai:classify_transactions", payload=ClassifyTransactionsPayload)
predict_cash_flow = task("ai:predict_cash_flow", payload=PredictCashFlowPayload)
detect_anomalies = task("ai:detect_anomalies", payload=DetectAnomaliesPayload)
