"""Stripe by its official package, for one job: every call with an idempotency key of its own, each tried once.

https://docs.stripe.com/api/idempotent_requests: a call that is made again with the same key is answered as the first was,
for 24 hours at least. Keys are derived from the job, the operation, the step and what is asked, so that a run that is
repeated does nothing twice. No text of Stripe's gets into an error of ours, it may quote a customer.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from advisorjobs.errors import ErrorCode, JobError, MissingExtra
from advisorjobs.integration_settings import Stripe

__all__ = ["StripeApi", "stripe_api"]

TIMEOUT = 30.0
"""Seconds for one call, below the time limit of the queue."""

PATIENCE = 10.0
"""Seconds after a 429 that names none."""


class StripeApi:
    """Calls for one job. `account`: the connected account, None for the key's own."""

    def __init__(self, library: Any, client: Any, *, job: str, account: str | None) -> None:
        self._library, self._client, self._job, self._account = library, client, job, account

    @property
    def v1(self) -> Any:
        return self._client.v1

    async def do(
        self, step: str, call: Callable[..., Awaitable[Any]], *place: str, params: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Makes a call that changes something, and gives the object that it answers with."""
        asked = json.dumps([self._job, self._account, step, place, params], sort_keys=True)
        key = f"advisorjobs-{hashlib.sha256(asked.encode()).hexdigest()[:40]}"
        return await self._called(call, *place, params=params or {}, options={"idempotency_key": key})

    async def get(self, call: Callable[..., Awaitable[Any]], *place: str) -> dict[str, Any]:
        """The object as it is now."""
        return await self._called(call, *place, params={}, options={})

    async def _called(
        self, call: Callable[..., Awaitable[Any]], *place: str, params: Mapping[str, Any], options: dict[str, Any]
    ) -> dict[str, Any]:
        if self._account is not None:
            options["stripe_account"] = self._account
        try:
            async with asyncio.timeout(TIMEOUT):
                answer = await call(*place, params=dict(params), options=options)
        except TimeoutError:
            raise JobError(ErrorCode.TIMEOUT, f"Stripe gave no answer within {TIMEOUT:g} s") from None
        except self._library.StripeError as error:
            raise _job_error(self._library, error) from None  # its text quotes the customer
        found: dict[str, Any] = answer.to_dict(for_json=True)
        return found


@asynccontextmanager
async def stripe_api(settings: Stripe, *, job: str, account: str | None) -> AsyncIterator[StripeApi]:
    """The API for one job; *job* names it uniquely."""
    try:
        import stripe
    except ImportError:
        raise MissingExtra("integrations", "stripe") from None
    stripe.enable_telemetry = False
    http = stripe.HTTPXClient(timeout=TIMEOUT)
    client = stripe.StripeClient(
        settings.api_key, base_addresses={"api": settings.api_url}, max_network_retries=0, http_client=http
    )
    try:
        yield StripeApi(stripe, client, job=job, account=account)
    finally:
        await http.close_async()  # type: ignore[no-untyped-call]


def _job_error(library: Any, error: Any) -> JobError:
    status, code = error.http_status, error.code or ""
    named = f" ({code})" if code.replace("_", "").isalnum() else ""
    said = f"Stripe answered {status}{named}, request {error.request_id}" if status else "Stripe can't be reached"
    if isinstance(error, library.RateLimitError):
        return JobError(ErrorCode.RATE_LIMITED, said, retry_after=_retry_after(error))
    if isinstance(error, library.APIConnectionError):
        return JobError(ErrorCode.NETWORK, said)
    if status in (401, 403):
        return JobError(ErrorCode.AUTHENTICATION, f"{said}: check STRIPE_API_KEY, and what it may do for the account")
    if status == 404 or code == "resource_missing":
        return JobError(ErrorCode.NOT_FOUND, f"{said}: the account has no such object")
    if 400 <= status < 500 and status != 409:  # 409: the same call is being made by another run
        return JobError(ErrorCode.VALIDATION, said)
    return JobError(ErrorCode.EXTERNAL_SERVICE, said)


def _retry_after(error: Any) -> float:
    value = (error.headers or {}).get("retry-after") or ""
    return float(value) if value.isascii() and value.isdigit() and int(value) else PATIENCE
