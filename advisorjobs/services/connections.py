"""What a firm is connected with: adding it, reading it, and saying that it needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Self

from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.activity import activity
from advisorjobs.services.secrets import seal
from advisorjobs.settings import Settings
from advisorjobs.tenancy.scope import scope

__all__ = ["Connection", "add_connection", "find_the_connection", "mark_trouble", "token_purpose"]

TROUBLE = "connection.trouble"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """The row, its tokens sealed. `currency` is the client's; `access_expires_in` in seconds; `now` is the database's."""

    organization_id: str
    service: str
    account: str
    client_id: str | None
    currency: str | None
    access_token: str | None
    access_expires_in: float | None
    refresh_token: str | None
    previous_refresh_token: str | None
    synced_at: datetime | None
    cursor: dict[str, Any] | None
    trouble: str | None
    now: datetime

    @classmethod
    def of(cls, cursor: Any, row: Any) -> Self:
        return cls(**dict(zip((column.name for column in cursor.description), row, strict=True)))


def add_connection(
    connection: Any,
    organization_id: str,
    service: str,
    account: str,
    *,
    client_id: str | None = None,
    refresh_token: str | None = None,
    refresh_expires_at: datetime | None = None,
    settings: Settings | None = None,
) -> None:
    """Connects an organization with *account* (QuickBooks' realm id) of *service*, or connects it again after trouble.

    *client_id*: whose books it is about. *refresh_token*: what Intuit's consent page ended with; it is sealed here. Takes a
    blocking psycopg connection and works in its transaction. Raises a database error (22023) for an account that another
    organization is connected with.
    """
    sealed = refresh_token and seal(
        refresh_token,
        organization_id=organization_id,
        purpose=token_purpose(service, account, "refresh_token"),
        settings=settings,
    )
    values = {
        "organization": organization_id,
        "service": service,
        "account": account,
        "client": client_id,
        "refresh_token": sealed,
        "refresh_expires_at": refresh_expires_at,
    }
    with scope(connection, organization_id):
        connection.execute(statement("add_connection"), values)


async def find_the_connection(connection: Any, service: str, account: str | None) -> Connection:
    """*account*'s active connection, or without one the organization's only one.

    JobError `not_found` where there is none, `validation` where there are several to choose from, `authentication` where
    it needs a person.
    """
    found = await _found(connection, service, account)
    if not found:
        which = f"{service} {account}" if account else service
        raise JobError(ErrorCode.NOT_FOUND, f"the organization is not connected with {which}: connect it first")
    if len(found) > 1:
        raise JobError(
            ErrorCode.VALIDATION, f"the organization has {len(found)} connections with {service}: name the account"
        )
    if found[0].trouble:
        raise JobError(ErrorCode.AUTHENTICATION, found[0].trouble)
    return found[0]


async def mark_trouble(connection: Any, place: Connection, trouble: str) -> None:
    """Says in the row and in the firm's feed that the connection needs a person."""
    values = {"service": place.service, "account": place.account, "trouble": trouble}
    await connection.execute(statement("mark_connection_trouble"), values)
    key = f"{TROUBLE}:{place.service}:{place.account}:{hash_of(place.refresh_token)}"
    await connection.execute(
        *activity(
            key, TROUBLE, trouble, subject=("connection", f"{place.service}:{place.account}"), client_id=place.client_id
        )
    )


def token_purpose(service: str, account: str, column: str) -> str:
    """What a token is sealed for: its service, account and column."""
    return f"{service}:{account}:{column}"


def hash_of(sealed: str | None) -> str:
    """A short name of an envelope: each token's trouble is told once."""
    return sha256((sealed or "").encode()).hexdigest()[:16]


async def _found(connection: Any, service: str, account: str | None) -> Sequence[Connection]:
    cursor = await connection.execute(statement("find_connections"), {"service": service, "account": account})
    return [Connection.of(cursor, row) for row in await cursor.fetchall()]
