"""What PostgreSQL said, whichever driver brought the news."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Verdict", "verdict_of"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`sqlstate` is PostgreSQL's code, `message` its sentence, `detail` its second one, `constraint` what was violated."""

    sqlstate: str
    message: str
    detail: str | None
    constraint: str | None


def verdict_of(error: BaseException) -> Verdict | None:
    """The database's verdict in *error*, or in what it wraps: SQLAlchemy's `orig`, Django's cause. None: it said nothing."""
    for each in _layers(error):
        sqlstate = getattr(each, "sqlstate", None) or getattr(each, "pgcode", None)
        if isinstance(sqlstate, str):
            diagnosis = getattr(each, "diag", None)
            message = getattr(diagnosis, "message_primary", None) or str(each).split("\n", 1)[0]
            detail = getattr(diagnosis, "message_detail", None) or getattr(each, "detail", None)
            constraint = getattr(diagnosis, "constraint_name", None) or getattr(each, "constraint_name", None)
            return Verdict(sqlstate, message, detail, constraint)
    return None


def _layers(error: BaseException) -> Iterator[BaseException]:
    """*error* and what is inside it, the innermost first: that is the driver's."""
    inner = getattr(error, "orig", None) or error.__cause__
    if isinstance(inner, BaseException):
        yield from _layers(inner)
    yield error
