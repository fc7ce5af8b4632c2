"""QuickBooks Online's Accounting API over HTTP: pages of a query, and change data capture.

https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/data-queries and
…/change-data-capture. One try a call: the queue repeats what can be repeated. A 401 is answered with one refresh.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from advisorjobs.errors import ErrorCode, JobError, MissingExtra
from advisorjobs.services.quickbooks.answers import answered, reached
from advisorjobs.services.quickbooks.tokens import Tokens

__all__ = ["ENTITIES", "PAGE", "LookBackTooLong", "QuickbooksClient", "http_client"]

MINOR_VERSION = 75
PAGE = 1000
"""Objects of a page at most, and of one answer of change data capture."""

TIMEOUT = 30.0
"""Seconds without a byte; well below the time limit of the queue."""

ENTITIES: Mapping[str, str] = MappingProxyType(
    {"customers": "Customer", "accounts": "Account", "invoices": "Invoice", "payments": "Payment"}
)
INACTIVE_TOO = frozenset({"customers", "accounts"})
"""A query of these gives active ones only, unless told otherwise."""


class LookBackTooLong(Exception):
    """Change data capture has more changes than one answer holds: some are missing."""


@asynccontextmanager
async def http_client() -> AsyncIterator[Any]:
    """A pool of connections, without proxies of the environment or redirects."""
    try:
        import httpx
    except ImportError:
        raise MissingExtra("integrations", "httpx") from None
    async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, follow_redirects=False) as http:
        yield http


class QuickbooksClient:
    """One company (realm)."""

    def __init__(self, http: Any, api_url: str, realm: str, tokens: Tokens) -> None:
        self._http, self._tokens = http, tokens
        self._base = f"{api_url.rstrip('/')}/v3/company/{realm}"

    async def page(self, kind: str, position: int, *, size: int = PAGE) -> list[dict[str, Any]]:
        """Objects of *kind* from *position* (the first is 1), ordered by id: fewer than *size* in the last page."""
        entity = ENTITIES[kind]
        all_of_them = " where Active in (true, false)" if kind in INACTIVE_TOO else ""
        query = f"select * from {entity}{all_of_them} orderby Id startposition {position} maxresults {size}"
        body = await self._get("query", {"query": query})
        return list(body.get("QueryResponse", {}).get(entity, ()))

    async def by_ids(self, kind: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Those of *ids* that are there, active or not."""
        entity, listed = ENTITIES[kind], ", ".join(f"'{each}'" for each in ids)
        all_of_them = " and Active in (true, false)" if kind in INACTIVE_TOO else ""
        body = await self._get("query", {"query": f"select * from {entity} where Id in ({listed}){all_of_them}"})
        return list(body.get("QueryResponse", {}).get(entity, ()))

    async def changes(self, kind: str, since: datetime) -> list[dict[str, Any]]:
        """Objects of *kind* that changed since then, at most 30 days ago; deleted ones have `status` "Deleted".

        Raises LookBackTooLong where the answer is full, and so perhaps cut.
        """
        entity = ENTITIES[kind]
        moment = since.astimezone(UTC).isoformat(timespec="seconds")
        body = await self._get("cdc", {"entities": entity, "changedSince": moment})
        found = [
            each
            for response in body.get("CDCResponse", ())
            for answer in response.get("QueryResponse", ())
            for each in answer.get(entity, ())
        ]
        if len(found) >= PAGE:
            raise LookBackTooLong
        return found

    async def _get(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        token = await self._tokens.access()
        response = await self._sent(path, params, token)
        if response.status_code == 401:
            response = await self._sent(path, params, await self._tokens.access(refused=token))
            if response.status_code == 401:
                raise JobError(
                    ErrorCode.AUTHENTICATION, "QuickBooks answered 401 to a fresh token: connect the company again"
                )
        body = answered(response, "QuickBooks")
        if "Fault" in body:
            raise JobError(ErrorCode.VALIDATION, "QuickBooks answered with a fault")
        return body

    async def _sent(self, path: str, params: Mapping[str, str], token: str) -> Any:
        async with reached("QuickBooks"):
            return await self._http.get(
                f"{self._base}/{path}",
                params={**params, "minorversion": str(MINOR_VERSION)},
                headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            )
