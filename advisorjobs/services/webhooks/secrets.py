"""The secrets of a connection's webhooks, as they are kept: sealed for the firm, the service and the account."""

from __future__ import annotations

import base64
import logging
import secrets
from collections.abc import Iterable
from typing import Any

from advisorjobs.database.statement import statement
from advisorjobs.errors import JobError, SettingsError
from advisorjobs.services.secrets import seal, unseal
from advisorjobs.settings import Settings
from advisorjobs.tenancy.scope import scope

__all__ = ["add_webhook_secret", "new_standard_secret", "open_webhook_secrets", "seal_webhook_secret"]

log = logging.getLogger(__name__)

KEY_BYTES = 32


def add_webhook_secret(
    connection: Any,
    organization_id: str,
    service: str,
    account: str,
    secret: str,
    *,
    client_id: str | None = None,
    only: bool = False,
    settings: Settings | None = None,
) -> None:
    """Has webhooks of *account* verified with *secret* too, or (*only*) with no other any more; connects it where it isn't.

    *service*: stripe, quickbooks or custom, whose account is the name in its address. *client_id*: whose books it is about.
    Takes a blocking psycopg connection. Raises a database error (22023) for an account that another organization has.
    """
    place = {"organization_id": organization_id, "service": service, "account": account}
    sealed = seal_webhook_secret(secret, **place, settings=settings)
    with scope(connection, organization_id):
        values = {**place, "secret": sealed, "client": client_id, "only": only}
        connection.execute(statement("add_webhook_secret"), values)


def seal_webhook_secret(
    secret: str, *, organization_id: str, service: str, account: str, settings: Settings | None = None
) -> str:
    """*secret* for practice_connections.secrets of this account."""
    purpose = _purpose(service, account)
    return seal(secret, organization_id=organization_id, purpose=purpose, settings=settings)


def open_webhook_secrets(
    sealed: Iterable[str], *, organization_id: str, service: str, account: str, settings: Settings | None = None
) -> list[str]:
    """Those that open. One that doesn't is logged and left out: the others may hold still."""
    opened = []
    for each in sealed:
        try:
            opened.append(
                unseal(each, organization_id=organization_id, purpose=_purpose(service, account), settings=settings)
            )
        except (JobError, SettingsError) as error:
            log.error("a webhook secret of %s can't be opened (%s)", organization_id, type(error).__name__)
    return opened


def new_standard_secret() -> str:
    """A new secret for Standard Webhooks."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


def _purpose(service: str, account: str) -> str:
    return f"webhook:{service}:{account}"
