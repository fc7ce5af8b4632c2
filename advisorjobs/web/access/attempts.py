"""How often somebody may try to sign in: counted in the database, before the password is looked at, over all processes."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from advisorjobs.calls import call
from advisorjobs.database.operation import Operation, only, operation
from advisorjobs.database.statement import statement

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["AttemptCalls", "scopes"]

SPAN = timedelta(minutes=15)

LIMITS = (5, 50, 100)
"""Attempts in SPAN: under a name from an address; from an address; under a name. The last is high, as anybody could use it
up to keep somebody out, and still far too low to guess a password of twelve characters.
"""


class AttemptCalls:
    """`name` is what was typed, `address` the client's."""

    app: App

    @call
    def note_attempt(self, name: str, address: str) -> Operation[float | None]:
        """Counts an attempt; the seconds for which no more may be made, or None: this one may."""
        values = {"scopes": list(scopes(name, address)), "limits": list(LIMITS), "span": SPAN}
        return operation("note_attempt", statement("note_attempt"), values, only)

    @call
    def forget_attempts(self, name: str, address: str) -> Operation[bool]:
        """After a sign-in that succeeded: those under *name* from *address* don't count any more."""
        values = {"scope": scopes(name, address)[0]}
        return operation("forget_attempts", statement("forget_attempts"), values, bool)


def scopes(name: str, address: str) -> tuple[str, str, str]:
    """What an attempt is counted under. Names hashed; of IPv6 the network that one customer has."""
    hashed, place = hashlib.sha256(name.strip().lower().encode("utf-8", "replace")).hexdigest(), network(address)
    return f"{hashed} {place}", f"address {place}", f"name {hashed}"


def network(address: str) -> str:
    try:
        given = ip_address(address)
    except ValueError:
        return "elsewhere"
    if isinstance(given, IPv6Address) and given.ipv4_mapped is None:
        return str(ip_network((int(given), 64), strict=False))
    return str(given.ipv4_mapped if isinstance(given, IPv6Address) else given)
