"""Settings of the receiver of webhooks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from advisorjobs.environment import Environment
from advisorjobs.errors import SettingsError

__all__ = ["Webhooks", "webhooks"]


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Where webhooks are received, and the secrets that hold for the whole application beside those of each connection.

    host, port: ADVISORJOBS_WEB_HOST, ADVISORJOBS_WEB_PORT.
    stripe_secrets: STRIPE_WEBHOOK_SECRET, several with commas between while one takes over.
    stripe_account: whose events those are that name no account, the platform's own (STRIPE_ACCOUNT).
    quickbooks_tokens: QUICKBOOKS_WEBHOOK_TOKEN, as many.
    """

    host: str = "127.0.0.1"
    port: int = 8750
    stripe_secrets: tuple[str, ...] = field(default=(), repr=False)
    stripe_account: str | None = None
    quickbooks_tokens: tuple[str, ...] = field(default=(), repr=False)


def webhooks(env: Environment) -> Webhooks:
    account = env.text("STRIPE_ACCOUNT")
    if account is not None and not re.fullmatch(r"acct_\w{1,60}", account, re.ASCII):
        raise SettingsError("STRIPE_ACCOUNT", account, "must be an account's id such as acct_1A2b3C")
    return Webhooks(
        host=env.text("ADVISORJOBS_WEB_HOST") or "127.0.0.1",
        port=env.port("ADVISORJOBS_WEB_PORT", 8750),
        stripe_secrets=secrets_in(env, "STRIPE_WEBHOOK_SECRET"),
        stripe_account=account,
        quickbooks_tokens=secrets_in(env, "QUICKBOOKS_WEBHOOK_TOKEN"),
    )


def secrets_in(env: Environment, key: str) -> tuple[str, ...]:
    """Several secrets with commas between: while one takes over from another, both hold."""
    given = tuple(part.strip() for part in (env.secret(key) or "").split(",") if part.strip())
    if any(len(secret) < 16 or not secret.isascii() for secret in given):
        raise SettingsError(key, "…", "must be secrets of 16 characters or more, with commas between")
    return given
