"""What an identity provider says of somebody: whether it is meant for us and new, and which role it gives. No I/O.

https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from advisorjobs.access_settings import Oidc
from advisorjobs.web.access.person import Role

__all__ = ["NotGenuine", "NotMapped", "Place", "check_claims", "claim", "display_name", "place_of"]

LEEWAY = 60
"""Seconds that the provider's clock may differ from ours."""

OLDEST = 600
"""Seconds that an ID token may be old: it is made while we wait for it."""


class NotGenuine(Exception):
    """What came can't be trusted. The text is for logs: a few words of ours."""


class NotMapped(Exception):
    """Somebody whom the provider knows, and to whom none of our roles is given. The text is for them."""


@dataclass(frozen=True, slots=True)
class Place:
    """A role, and the organization whose things alone it is for; None: everybody's."""

    role: Role
    organization_id: str | None


def check_claims(claims: Mapping[str, Any], oidc: Oidc, nonce: str, now: float) -> None:
    """Raises NotGenuine for an ID token of another issuer, for somebody else, of another time or of another sign-in."""
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience if isinstance(audience, list) else []
    moments = [claims.get(name) for name in ("exp", "iat")]
    if claims.get("iss") != oidc.issuer:
        raise NotGenuine("another issuer")
    if oidc.client_id not in audiences or (len(audiences) > 1 and claims.get("azp") != oidc.client_id):
        raise NotGenuine("another audience")
    if claims.get("azp", oidc.client_id) != oidc.client_id:
        raise NotGenuine("another authorized party")
    if not all(isinstance(moment, int | float) and not isinstance(moment, bool) for moment in moments):
        raise NotGenuine("without its times")
    expires, made = (float(str(moment)) for moment in moments)
    if expires <= now - LEEWAY:
        raise NotGenuine("expired")
    if not now - OLDEST - LEEWAY <= made <= now + LEEWAY:
        raise NotGenuine("of another time")
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise NotGenuine("of another sign-in")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or "\0" in subject:
        raise NotGenuine("without a subject")


def place_of(claims: Mapping[str, Any], oidc: Oidc) -> Place:
    """The highest role of somebody's groups; one for everybody's things before one for an organization's own.

    Raises NotMapped where no group has a role, or where the organization is missing for those that are for one's own.
    """
    given = claim(claims, oidc.role_claim)
    groups = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    grants = [oidc.roles[group] for group in groups if isinstance(group, str) and group in oidc.roles]
    if not grants:
        raise NotMapped("None of your groups gives you a role here. Ask whoever manages your groups.")
    best = max(grants, key=lambda grant: (not grant.own, Role(grant.role).rank))
    if not best.own:
        return Place(Role(best.role), None)
    organization = claim(claims, oidc.organization_claim or "")
    if not isinstance(organization, str) or not organization.strip() or not organization.isprintable():
        raise NotMapped("Your role is for your own organization's jobs, and the sign-in doesn't say which that is.")
    return Place(Role(best.role), organization.strip())


def claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name; where there is none, by a path with dots, such as realm_access.roles. None: missing."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def display_name(claims: Mapping[str, Any]) -> str:
    """What we call them: e-mail, else user name, else the provider's own number."""
    for name in ("email", "preferred_username", "name"):
        value = claims.get(name)
        if isinstance(value, str) and value.strip() and value.isprintable() and len(value) <= 200:
            return value.strip()
    return str(claims["sub"])[:200]
