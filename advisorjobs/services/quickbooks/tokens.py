"""Intuit's OAuth 2.0 tokens: an access token lives an hour; each refresh may bring another refresh token.

One process refreshes at a time, under the connection's row lock, and what it got is committed before anybody uses it. The
refresh token that it used stays as the previous one until the new one has been used: if the newer one is refused, the
previous is tried once. If a process dies between Intuit's answer and the commit, the next one refreshes with the stored
token again, which Intuit goes on accepting for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.connections import Connection, mark_trouble, token_purpose
from advisorjobs.services.quickbooks.answers import answered, reached
from advisorjobs.services.secrets import seal, unseal
from advisorjobs.settings import Settings

__all__ = ["Tokens"]

EARLY = 60.0
"""Seconds before its end from which an access token isn't used any more."""


class Refused(Exception):
    """Intuit doesn't take this refresh token (invalid_grant)."""


class Tokens:
    """The access token of one connection. `scope()` opens a transaction for the organization, as JobRun.connection()."""

    def __init__(
        self,
        http: Any,
        settings: Settings,
        place: Connection,
        scope: Callable[[], AbstractAsyncContextManager[Any]],
    ) -> None:
        self._http, self._settings, self._place, self._scope = http, settings, place, scope

    async def access(self, refused: str | None = None) -> str:
        """A token that is good for a while yet, and isn't *refused*, which the service has answered 401 to.

        JobError `authentication`, with what to do, where the firm has to connect the company again.
        """
        token = self._usable(self._place, refused)
        return token if token else await self._refreshed(refused)

    async def _refreshed(self, refused: str | None) -> str:
        trouble = None
        async with self._scope() as connection:
            place = await self._locked(connection)
            token = self._usable(place, refused)  # another process may have been faster
            if token is None:
                try:
                    grant, used = await self._grant(place)
                except Refused:
                    trouble = (
                        f"QuickBooks no longer lets us read company {place.account}: somebody has to connect it again"
                    )
                    await mark_trouble(connection, place, trouble)
                else:
                    place = await self._save(connection, place, grant, used)
                    token = str(grant["access_token"])
        self._place = place  # committed: from here on it may be used
        if token is None:
            raise JobError(ErrorCode.AUTHENTICATION, trouble or "the connection needs a person")
        return token

    async def _locked(self, connection: Any) -> Connection:
        where = {"service": self._place.service, "account": self._place.account}
        cursor = await connection.execute(statement("lock_connection"), where)
        row = await cursor.fetchone()
        if row is None:
            raise JobError(ErrorCode.NOT_FOUND, f"QuickBooks company {self._place.account} was disconnected meanwhile")
        place = Connection.of(cursor, row)
        if place.trouble:
            raise JobError(ErrorCode.AUTHENTICATION, place.trouble)
        return place

    def _usable(self, place: Connection, refused: str | None) -> str | None:
        if not place.access_token or (place.access_expires_in or 0) < EARLY:
            return None
        token = self._opened(place.access_token, "access_token")
        return None if token == refused else token

    async def _grant(self, place: Connection) -> tuple[dict[str, Any], str]:
        """Intuit's answer, and the sealed refresh token that it was given for: the newest that it takes."""
        for sealed in (place.refresh_token, place.previous_refresh_token):
            if sealed:
                try:
                    return await self._asked(self._opened(sealed, "refresh_token")), sealed
                except Refused:
                    continue
        raise Refused

    async def _asked(self, refresh_token: str) -> dict[str, Any]:
        app = self._settings.quickbooks
        if app is None:
            raise JobError(ErrorCode.AUTHENTICATION, "set QUICKBOOKS_CLIENT_ID and QUICKBOOKS_CLIENT_SECRET")
        async with reached("QuickBooks' token endpoint"):
            response = await self._http.post(
                app.token_url,
                data={"grant_type": "refresh_token", "refresh_token": refresh_token},
                auth=(app.client_id, app.client_secret),
                headers={"Accept": "application/json"},
            )
        body = answered(response, "QuickBooks' token endpoint", allow=(400, 401))
        if response.status_code == 200 and body.get("access_token") and body.get("refresh_token"):
            return body
        if body.get("error") == "invalid_grant":
            raise Refused
        raise JobError(
            ErrorCode.AUTHENTICATION,
            f"QuickBooks' token endpoint answered {response.status_code}: check QUICKBOOKS_CLIENT_ID and _SECRET",
        )

    async def _save(self, connection: Any, place: Connection, grant: dict[str, Any], used: str) -> Connection:
        expires_in = float(grant.get("expires_in") or 3600)
        access, refresh = (self._sealed(str(grant[name]), name) for name in ("access_token", "refresh_token"))
        values = {
            "service": place.service,
            "account": place.account,
            "access_token": access,
            "expires_in": expires_in,
            "refresh_token": refresh,
            "previous": used,
            "refresh_expires_in": grant.get("x_refresh_token_expires_in"),
        }
        await connection.execute(statement("save_tokens"), values)
        return replace(
            place,
            access_token=access,
            access_expires_in=expires_in,
            refresh_token=refresh,
            previous_refresh_token=used,
        )

    def _opened(self, sealed: str, column: str) -> str:
        return unseal(sealed, **self._for(column))

    def _sealed(self, text: str, column: str) -> str:
        return seal(text, **self._for(column))

    def _for(self, column: str) -> dict[str, Any]:
        place = self._place
        return {
            "organization_id": place.organization_id,
            "purpose": token_purpose(place.service, place.account, column),
            "settings": self._settings,
        }
