"""Settings of the services that firms are connected with, and of the keys that their secrets are sealed with."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from advisorjobs.environment import Environment
from advisorjobs.errors import SettingsError

__all__ = ["Quickbooks", "Stripe", "parse_secret_keys", "quickbooks", "secret_keys", "stripe"]


@dataclass(frozen=True, slots=True)
class Quickbooks:
    """Our app at Intuit, which firms connect their companies to. Without it: no sync."""

    client_id: str
    client_secret: str = field(repr=False)
    api_url: str
    token_url: str


@dataclass(frozen=True, slots=True)
class Stripe:
    """The payment service's account. Without it: no operations."""

    api_key: str = field(repr=False)
    api_url: str


def quickbooks(env: Environment) -> Quickbooks | None:
    environment = env.choice("QUICKBOOKS_ENVIRONMENT", ("production", "sandbox"), "production")
    host = "sandbox-quickbooks" if environment == "sandbox" else "quickbooks"
    api_url = env.text("QUICKBOOKS_API_URL") or f"https://{host}.api.intuit.com"
    token_url = env.text("QUICKBOOKS_TOKEN_URL") or "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"
    given = env.together("QUICKBOOKS_CLIENT_ID", "QUICKBOOKS_CLIENT_SECRET")
    return Quickbooks(given[0], given[1], api_url, token_url) if given else None


def stripe(env: Environment) -> Stripe | None:
    key, api_url = env.secret("STRIPE_API_KEY"), env.text("STRIPE_API_URL") or "https://api.stripe.com"
    return Stripe(key, api_url) if key else None


def secret_keys(env: Environment) -> Mapping[str, bytes] | None:
    given = env.secret("ADVISORJOBS_SECRET_KEYS")
    return parse_secret_keys(given, "ADVISORJOBS_SECRET_KEYS") if given else None


def parse_secret_keys(text: str, key: str) -> Mapping[str, bytes]:
    """`id:base64,id:base64`, 32 bytes each. *key* is what an error names; no error shows a key."""
    ring: dict[str, bytes] = {}
    for part in text.split(","):
        name, _, encoded = part.strip().partition(":")
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", name):
            raise SettingsError(key, "…", "must be name:key,name:key, the names of letters, digits, _, . and -")
        if name in ring:
            raise SettingsError(key, "…", f"names the key {name} twice")
        try:
            ring[name] = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            ring[name] = b""
        if len(ring[name]) != 32:
            raise SettingsError(key, "…", f"the key {name} must be 32 bytes in base64: openssl rand -base64 32")
    return MappingProxyType(ring)
