"""The secrets of a connection's webhooks, as they are kept: sealed for the firm, the service and the account."""

from __future__ import annotations

import base64
import logging
import secrets
from collections.abc import Iterable

from advisorjobs.errors import JobError, SettingsError
from advisorjobs.services.secrets import seal, unseal
from advisorjobs.settings import Settings

__all__ = ["new_standard_secret", "open_webhook_secrets", "seal_webhook_secret"]

log = logging.getLogger(__name__)

KEY_BYTES = 32


def seal_webhook_secret(
    secret: str, *, organization_id: str, service: str, account: str, settings: Settings | None = None
) -> str:
    """*secret* for connections.secrets of this account."""
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
