"""What may be printed of a line of log: whose words they are, and what of them can't hold a client's data.

Our own code, and the modules that jobs are written in, say what they want to be read. A library says what it was given: of
its lines only what stands in its source is printed. Of an exception the type and the place are, never the message.
"""

from __future__ import annotations

import linecache
import logging
import re
import traceback
from collections.abc import Collection
from typing import Any

from advisorjobs.errors import (
    AdvisorJobsError,
    DatabaseUnavailable,
    MissingExtra,
    NotMigrated,
    SettingsError,
    UnusableConnection,
)

__all__ = ["OWN", "error_of", "is_own", "one_line", "text_of", "words_of"]

OWN = frozenset({"advisorjobs", "tasks", "procrastinate", "uvicorn"})
"""First parts of loggers' names whose lines are printed as they are. procrastinate's are cleaned by tenancy/redaction.py."""

WITHHELD = "a line that may hold a client's data"
NEAR = 12
"""Lines of source after the call in which its constant text may stand."""

_VALUE = re.compile(r"%%|%(?:\(\w+\))?[-#0 +]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[a-zA-Z]")
_FOR_PEOPLE = (SettingsError, DatabaseUnavailable, NotMigrated, MissingExtra, UnusableConnection)
"""Of ours, those that tell an operator what to do; the others may name what a job was given."""


def is_own(logger: str, more: Collection[str] = ()) -> bool:
    """Whether *logger* is one of ours: the first part of its name is among OWN or *more*."""
    first = logger.partition(".")[0]
    return first in OWN or first in more


def words_of(record: logging.LogRecord, *, own: bool) -> str:
    """The text of *record* as far as it may be printed; *own*: whether our code, or that of jobs, says it."""
    if own:
        return text_of(record)
    if not isinstance(record.msg, str) or not is_constant(record.msg, record.pathname, record.lineno):
        return WITHHELD
    return _VALUE.sub(_left_out, record.msg) if record.args else record.msg


def _left_out(value: re.Match[str]) -> str:
    return "%" if value[0] == "%%" else "…"


def text_of(record: logging.LogRecord) -> str:
    """The whole text of *record*; never raises: a line with wrong arguments is shown without them."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return str(record.msg)


def is_constant(text: str, path: str, line: int) -> bool:
    """Whether *text* stands so in the source where it was said, which a text with values in it doesn't."""
    source = "".join(linecache.getlines(path)[max(0, line - 1) : line + NEAR])
    return bool(text) and (text in source or text.encode("unicode_escape").decode("ascii") in source)


def error_of(raised: Any) -> dict[str, Any]:
    """What is printed of an exception: `error`, its type; `error_at`, the place; `error_says` where it is one for operators."""
    kind, error, trace = raised or (None, None, None)
    if kind is None:
        return {}
    said: dict[str, Any] = {"error": f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")}
    frames = traceback.extract_tb(trace)
    if frames:
        said["error_at"] = f"{frames[-1].filename}:{frames[-1].lineno} in {frames[-1].name}"
    if isinstance(error, AdvisorJobsError) and isinstance(error, _FOR_PEOPLE):
        said["error_says"] = str(error)
    return said


def one_line(text: str) -> str:
    """*text* on one line of a terminal: line ends and control characters, by which lines could be forged, as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
