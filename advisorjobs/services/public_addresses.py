"""Which addresses lie in the public internet: everything else is refused to requests whose target a user has set.

The lists are IANA's special-purpose registries (RFC 6890 and its successors), written out because `ipaddress.is_global`
of older Pythons calls several of them global: NAT64, 6to4, IPv4-compatible, site-local, multicast.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

__all__ = ["Address", "Network", "is_public", "literal_address"]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# fmt: off
CLOSED_V4 = tuple(map(ip_network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
)))
OPEN_V6 = ip_network("2000::/3")
"""Global unicast. Outside of it: loopback, IPv4-mapped and -compatible, NAT64 (64:ff9b::/96), unique local, link- and
site-local, multicast. An address that carries another one is refused whatever it carries."""

CLOSED_V6 = tuple(map(ip_network, (
    "2001::/23",        # IETF protocols, Teredo among them
    "2001:db8::/32", "3fff::/20",       # documentation
    "2002::/16",        # 6to4
    "2620:4f:8000::/48",
)))
# fmt: on


def is_public(address: Address) -> bool:
    """Whether a packet to *address* leaves for the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in CLOSED_V4)
    return address in OPEN_V6 and not any(address in network for network in CLOSED_V6)


def literal_address(host: str) -> Address | None:
    """The address that *host* is written as, None for a name. ValueError for a number that only some read as an address.

    A host whose last label is a number is one (WHATWG URL standard), and must be four plain decimals: resolvers also take
    2130706433, 0x7f000001, 0177.0.0.1 and 127.1 for 127.0.0.1.
    """
    if ":" in host:
        if "%" in host:
            raise ValueError("has a zone")
        return ip_address(host)
    last = host.rstrip(".").rpartition(".")[2]
    if not re.fullmatch(r"[0-9]+|0[xX][0-9A-Fa-f]*", last):
        return None
    return IPv4Address(host)
