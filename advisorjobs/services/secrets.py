"""Sealing of secrets: what a firm is connected with is kept encrypted, and opens only where it belongs.

AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits. An envelope is `v1:<key id>:<base64 of nonce + ciphertext>`;
organization, purpose, version and key id are its associated data, so that one copied to another row, firm or column
doesn't open. The first key of ADVISORJOBS_SECRET_KEYS seals, all of them open: a new one put in front rotates. Without the
setting a key file in the data folder does, made at first use; in production the setting is required.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from advisorjobs.errors import ErrorCode, JobError, MissingExtra, SettingsError
from advisorjobs.integration_settings import parse_secret_keys
from advisorjobs.settings import Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["key_ring", "seal", "unseal"]

VERSION = "v1"
NONCE = 12
KEY_FILE = "secret.key"
SETTING = "ADVISORJOBS_SECRET_KEYS"


def seal(text: str, *, organization_id: str, purpose: str, settings: Settings | None = None) -> str:
    """*text* encrypted for this organization and *purpose* ("quickbooks:refresh_token"); each time another envelope.

    Raises SettingsError in production without ADVISORJOBS_SECRET_KEYS.
    """
    key_id, key = next(iter(key_ring(settings).items()))
    nonce = secrets.token_bytes(NONCE)
    sealed = _cipher(key).encrypt(nonce, text.encode(), _bound_to(key_id, organization_id, purpose))
    return f"{VERSION}:{key_id}:{base64.b64encode(nonce + sealed).decode()}"


def unseal(sealed: str, *, organization_id: str, purpose: str, settings: Settings | None = None) -> str:
    """The text that was sealed for this organization and *purpose*.

    Raises SettingsError for a key that isn't in the settings, JobError `authentication` for an envelope that was changed,
    or sealed for something else. Neither text contains the secret.
    """
    from cryptography.exceptions import InvalidTag

    version, _, rest = sealed.partition(":")
    key_id, _, encoded = rest.partition(":")
    if version != VERSION or not encoded:
        raise JobError(ErrorCode.AUTHENTICATION, f"the secret for {purpose} is not sealed: connect the service again")
    ring = key_ring(settings)
    if key_id not in ring:
        rule = f"has no key {key_id!r}, which the secret for {purpose} was sealed with: add it behind the others"
        raise SettingsError(SETTING, "…", rule)
    try:
        data = base64.b64decode(encoded, validate=True)
        opened: bytes = _cipher(ring[key_id]).decrypt(
            data[:NONCE], data[NONCE:], _bound_to(key_id, organization_id, purpose)
        )
    except (InvalidTag, ValueError, binascii.Error):
        reason = f"the secret for {purpose} was changed, or sealed for something else: connect the service again"
        raise JobError(ErrorCode.AUTHENTICATION, reason) from None
    return opened.decode()


def key_ring(settings: Settings | None = None) -> Mapping[str, bytes]:
    """The keys by their ids, the sealing one first. Raises SettingsError in production without the setting."""
    settings = settings or Settings.from_environment()
    if settings.secret_keys:
        return settings.secret_keys
    if settings.production:
        rule = "must be set: secrets of connected services are sealed with it (openssl rand -base64 32, as name:key)"
        raise SettingsError(SETTING, None, rule)
    return parse_secret_keys(_key_file(settings.data_dir / KEY_FILE), f"the file {settings.data_dir / KEY_FILE}")


def _key_file(path: Path) -> str:
    """What is in the key file, which is made where there is none: of several that make it at once, one wins."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{KEY_FILE}.")  # 0600
        made = Path(name)
        try:
            with os.fdopen(handle, "w") as file:
                file.write(f"local:{base64.b64encode(secrets.token_bytes(32)).decode()}")
                file.flush()
                os.fsync(file.fileno())
            path.hardlink_to(made)
        except FileExistsError:
            pass  # somebody else's was first, and holds
        finally:
            made.unlink()
    return path.read_text("ascii").strip()


def _bound_to(key_id: str, organization_id: str, purpose: str) -> bytes:
    return json.dumps([VERSION, key_id, organization_id, purpose]).encode()


def _cipher(key: bytes) -> AESGCM:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError:
        raise MissingExtra("integrations", "cryptography") from None
    return AESGCM(key)
