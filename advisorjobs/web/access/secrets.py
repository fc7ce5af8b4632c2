"""Random secrets that are handed out once and kept as hashes, and what is derived from them. No I/O."""

from __future__ import annotations

import hashlib
import hmac
import secrets

__all__ = ["TOKEN_PREFIX", "digest", "form_token", "new_secret", "new_token"]

TOKEN_PREFIX = "ajt_"
"""So that scanners of repositories and logs know a token when they see one."""


def new_secret() -> str:
    """256 random bits, as text that a cookie can hold."""
    return secrets.token_urlsafe(32)


def new_token() -> str:
    """A token for a program."""
    return TOKEN_PREFIX + new_secret()


def digest(secret: str) -> bytes:
    """What is kept of a secret. It is random enough that a plain hash can't be turned back."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def form_token(secret: str) -> str:
    """The token of the forms of whoever has *secret* in a cookie; it tells nothing of the secret."""
    return hmac.new(secret.encode("utf-8", "surrogatepass"), b"advisorjobs form", hashlib.sha256).hexdigest()
