"""Helpers of the queue integrations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Unpack

from advisorjobs.calls import Helper
from advisorjobs.choices import AzureOperation, QuickbooksKind, StripeOperation
from advisorjobs.enqueue import JobOptions
from advisorjobs.helpers.queueing import queueing

if TYPE_CHECKING:
    from advisorjobs.application import App
    from advisorjobs.database.operation import Operation

__all__ = ["queue_azure_ai", "queue_quickbooks_sync", "queue_stripe_operation"]


@Helper
def queue_quickbooks_sync(
    app: App,
    organization_id: str,
    *,
    kinds: Sequence[QuickbooksKind] | None = None,
    full: bool = False,
    since: datetime | None = None,
    realm_id: str | None = None,
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Fetches what changed in QuickBooks since the last run, or *since*; *full*: everything. *kinds* None: all.

    *realm_id* names the company where the organization is connected with several.
    """
    payload = {
        "organization_id": organization_id,
        "kinds": kinds,
        "full": full,
        "since": since,
        "realm_id": realm_id,
    }
    return queueing(app, "queue_quickbooks_sync", "integration:quickbooks_sync", payload, options)


@Helper
def queue_stripe_operation(
    app: App,
    operation: StripeOperation,
    organization_id: str,
    *,
    parameters: Mapping[str, Any],
    account: str | None = None,
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Has Stripe do something, once however often the job runs. tasks/integrations.py has each operation's *parameters*.

    *account*: the connected account that it is done for.
    """
    payload = {
        "operation": operation,
        "organization_id": organization_id,
        "parameters": parameters,
        "account": account,
    }
    return queueing(app, "queue_stripe_operation", "integration:stripe", payload, options)


@Helper
def queue_azure_ai(
    app: App,
    operation: AzureOperation,
    organization_id: str,
    *,
    document_id: str,
    model: str | None = None,
    language: str = "en",
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Has Azure read or sum up a document. *model* is Azure's name of a model or deployment; None: the one that fits."""
    payload = {
        "operation": operation,
        "organization_id": organization_id,
        "document_id": document_id,
        "model": model,
        "language": language,
    }
    return queueing(app, "queue_azure_ai", "integration:azure_ai", payload, options)
