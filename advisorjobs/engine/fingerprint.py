"""Which errors are alike: a short text that is the same for the same fault, whomever's data it happened to.

Made of the error's type, the place that raised it and its message without data. Lines may move and values differ; a
function that is renamed is another place. What is kept is a hash: nothing of a message can be read from it.
"""

from __future__ import annotations

import hashlib
import re
import sysconfig
from pathlib import PurePath
from types import TracebackType

__all__ = ["fingerprint_of", "fingerprint_of_text", "without_data"]

LENGTH = 16
LONGEST = 300

_DATA = re.compile(
    r"""
    '(?:[^'\\\n]|\\.)*' | "(?:[^"\\\n]|\\.)*" | `[^`\n]*`   # what is quoted
  | \S+@\S+ | \w+://\S+ | (?:/[\w.~-]+){2,}                 # addresses, paths
  | \([^()\n]*\)=\([^()\n]*\)                               # Key (email)=(…)
  | \b(?=\w*\d)[\w-]+\b                                     # whatever has a digit: numbers, ids, dates
    """,
    re.VERBOSE,
)
_LIBRARIES = tuple({sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})


def fingerprint_of(error: BaseException) -> str:
    """Of an error that was raised."""
    kind = type(error)
    return _hashed(f"{kind.__module__}.{kind.__qualname__}", place_of(error.__traceback__), without_data(str(error)))


def fingerprint_of_text(*parts: str | None) -> str:
    """Of a failure that has no exception: the job, its code, the reason that it gave."""
    return _hashed(*(without_data(part or "") for part in parts))


def without_data(message: str) -> str:
    """The first line of *message* with `?` in place of all that looks like a value."""
    first = message.strip().partition("\n")[0]
    return _DATA.sub("?", first[: 4 * LONGEST])[:LONGEST]


def place_of(trace: TracebackType | None) -> str:
    """File and function where it went wrong: the innermost that is no library's, or the innermost."""
    place = own = ""
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f"{PurePath(code.co_filename).name}:{code.co_qualname}"
        if not code.co_filename.startswith(_LIBRARIES):
            own = place
        trace = trace.tb_next
    return own or place


def _hashed(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:LENGTH]
