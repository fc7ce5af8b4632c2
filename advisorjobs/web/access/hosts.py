"""Which names of the host are ours, and who is on this machine. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from ipaddress import ip_address

__all__ = ["host_name", "is_loopback", "is_ours", "is_passed_on"]

PASSED_ON = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def host_name(header: str) -> str:
    """The name of a Host header, without its port, in small letters."""
    if header.startswith("["):
        return header.partition("]")[0].lower() + "]"
    return header.partition(":")[0].lower().rstrip(".")


def is_loopback(host: str) -> bool:
    """Whether a name or an address is this machine's to itself: nobody from elsewhere can reach or be it."""
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    return address.is_loopback or bool(
        mapped.is_loopback if (mapped := getattr(address, "ipv4_mapped", None)) else False
    )


def is_ours(header: str, hosts: Collection[str], *, any_if_none: bool) -> bool:
    """Whether a Host header names us: as loopback, or one of *hosts*. Another site's name may be made to lead here.

    *any_if_none*: where no hosts are named, any will do: a sign-in protects, whose cookie no other name gets.
    """
    name = host_name(header)
    return is_loopback(name) or name in hosts or (any_if_none and not hosts and bool(name))


def is_passed_on(headers: Mapping[str, str]) -> bool:
    """Whether a proxy passed the request on: who asks is somewhere else, whatever the address says."""
    return any(name in headers for name in PASSED_ON)
