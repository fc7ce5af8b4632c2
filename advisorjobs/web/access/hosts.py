"""Which names of the host are ours, and who is on this machine. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from ipaddress import ip_address

from advisorjobs.proxy_settings import PublicUrl

__all__ = ["host_name", "is_for_others", "is_loopback", "is_ours", "is_passed_on"]

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


def is_for_others(public: PublicUrl | None) -> bool:
    """Whether a public URL is one that leads here from elsewhere, too."""
    return public is not None and not is_loopback(host_name(public.place))


def is_ours(header: str, hosts: Collection[str], *, any_other: bool) -> bool:
    """Whether a Host header names us: as loopback, or one of *hosts*. Another site's name may be made to lead here.

    *any_other*: any other will do: a sign-in protects, whose cookie no other name gets.
    """
    name = host_name(header)
    return is_loopback(name) or name in hosts or (any_other and bool(name))


def is_passed_on(headers: Mapping[str, str]) -> bool:
    """Whether a proxy passed the request on: who asks is somewhere else, whatever the address says."""
    return any(name in headers for name in PASSED_ON)
