"""Settings of a web process that others reach through a proxy: its address for them, and which proxies are believed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from advisorjobs.environment import Environment
from advisorjobs.errors import SettingsError

__all__ = ["THIS_MACHINE", "Network", "PublicUrl", "public_url", "trusted_proxies"]

Network = IPv4Network | IPv6Network

THIS_MACHINE: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

USUAL_PORTS = {"https": ":443", "http": ":80"}


@dataclass(frozen=True, slots=True)
class PublicUrl:
    """Where browsers find the dashboard: `scheme` (http or https), `place` (name, and port unless it is the usual one) and
    `prefix` ("" or such as "/background", without a slash at its end).
    """

    scheme: str
    place: str
    prefix: str = ""

    @property
    def origin(self) -> str:
        """As browsers send it with what they change: scheme and place."""
        return f"{self.scheme}://{self.place}"

    def __str__(self) -> str:
        return f"{self.origin}{self.prefix}/"


def public_url(env: Environment) -> PublicUrl | None:
    """ADVISORJOBS_WEB_PUBLIC_URL. Raises SettingsError."""
    key = "ADVISORJOBS_WEB_PUBLIC_URL"
    value = env.text(key)
    if value is None:
        return None
    found = re.fullmatch(
        r"(https?)://(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(:[0-9]{1,5})?((?:/[\w.~-]+)*)/?",
        value,
        re.ASCII | re.IGNORECASE,
    )
    if found is None or {".", ".."} & set(found[4].split("/")):
        raise SettingsError(key, value, "must be like https://jobs.example or https://intranet.example:8443/jobs")
    scheme, port = found[1].lower(), found[3] or ""
    if port and not 0 < int(port[1:]) < 65_536:
        raise SettingsError(key, value, "must have a port of 1 to 65535, or none")
    shown = "" if port == USUAL_PORTS[scheme] else port
    return PublicUrl(scheme, found[2].lower() + shown, found[4])


def trusted_proxies(env: Environment) -> tuple[Network, ...]:
    """ADVISORJOBS_WEB_TRUSTED_PROXIES; by default those on this machine. Raises SettingsError."""
    key = "ADVISORJOBS_WEB_TRUSTED_PROXIES"
    value = env.text(key)
    if value is None:
        return THIS_MACHINE
    return tuple(_network(key, value, part.strip()) for part in value.split(",") if part.strip())


def _network(key: str, value: str, part: str) -> Network:
    try:
        found = ip_network(part)
    except ValueError:
        rule = f"must be addresses or networks such as 10.0.0.7 or 10.42.0.0/16, and {part!r} is none"
        raise SettingsError(key, value, rule) from None
    if found.prefixlen == 0:
        raise SettingsError(key, value, f"{part} is everybody: whoever comes could say that they are somebody else")
    return found
