"""Whether a body is what its sender has signed: Stripe's, Intuit's and the Standard Webhooks scheme, all HMAC-SHA256.

Each takes the raw body, before anything of it is parsed, and all secrets that hold at present; all of them are tried,
whichever fits. Signatures are compared in constant time and as text, so that none has a second spelling. Times must lie
within TOLERANCE seconds of now, before or after.

Sources: https://docs.stripe.com/webhooks#verify-manually,
https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks,
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["TOLERANCE", "Refused", "StandardHeaders", "check_intuit", "check_standard", "check_stripe", "standard_key"]

TOLERANCE = 300
"""Seconds, as the three services' own libraries have it."""

LONGEST = 4096
"""Characters of a signature's header: room for a dozen signatures, while secrets change."""

SHORTEST_KEY = 16
"""Bytes of a Standard Webhooks key; the specification asks senders for 24 to 64."""

_TIME = re.compile(r"[1-9][0-9]{0,11}")
_HEX = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[!-\-/-~]{1,200}")  # visible ASCII without the full stop, which parts what is signed


class Refused(Exception):
    """The body isn't shown to be its sender's. `reason` is for logs: it holds nothing of what came."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StandardHeaders:
    """webhook-id, webhook-timestamp and webhook-signature."""

    id: str
    timestamp: str
    signature: str


def check_stripe(body: bytes, header: str, secrets: Sequence[str], now: float) -> None:
    """*header* is Stripe-Signature: `t=…,v1=…`, of which there are several v1 while a secret is rolled. Raises Refused."""
    _check_length(header)
    parts = [part.partition("=")[::2] for part in header.split(",")]
    times = [value for name, value in parts if name == "t"]
    signatures = [value for name, value in parts if name == "v1" and _HEX.fullmatch(value)]
    if len(times) != 1 or not signatures:
        raise Refused("malformed signature")
    _check_time(times[0], now)
    signed = times[0].encode() + b"." + body
    _check_any((_digest(secret.encode(), signed).hex() for secret in secrets), signatures)


def check_intuit(body: bytes, header: str, tokens: Sequence[str]) -> None:
    """*header* is intuit-signature, base64. It says no time: only an event's id tells a repetition. Raises Refused."""
    _check_length(header)
    if not header.isascii():
        raise Refused("malformed signature")
    _check_any((_base64(_digest(token.encode(), body)) for token in tokens), [header])


def check_standard(body: bytes, headers: StandardHeaders, secrets: Sequence[str], now: float) -> None:
    """Standard Webhooks 1.0, symmetric (v1); *secrets* as `whsec_…`. Raises Refused."""
    _check_length(headers.signature)
    parts = [part.partition(",")[::2] for part in headers.signature.split(" ")]
    signatures = [value for version, value in parts if version == "v1" and value.isascii()]
    if not signatures or not _ID.fullmatch(headers.id):
        raise Refused("malformed signature")
    _check_time(headers.timestamp, now)
    signed = f"{headers.id}.{headers.timestamp}.".encode() + body
    keys = [standard_key(secret) for secret in secrets]
    _check_any((_base64(_digest(key, signed)) for key in keys), signatures)


def standard_key(secret: str) -> bytes:
    """The key that `whsec_…` stands for. Raises ValueError for what is no such secret, or too short to be one."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a Standard Webhooks secret is whsec_ and base64") from None
    if len(key) < SHORTEST_KEY:
        raise ValueError(f"a Standard Webhooks secret has {SHORTEST_KEY} bytes or more")
    return key


def _check_length(header: str) -> None:
    if not 0 < len(header) <= LONGEST:
        raise Refused("malformed signature")


def _check_time(text: str, now: float) -> None:
    if not _TIME.fullmatch(text):
        raise Refused("malformed time")
    if abs(now - int(text)) > TOLERANCE:
        raise Refused("outside the time window")


def _check_any(expected: Iterable[str], given: Sequence[str]) -> None:
    """Compares all with all, without stopping at the first that fits."""
    found = [hmac.compare_digest(ours.encode(), theirs.encode()) for ours in expected for theirs in given]
    if not any(found):
        raise Refused("wrong signature")


def _digest(key: bytes, signed: bytes) -> bytes:
    return hmac.digest(key, signed, "sha256")


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
