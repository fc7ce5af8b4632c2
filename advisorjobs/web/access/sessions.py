"""Sessions: what a browser's cookie stands for, kept in the database so that they hold for all processes and can be ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from advisorjobs.calls import call
from advisorjobs.database.operation import Operation, Row, only, operation
from advisorjobs.database.statement import statement
from advisorjobs.web.access.person import Person, Role

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["Session", "SessionCalls"]


@dataclass(frozen=True, slots=True)
class Session:
    """A session as its owner sees it. `is_this`: the one that asks."""

    id: int
    address: str | None
    browser: str | None
    started_at: datetime
    seen_at: datetime
    expires_at: datetime
    is_this: bool


class SessionCalls:
    """Tokens come as their hashes (secrets.digest)."""

    app: App

    @call
    def start_session(
        self,
        person_id: int,
        token: bytes,
        *,
        before: bytes | None,
        address: str | None,
        browser: str | None,
        limit: timedelta,
    ) -> Operation[int | None]:
        """Starts a session that ends after *limit* (timedelta) at the latest, and ends the one *before* in this browser.

        None: the person was deactivated or removed meanwhile.
        """
        values = {
            "person_id": person_id,
            "token_hash": token,
            "before": before,
            "address": address,
            "browser": (browser or "")[:200] or None,
            "limit": limit,
        }
        return operation("start_session", statement("start_session"), values, _read_id)

    @call
    def find_session(self, token: bytes, idle: timedelta, *, touch: bool = True) -> Operation[Person | None]:
        """Whose a session is that was seen within *idle* (timedelta) and has not ended. *touch*: it is seen by this."""
        values = {"token_hash": token, "idle": idle, "touch": touch}
        return operation("find_session", statement("find_session"), values, _read_person)

    @call
    def end_session(
        self, *, token: bytes | None = None, session_id: int | None = None, person_id: int | None = None
    ) -> Operation[bool]:
        """Ends the session with *token*, or a person's own with a number; False: there was none."""
        values = {"token_hash": token, "id": session_id, "person_id": person_id}
        return operation("end_session", statement("end_session"), values, bool)

    @call
    def end_sessions(self, person_id: int, *, keep: bytes | None = None) -> Operation[int]:
        """Ends all sessions of a person but the one with the token *keep*; how many."""
        values = {"person_id": person_id, "keep": keep}
        return operation("end_sessions", statement("end_sessions"), values, only)

    @call
    def list_sessions(self, person_id: int, *, token: bytes | None, idle: timedelta) -> Operation[list[Session]]:
        """A person's sessions that go on, the one seen last first, a hundred at most."""
        values = {"person_id": person_id, "token_hash": token, "idle": idle}
        return operation("list_sessions", statement("list_sessions"), values, _read_sessions)


def _read_id(rows: list[Row]) -> int | None:
    return rows[0]["id"] if rows else None


def _read_person(rows: list[Row]) -> Person | None:
    for row in rows:
        return Person(
            name=row["name"],
            role=Role(row["role"]),
            organization_id=row["organization_id"],
            id=row["person_id"],
            session_id=row["id"],
            way="password" if row["issuer"] is None else "oidc",
        )
    return None


def _read_sessions(rows: list[Row]) -> list[Session]:
    return [Session(**{**row, "is_this": bool(row["is_this"])}) for row in rows]
