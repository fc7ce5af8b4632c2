"""A request's body, read once, never beyond its limit."""

from __future__ import annotations

import asyncio
import re

from starlette.requests import ClientDisconnect, Request

from advisorjobs.web.refusal import Refusal

__all__ = ["LARGEST", "read_json_body"]

LARGEST = 1_000_000
"""Bytes. The services' events have some thousands; a batch of Intuit's a few hundred thousand."""

DEADLINE = 10.0
"""Seconds in which a body must have come."""

_JSON = re.compile(r"application/(?:[\w.-]+\+)?json", re.IGNORECASE)


async def read_json_body(request: Request) -> bytes:
    """The raw bytes. Raises Refusal: 413 beyond LARGEST, by what is announced or by what comes; 415 for what isn't called
    JSON or comes compressed; 408 for one that takes too long; 400 for a sender that went away.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip()
    if not _JSON.fullmatch(media_type) or request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(415, "not announced as JSON")
    announced = request.headers.get("content-length", "0")
    if not announced.isascii() or not announced.isdigit():
        raise Refusal(400, "malformed length")
    if len(announced) > 15 or int(announced) > LARGEST:
        raise Refusal(413, "body too large")
    try:
        async with asyncio.timeout(DEADLINE):
            return await _read(request)
    except TimeoutError:
        raise Refusal(408, "body too slow") from None
    except ClientDisconnect:
        raise Refusal(400, "sender gone") from None


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        if len(body) + len(chunk) > LARGEST:
            raise Refusal(413, "body too large")
        body += chunk
    return bytes(body)
