"""What is found out about a client's money: insights, categories, a forecast, what is odd.

Numbers come from code, always. With Azure OpenAI a language model finds the words for them, and chooses categories among the
given ones; without it templates and the firm's own labels do. Each result names its engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from advisorjobs.choices import Focus, Sensitivity
from advisorjobs.fields import Flag, Identifier, Language, Money, NoRepeats, Period, Whole
from advisorjobs.job_run import JobRun
from advisorjobs.payloads import Payload
from advisorjobs.settings import Settings
from advisorjobs.task import task

if TYPE_CHECKING:
    from advisorjobs.services.ai.asking import Asking
    from advisorjobs.services.ai.books import Books

Result = dict[str, Any]

MOST_TRANSACTIONS = 2_000
"""So many are given a category by one job; what is more, is left to the next and said so."""

MOST_LABELS = 5_000
"""So many of the firm's latest own labels are learned from."""


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


@task("ai:classify_transactions", payload=ClassifyTransactionsPayload)
def classify_transactions(job: JobRun[ClassifyTransactionsPayload]) -> Result:
    """Gives transactions their category, each with its reason. What a person has decided is never changed."""
    from advisorjobs.services.ai.classification.classifying import LocalClassifier, sort_transactions

    payload, asking = job.payload, _asking(job)
    with job.connection() as connection:
        books = _books(job, connection)
        client = books.client()
        ids, again = payload.transaction_ids, payload.reclassify
        waiting = books.to_classify(ids, reclassify=again, most=MOST_TRANSACTIONS + 1)
        labels = books.own_labels(MOST_LABELS) if waiting else []
    transactions, local = waiting[:MOST_TRANSACTIONS], LocalClassifier(labels)
    done = 0

    def further(count: int) -> None:
        nonlocal done
        done += count
        job.progress(done, len(transactions), "transactions looked at")

    found = sort_transactions(local, transactions, asking=asking, names=client.known_names, done=further)
    with job.transaction() as connection:
        written = _books(job, connection).record_categories(found.labelled)
        job.result = {
            **_engine(asking),
            **local.describe(),
            "transactions": len(transactions),
            "classified": written,
            "unclassified": len(transactions) - len(found.labelled),
            "refused": found.refused,
            "more": len(waiting) > len(transactions),
        }
        text = f"{written} of {len(transactions)} transactions were given a category"
        _note(job, connection, "ai.classified", text, written > 0)
    return job.result


@task("ai:insights", payload=InsightsPayload)
def insights(job: JobRun[InsightsPayload]) -> Result:
    """Compares a period's figures with those of the period before, and says what matters in them."""
    from advisorjobs.services.ai.insights.reading import read_insights

    payload, asking = job.payload, _asking(job)
    with job.connection() as connection:
        read = read_insights(_books(job, connection), payload.start, payload.end, payload.focus, payload.language)
    told = read.tell(asking)
    with job.transaction() as connection:
        _books(job, connection).record_findings("insight", told.findings, engine=told.engine, job_id=job.id)
        job.result = {**_engine(asking), "words": told.engine, **told.to_json()}
        _note(job, connection, "ai.insights", f"{len(told.findings)} insights were found", bool(told.findings))
    return job.result


@task("ai:predict_cash_flow", payload=PredictCashFlowPayload)
def predict_cash_flow(job: JobRun[PredictCashFlowPayload]) -> Result:
    """Forecasts the client's balance: what usually happens, what recurs and what is due."""
    from advisorjobs.services.ai.forecast.outlook import read_outlook

    payload, asking = job.payload, _asking(job)
    with job.connection() as connection:
        outlook = read_outlook(
            _books(job, connection),
            days=payload.days,
            confidence=payload.confidence,
            opening=payload.opening_balance,
            warn_below=payload.warn_below,
        )
    told = outlook.tell(asking)
    with job.transaction() as connection:
        _books(job, connection).record_findings("forecast", told.findings, engine=told.engine, job_id=job.id)
        job.result = {**_engine(asking), "words": told.engine, **outlook.to_json(), "summary": told.summary}
        _note(job, connection, "ai.forecast", f"the cash flow of the next {payload.days} days was forecast")
    return job.result


@task("ai:detect_anomalies", payload=DetectAnomaliesPayload)
def detect_anomalies(job: JobRun[DetectAnomaliesPayload]) -> Result:
    """Looks for payments that a person should see, and says why of each. What a person has dismissed stays dismissed."""
    from advisorjobs.services.ai.anomalies.search import search

    payload, asking = job.payload, _asking(job)
    with job.connection() as connection:
        searched = search(_books(job, connection), payload.start, payload.end, payload.sensitivity)
    told = searched.tell(asking)
    with job.transaction() as connection:
        new = _books(job, connection).record_findings("anomaly", told.findings, engine=told.engine, job_id=job.id)
        job.result = {
            **_engine(asking),
            "words": told.engine,
            **searched.to_json(),
            "new": new,
            "summary": told.summary,
        }
        _note(job, connection, "ai.anomalies", f"{new} bookings should be looked at", new > 0)
    return job.result


def _books(job: JobRun[Any], connection: Any) -> Books:
    from advisorjobs.services.ai.books import Books

    return Books(connection, job.payload.organization_id, job.payload.client_id)


def _asking(job: JobRun[Any]) -> Asking | None:
    """Questions to the language model that the settings name; None without one."""
    from advisorjobs.services.ai.asking import Asking
    from advisorjobs.services.ai.azure import AzureModel

    settings = Settings.from_environment()
    return Asking(job, AzureModel.of(settings.openai)) if settings.openai else None


def _engine(asking: Asking | None) -> Result:
    """Who found the words, and how often it had to be asked."""
    if asking is None:
        return {"engine": "local"}
    return {"engine": asking.engine, "questions": asking.paid, "answers_kept": asking.kept}


def _note(job: JobRun[Any], connection: Any, kind: str, text: str, wanted: bool = True) -> None:
    """Tells the firm's feed, once however often the job runs."""
    from advisorjobs.services.activity import activity

    if wanted:
        client = job.payload.client_id
        connection.execute(*activity(f"{kind}:{job.id}", kind, text, subject=("client", client), client_id=client))
