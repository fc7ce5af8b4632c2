"""Requests to addresses that a user has set: https to the public internet, and nowhere else.

The name is resolved once, refused if any of its addresses isn't public, and the connection is made to the address that
was checked (TLS and Host still say the name), so that no second answer of a DNS server counts. No redirects, no proxy of
the environment, at most 64 kB of answer, one deadline over everything. What a firm's server answers closes no queue of
ours: a 429 is an ordinary temporary failure here.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import SplitResult, urlsplit

from advisorjobs.errors import ErrorCode, JobError, MissingExtra
from advisorjobs.services.public_addresses import Address, Network, is_public, literal_address

__all__ = ["OUTBOUND", "Answer", "Outbound", "post_json", "signed"]

MOST = 64 * 1024
"""Bytes of an answer."""

NAME = re.compile(r"(?=.{1,253}\.?$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}\.?", re.IGNORECASE)

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


async def _system_resolver(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """What is let out. The defaults are the rule; tests let more through by their own: `also` are networks beside the
    public ones, `ports` None any, `tls` trusts another authority, `resolve` answers for names. `deadline` in seconds.
    """

    ports: frozenset[int] | None = frozenset({443, 8443})
    also: tuple[Network, ...] = ()
    tls: ssl.SSLContext | None = None
    resolve: Resolve = field(default=_system_resolver)
    deadline: float = 10.0

    async def post_json(self, url: str, body: Any, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Posts *body* as JSON (bytes: as they are), once.

        JobError, which names the host and never the path: permanent `validation` for an address that is refused, a
        redirect or a 4xx; `authentication` for 401 and 403, `not_found` for 404 and 410 (the receiver wants no more);
        temporary for the rest.
        """
        parts, host, port = self._checked(url)
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        try:
            async with asyncio.timeout(self.deadline):
                addresses = await self._addresses(host, port)
                return await self._first_reached(parts, host, port, addresses, content, dict(headers or {}))
        except TimeoutError:
            raise JobError(ErrorCode.TIMEOUT, f"{host} gave no answer within {self.deadline:g} s") from None

    def _checked(self, url: str) -> tuple[SplitResult, str, int]:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or 443
        except ValueError:
            _refuse("is no address")
        if re.search(r"[^\x21-\x7e]|\\", url):
            _refuse("must not contain blanks, backslashes, control characters or letters outside ASCII")
        if parts.scheme != "https" or not host:
            _refuse("must begin with https://")
        if parts.username is not None or parts.password is not None:
            _refuse("must not contain a user or password")
        if self.ports is not None and port not in self.ports:
            _refuse(f"must use port {' or '.join(map(str, sorted(self.ports)))}, not {port}")
        return parts, host, port

    async def _addresses(self, host: str, port: int) -> list[Address]:
        try:
            literal = literal_address(host)
        except ValueError:
            _refuse("has a host that is written as a number")
        if literal is not None:
            found = [literal]
        elif not NAME.fullmatch(host) and not self.also:
            _refuse("has no full host name")
        else:
            found = [each for text in await self._resolved(host, port) if (each := literal_address(text))]
        if not all(is_public(each) or any(each in network for network in self.also) for each in found):
            _refuse("leads into a network that is not public")
        return found

    async def _resolved(self, host: str, port: int) -> Sequence[str]:
        try:
            found = await self.resolve(host, port)
        except OSError as error:
            raise JobError(ErrorCode.NETWORK, f"{host} can't be resolved: {error.strerror}") from None
        if not found:
            raise JobError(ErrorCode.NETWORK, f"{host} has no address")
        return found

    async def _first_reached(
        self,
        parts: SplitResult,
        host: str,
        port: int,
        addresses: list[Address],
        content: bytes,
        headers: dict[str, str],
    ) -> Answer:
        """Asks the first of *addresses* that takes a connection."""
        httpx = _httpx()
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._asked(httpx, parts, host, port, address, content, headers)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
            except httpx.TransportError as error:
                failure = error
                break
        raise JobError(ErrorCode.NETWORK, f"{host} can't be reached ({type(failure).__name__})") from failure

    async def _asked(
        self,
        httpx: Any,
        parts: SplitResult,
        host: str,
        port: int,
        address: Address,
        content: bytes,
        headers: dict[str, str],
    ) -> Answer:
        place = f"[{address}]" if address.version == 6 else str(address)
        target = httpx.URL(
            scheme="https",
            host=place,
            port=port,
            raw_path=(f"{parts.path or '/'}{parts.query and '?' + parts.query}").encode(),
        )
        sent = {
            **headers,
            "Host": parts.netloc,
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "AdvisorJobs",
        }
        options = {"verify": self.tls or ssl.create_default_context(), "trust_env": False, "follow_redirects": False}
        async with (
            httpx.AsyncClient(**options, timeout=self.deadline) as client,
            client.stream("POST", target, content=content, headers=sent, extensions={"sni_hostname": host}) as response,
        ):
            _refuse_status(host, response.status_code)
            return Answer(response.status_code, await _capped(host, response))


OUTBOUND = Outbound()
"""What `post_json` asks. Tests put one of their own here."""


async def post_json(url: str, body: Any, *, headers: Mapping[str, str] | None = None) -> Answer:
    """Posts *body* as JSON to an address that a user has set; see `Outbound.post_json`."""
    return await OUTBOUND.post_json(url, body, headers=headers)


def signed(secret: str, body: bytes, *, message_id: str, timestamp: int) -> dict[str, str]:
    """The headers that sign *body* by Standard Webhooks 1.0, with a secret such as `whsec_…` (base64).

    *timestamp*: seconds since 1970. A repeated run must give the same *message_id*, by which receivers know repeats.
    """
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise JobError(ErrorCode.VALIDATION, "the channel's secret must be whsec_ and base64") from None
    said = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": f"v1,{signature}"}


async def _capped(host: str, response: Any) -> bytes:
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > MOST:
            raise JobError(
                ErrorCode.EXTERNAL_SERVICE, f"{host} answered with more than {MOST >> 10} kB", permanent=True
            )
    return bytes(body)


def _refuse_status(host: str, status: int) -> None:
    if 200 <= status < 300:
        return
    said = f"{host} answered {status}"
    if 300 <= status < 400:
        raise JobError(ErrorCode.VALIDATION, f"{said}: redirects are not followed, set the address that it leads to")
    if status in (401, 403):
        raise JobError(ErrorCode.AUTHENTICATION, f"{said}: it doesn't take our signature or key")
    if status in (404, 410):
        raise JobError(ErrorCode.NOT_FOUND, f"{said}: nobody receives there any more")
    if status == 429:
        raise JobError(ErrorCode.RATE_LIMITED, said)
    if 400 <= status < 500 and status not in (408, 425):
        raise JobError(ErrorCode.VALIDATION, f"{said}: it refuses the message")
    raise JobError(ErrorCode.EXTERNAL_SERVICE, said)


def _refuse(why: str) -> NoReturn:
    raise JobError(ErrorCode.VALIDATION, f"the address that was set {why}")


def _httpx() -> Any:
    try:
        import httpx
    except ImportError:
        raise MissingExtra("integrations", "httpx") from None
    return httpx
