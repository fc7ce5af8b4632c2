"""Settings of who may see the pages and the API: sessions, where the server is reached, the identity provider."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType

from advisorjobs.environment import Environment
from advisorjobs.errors import SettingsError
from advisorjobs.proxy_settings import THIS_MACHINE, Network, PublicUrl, public_url, trusted_proxies

__all__ = ["Access", "Grant", "Oidc", "access", "is_trusted_address"]

ROLES = ("viewer", "operator", "admin")
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Grant:
    """What membership in a group of the identity provider gives. `own`: for the things of one's own organization only."""

    role: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class Oidc:
    """An identity provider that speaks OpenID Connect.

    issuer, client_id, client_secret: ADVISORJOBS_OIDC_ISSUER, _CLIENT_ID, _CLIENT_SECRET, as the provider gave them.
    roles: what a group gives (ADVISORJOBS_OIDC_ROLES=jobs-admins=admin,clients=viewer:own).
    role_claim: where the groups stand in the ID token (ADVISORJOBS_OIDC_ROLE_CLAIM).
    organization_claim: where the organization of one with `:own` stands (ADVISORJOBS_OIDC_ORGANIZATION_CLAIM).
    name: of the provider, on the button (ADVISORJOBS_OIDC_NAME). scope: ADVISORJOBS_OIDC_SCOPE.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    roles: Mapping[str, Grant] = field(default_factory=lambda: MappingProxyType({}))
    role_claim: str = "groups"
    organization_claim: str | None = None
    name: str = "single sign-on"
    scope: str = "openid profile email"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may see the pages and the API.

    hosts: names under which the server is reached, beside localhost (ADVISORJOBS_WEB_HOSTS); empty: any, once there is a
        sign-in.
    public: where browsers reach it (ADVISORJOBS_WEB_PUBLIC_URL); None: where they say that they do.
    proxies: who is believed about where a request came from (ADVISORJOBS_WEB_TRUSTED_PROXIES).
    idle: a session ends after so long without a request (ADVISORJOBS_SESSION_IDLE, seconds); those that open pages make by
        themselves don't count.
    limit: and at the latest so long after the sign-in (ADVISORJOBS_SESSION_LIMIT, seconds).
    """

    hosts: tuple[str, ...] = ()
    public: PublicUrl | None = None
    proxies: tuple[Network, ...] = THIS_MACHINE
    idle: timedelta = timedelta(hours=2)
    limit: timedelta = timedelta(hours=12)
    oidc: Oidc | None = None


def access(env: Environment) -> Access:
    idle = env.duration("ADVISORJOBS_SESSION_IDLE", 7_200, least=60)
    limit = env.duration("ADVISORJOBS_SESSION_LIMIT", 43_200, least=60)
    if idle > limit:
        raise SettingsError(
            "ADVISORJOBS_SESSION_IDLE", idle.total_seconds(), "must not exceed ADVISORJOBS_SESSION_LIMIT"
        )
    return Access(
        hosts=hosts(env),
        public=public_url(env),
        proxies=trusted_proxies(env),
        idle=idle,
        limit=limit,
        oidc=oidc(env),
    )


def hosts(env: Environment) -> tuple[str, ...]:
    value = env.text("ADVISORJOBS_WEB_HOSTS") or ""
    given = tuple(part.strip().lower() for part in value.split(",") if part.strip())
    for name in given:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\]", name):
            raise SettingsError("ADVISORJOBS_WEB_HOSTS", value, f"must be names without ports, and {name!r} is none")
    return given


def oidc(env: Environment) -> Oidc | None:
    names = ("ADVISORJOBS_OIDC_ISSUER", "ADVISORJOBS_OIDC_CLIENT_ID", "ADVISORJOBS_OIDC_CLIENT_SECRET")
    given, roles = env.together(*names), grants(env)
    organization_claim, scope = env.text("ADVISORJOBS_OIDC_ORGANIZATION_CLAIM"), env.text("ADVISORJOBS_OIDC_SCOPE")
    role_claim, name = env.text("ADVISORJOBS_OIDC_ROLE_CLAIM"), env.text("ADVISORJOBS_OIDC_NAME")
    if given is None:
        return None
    check_issuer(given[0])
    if not roles:
        rule = "must say which group has which role, such as jobs-admins=admin,clients=viewer:own"
        raise SettingsError("ADVISORJOBS_OIDC_ROLES", None, rule)
    if any(grant.own for grant in roles.values()) and not organization_claim:
        rule = "must be set, as a role of ADVISORJOBS_OIDC_ROLES has :own"
        raise SettingsError("ADVISORJOBS_OIDC_ORGANIZATION_CLAIM", None, rule)
    if scope is not None and "openid" not in scope.split():
        raise SettingsError("ADVISORJOBS_OIDC_SCOPE", scope, "must have openid among its words")
    return Oidc(
        issuer=given[0],
        client_id=given[1],
        client_secret=given[2],
        roles=roles,
        role_claim=role_claim or "groups",
        organization_claim=organization_claim,
        name=name or "single sign-on",
        scope=scope or "openid profile email",
    )


def check_issuer(issuer: str) -> None:
    if not is_trusted_address(issuer) or "?" in issuer:
        raise SettingsError(
            "ADVISORJOBS_OIDC_ISSUER", issuer, "must be the provider's address, beginning with https://"
        )


def is_trusted_address(url: str) -> bool:
    """Whether it is https, as the provider's keys come from there; plain http only on this machine."""
    found = re.fullmatch(r"(https?)://(\[[^\]]+\]|[^/:?#@]+)(:[0-9]+)?([/?][^#]*)?", url)
    return found is not None and (found[1] == "https" or found[2] in LOOPBACK)


def grants(env: Environment) -> Mapping[str, Grant]:
    value = env.text("ADVISORJOBS_OIDC_ROLES") or ""
    given: dict[str, Grant] = {}
    for part in (part.strip() for part in value.split(",") if part.strip()):
        group, _, right = part.rpartition("=")
        role, _, place = right.partition(":")
        if not group or role not in ROLES or place not in ("", "own") or (role == "admin" and place):
            rule = f"must be like group=viewer, group=operator:own or group=admin, and {part!r} is not"
            raise SettingsError("ADVISORJOBS_OIDC_ROLES", value, rule)
        given[group] = Grant(role, own=place == "own")
    return MappingProxyType(given)
