"""What Intuit's servers answer, as JSON or as a JobError; no text of theirs is passed on, it may quote a client's data."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from advisorjobs.errors import ErrorCode, JobError

__all__ = ["answered", "reached", "retry_after"]

PATIENCE = 60.0
"""Seconds, where a 429 names none: Intuit counts requests by the minute."""

OVERALL = 45.0
"""Seconds for one whole answer, however slowly it drips."""


@asynccontextmanager
async def reached(what: str) -> AsyncIterator[None]:
    """A connection that fails, or takes too long, as JobError."""
    import httpx

    try:
        async with asyncio.timeout(OVERALL):
            yield
    except TimeoutError:
        raise JobError(ErrorCode.TIMEOUT, f"{what} gave no whole answer within {OVERALL:g} s") from None
    except httpx.TimeoutException as error:
        raise JobError(ErrorCode.TIMEOUT, f"{what} gave no answer in time ({type(error).__name__})") from error
    except httpx.HTTPError as error:
        raise JobError(ErrorCode.NETWORK, f"{what} can't be reached ({type(error).__name__})") from error


def answered(response: Any, what: str, allow: Sequence[int] = ()) -> dict[str, Any]:
    """The answer's JSON, numbers with a point as Decimal; for statuses beside 200 and *allow* a JobError."""
    status = response.status_code
    if status != 200 and status not in allow:
        raise _refusal(status, f"{what} answered {status}", response)
    try:
        body = json.loads(response.content, parse_float=Decimal)
    except ValueError:
        body = None
    if isinstance(body, dict):
        return body
    if status in allow:
        return {}
    raise JobError(ErrorCode.EXTERNAL_SERVICE, f"{what} answered {status} with something else than JSON")


def retry_after(response: Any) -> float:
    """Seconds that the service asks to be left alone."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() and int(value) else PATIENCE


def _refusal(status: int, said: str, response: Any) -> JobError:
    codes = _fault_codes(response)
    said = f"{said}{f' (code {codes})' if codes else ''}"
    if status == 429:
        return JobError(ErrorCode.RATE_LIMITED, said, retry_after=retry_after(response))
    if status == 401:
        return JobError(ErrorCode.AUTHENTICATION, said)
    if status == 403:
        return JobError(ErrorCode.AUTHENTICATION, f"{said}: our app may not read this company, connect it again")
    if status == 404:
        return JobError(ErrorCode.NOT_FOUND, f"{said}: there is no such company")
    if 400 <= status < 500 and status != 408:
        return JobError(ErrorCode.VALIDATION, said)
    return JobError(ErrorCode.EXTERNAL_SERVICE, said)


def _fault_codes(response: Any) -> str:
    """The numbers of a Fault: `{"Fault": {"Error": [{"Message": …, "Detail": …, "code": "4000"}], "type": …}}`."""
    try:
        errors = json.loads(response.content)["Fault"]["Error"]
        codes = [str(error["code"]) for error in errors]
    except (ValueError, KeyError, TypeError):
        return ""
    return ", ".join(code for code in codes if code.isdigit())
