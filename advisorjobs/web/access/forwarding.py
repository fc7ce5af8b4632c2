"""What proxies say of a request that they passed on: believed of those that are named, ignored of everybody else. No I/O."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.datastructures import Headers

from advisorjobs.proxy_settings import Network

__all__ = ["Forwarded", "forwarded"]

HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9][a-z0-9.-]{0,252})(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Forwarded:
    """`client`: the address that the request came from. `scheme`, `host`: what was asked; None: nobody believed said it."""

    client: str
    scheme: str | None = None
    host: str | None = None


def forwarded(peer: str, headers: Headers, proxies: Sequence[Network]) -> Forwarded:
    """*peer*: the address at the other end of the connection. Of each list the last entry is what *peer* itself has added;
    what stands before it may be anybody's, unless the entry after it is a proxy of ours as well.
    """
    if not _is_among(_address(peer), proxies):
        return Forwarded(peer)
    scheme = _last(headers, "x-forwarded-proto").lower()
    host = _last(headers, "x-forwarded-host")
    return Forwarded(
        _client(peer, _entries(headers, "x-forwarded-for"), proxies),
        scheme if scheme in ("http", "https") else None,
        host if HOST.fullmatch(host) else None,
    )


def _client(peer: str, hops: Sequence[str], proxies: Sequence[Network]) -> str:
    """The nearest that is no proxy of ours; where all are, or something is no address, the farthest that is known."""
    client = peer
    for hop in reversed(hops):
        address = _address(hop)
        if address is None:
            break
        client = str(address)
        if not _is_among(address, proxies):
            break
    return client


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address, with a port or without. One of IPv4 that came over IPv6 is the same as that of IPv4."""
    bracketed = re.fullmatch(r"\[(.+)\](:[0-9]+)?", text)
    bare = bracketed[1] if bracketed else text.partition(":")[0] if text.count(":") == 1 else text
    try:
        given = ip_address(bare)
    except ValueError:
        return None
    return given.ipv4_mapped or given if isinstance(given, IPv6Address) else given


def _is_among(address: IPv4Address | IPv6Address | None, networks: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in networks)


def _entries(headers: Headers, name: str) -> list[str]:
    return [part.strip() for value in headers.getlist(name) for part in value.split(",") if part.strip()]


def _last(headers: Headers, name: str) -> str:
    return (_entries(headers, name) or [""])[-1]
