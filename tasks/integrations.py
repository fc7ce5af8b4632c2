"""Work with other services: QuickBooks is synchronized, Stripe is asked to do something, Azure reads and sums up."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field, SerializeAsAny, ValidationInfo, field_validator

from advisorjobs.choices import AzureOperation, QuickbooksKind, RefundReason, StripeOperation
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.fields import Currency, EmailAddress, Flag, Identifier, Language, Line, Moment, Money, NoRepeats, Whole
from advisorjobs.job_run import JobRun
from advisorjobs.payloads import Payload, PayloadPart, chosen_part
from advisorjobs.settings import Settings
from advisorjobs.task import task

Result = dict[str, Any]


class QuickbooksSyncPayload(Payload):
    """`kinds` default all. What changed since the last run, or since `since`; `full`: everything.

    `realm_id` names the company where the organization is connected with several.
    """

    kinds: Annotated[tuple[QuickbooksKind, ...], Field(min_length=1), NoRepeats] = (
        "customers",
        "invoices",
        "payments",
        "accounts",
    )
    full: Flag = False
    since: Moment | None = None
    realm_id: Annotated[str, Field(pattern=r"^\d{1,30}$")] | None = None

    @field_validator("since")
    @classmethod
    def _not_with_full(cls, since: Any, info: ValidationInfo) -> Any:
        if since is not None and info.data.get("full"):
            raise ValueError("and full exclude each other: give one")
        return since


class StripeParameters(PayloadPart):
    """What an operation needs to know."""


class CreateCustomer(StripeParameters):
    client_id: Identifier
    name: Line
    email: EmailAddress | None = None


class InvoiceLine(PayloadPart):
    description: Line
    unit_amount: Money
    quantity: Annotated[Whole, Field(ge=1, le=100_000)] = 1


class CreateInvoice(StripeParameters):
    customer_id: Annotated[str, Field(pattern=r"^cus_\w+$")]
    currency: Currency
    lines: Annotated[tuple[InvoiceLine, ...], Field(min_length=1, max_length=250)]
    days_until_due: Annotated[Whole, Field(ge=0, le=365)] = 30


class StripeInvoice(StripeParameters):
    """For finalize_invoice and void_invoice."""

    invoice_id: Annotated[str, Field(pattern=r"^in_\w+$")]


class RefundPayment(StripeParameters):
    """`amount` None: all of it."""

    payment_intent_id: Annotated[str, Field(pattern=r"^pi_\w+$")]
    amount: Annotated[Money, Field(gt=0)] | None = None
    currency: Currency
    reason: RefundReason | None = None


STRIPE_PARAMETERS: Mapping[str, type[StripeParameters]] = MappingProxyType(
    {
        "create_customer": CreateCustomer,
        "create_invoice": CreateInvoice,
        "finalize_invoice": StripeInvoice,
        "void_invoice": StripeInvoice,
        "refund_payment": RefundPayment,
    }
)


class StripePayload(Payload):
    """`parameters` has the fields of its operation's model above. Stripe's idempotency key is derived from the job, so that
    a repeated run does nothing twice. `account`: the connected account that it is done for.
    """

    operation: StripeOperation
    parameters: SerializeAsAny[StripeParameters]
    account: Annotated[str, Field(pattern=r"^acct_\w+$")] | None = None

    @field_validator("parameters", mode="before")
    @classmethod
    def _as_its_operation_has_it(cls, value: Any, info: ValidationInfo) -> Any:
        return chosen_part(value, info.data.get("operation"), STRIPE_PARAMETERS, StripeParameters)


class AzureAiPayload(Payload):
    """`model` is Azure's name of one of its document models or deployments; None: the one that fits."""

    operation: AzureOperation
    document_id: Identifier
    model: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] | None = None
    language: Language = "en"


@task("integration:quickbooks_sync", payload=QuickbooksSyncPayload, limit_key="quickbooks:{realm_id}")
async def quickbooks_sync(job: JobRun[QuickbooksSyncPayload]) -> Result:
    """Brings a company's customers, accounts, invoices and payments into the practice's tables, and goes on where it was."""
    from advisorjobs.services.quickbooks.sync import sync

    return await sync(job, Settings.from_environment())


@task("integration:stripe", payload=StripePayload, limit_key="stripe:{account}")
async def stripe(job: JobRun[StripePayload]) -> Result:
    """Has one operation done at Stripe, once however often the job runs, and keeps its result in the practice's tables."""
    from advisorjobs.services.stripe.operations import operate

    return await operate(job, Settings.from_environment())


@task("integration:azure_ai", payload=AzureAiPayload, limit_key="azure:{operation}")
def azure_ai(job: JobRun[AzureAiPayload]) -> Result:
    """Analyses a document, or sums it up; what was made before with the same model and language is kept and not made again."""
    from advisorjobs.services import document_insight as insight
    from advisorjobs.services import records
    from advisorjobs.services.storage import storage

    settings, asked = Settings.from_environment(), job.payload
    with job.connection() as connection:
        document = records.find_document(connection, asked.organization_id, asked.document_id)
    if document.scan == "infected":
        raise JobError(ErrorCode.VALIDATION, f"the document is infected ({document.signature}): it is not opened")
    if asked.operation == "summarize_document":
        engine = asked.model or ("azure" if settings.openai else "local")
        key = f"{document.id}:{engine}:{asked.language}"
        return insight.kept_or_made(job, insight.SUMMARY, key, lambda: insight.summarize(job, settings))
    engine = asked.model or ("azure" if settings.form_recognizer else "local")
    with storage(settings).shelf(asked.organization_id).copy(document.storage_key) as path:
        return insight.kept_or_made(
            job,
            insight.ANALYSIS,
            f"{document.id}:{engine}:{asked.language}",
            lambda: insight.analyze(job, settings, document, path),
        )
