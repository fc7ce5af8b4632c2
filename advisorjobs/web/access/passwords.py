"""Passwords: which are good enough, and how they are kept: argon2id with the library's parameters (RFC 9106, low memory)."""

from __future__ import annotations

import asyncio
import functools
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from advisorjobs.errors import SettingsError

__all__ = ["LEAST", "check_password", "hash_async", "hash_password", "is_outdated", "verify", "verify_async"]

LEAST = 12
"""Characters. NIST SP 800-63B asks for no mixture of kinds, and for no change without a reason."""

MOST = 256
AT_ONCE = 2
"""Passwords that a process looks at together: each takes 64 MiB and a processor for some hundredths of a second."""

_HASHER = PasswordHasher()
_THREADS = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password")


def check_password(password: str, name: str) -> str | None:
    """What is wrong with a new password, for people; None for a good one."""
    text = unicodedata.normalize("NFC", password)
    if len(text) < LEAST:
        return f"must have {LEAST} characters or more"
    if len(text) > MOST:
        return f"must have {MOST} characters at most"
    if len(set(text.lower())) < 5:
        return "must have five different characters or more"
    if len(name) > 3 and name.lower() in text.lower():
        return "must not contain the name"
    return None


def hash_password(password: str, name: str) -> str:
    """What is kept of a new password. Raises SettingsError for one that isn't good enough, without showing it."""
    wrong = check_password(password, name)
    if wrong is not None:
        raise SettingsError("password", "…", wrong)
    return _HASHER.hash(unicodedata.normalize("NFC", password))


def verify(password_hash: str | None, password: str) -> bool:
    """Whether *password* is the one. Without a hash the answer is no, and takes as long."""
    if len(password) > MOST:
        password = ""
    try:
        _HASHER.verify(password_hash or _nobodys(), unicodedata.normalize("NFC", password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


async def verify_async(password_hash: str | None, password: str) -> bool:
    """As `verify`, in a thread; few at once, lest guesses take the machine's memory."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, verify, password_hash, password)


async def hash_async(password: str, name: str) -> str:
    """As `hash_password`, in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, hash_password, password, name)


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


@functools.cache
def _nobodys() -> str:
    return _HASHER.hash("the password of nobody at all")
