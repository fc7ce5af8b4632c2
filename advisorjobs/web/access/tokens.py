"""Tokens with which programs use the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from advisorjobs.calls import call
from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement
from advisorjobs.errors import SettingsError
from advisorjobs.web.access.people import checked_name, checked_place
from advisorjobs.web.access.person import Person, Role

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["Token", "TokenCalls"]

PAGE = 200


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; itself it is shown once, when it is made."""

    id: int
    name: str
    role: Role
    organization_id: str | None
    created_at: datetime
    created_by: str | None
    expires_at: datetime | None
    used_at: datetime | None
    is_expired: bool


class TokenCalls:
    """`by` is who does it. Hashes are those of secrets.digest."""

    app: App

    @call
    def add_token(
        self,
        name: str,
        token: bytes,
        role: Role,
        organization_id: str | None = None,
        *,
        expires_at: datetime | None = None,
        by: str | None,
        connection: Any = None,
    ) -> Operation[int | None]:
        """Keeps a token's hash; its number, or None where the name is taken. *expires_at*: with its time zone."""
        if expires_at is not None and expires_at.tzinfo is None:
            raise SettingsError("expires_at", str(expires_at), "must have a time zone")
        values = {
            "name": checked_name(name),
            "token_hash": token,
            "role": role,
            "organization_id": checked_place(role, organization_id),
            "expires_at": expires_at,
            "by": by,
        }
        return operation("add_token", statement("add_token"), values, _read_id, connection)

    @call
    def find_token(self, token: bytes) -> Operation[Person | None]:
        """Who a program is that shows a token which holds."""
        return operation("find_token", statement("find_token"), {"token_hash": token}, _read_person)

    @call
    def list_tokens(self, *, after: int = 0, most: int = PAGE, connection: Any = None) -> Operation[list[Token]]:
        """Tokens in the order in which they were made, *most* of them, those after number *after*."""
        values = {"after": after, "most": most}
        return operation("list_tokens", statement("list_tokens"), values, _read_tokens, connection)

    @call
    def revoke_token(self, name: str, *, by: str | None, connection: Any = None) -> Operation[bool]:
        """Makes a token worthless at once; False: there is none of that name."""
        return operation("revoke_token", statement("revoke_token"), {"name": name, "by": by}, bool, connection)


def _read_id(rows: list[Row]) -> int | None:
    return rows[0]["id"] if rows else None


def _read_person(rows: list[Row]) -> Person | None:
    for row in rows:
        role, organization = Role(row["role"]), row["organization_id"]
        return Person(name=f"token {row['name']}", role=role, organization_id=organization, way="token")
    return None


def _read_tokens(rows: list[Row]) -> list[Token]:
    return [Token(**{**row, "role": Role(row["role"])}) for row in rows]
