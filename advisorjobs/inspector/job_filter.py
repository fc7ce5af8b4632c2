"""Which jobs people look for: a frozen value that an address, a command line and a bulk action can say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import urlencode

from advisorjobs.environment import did_you_mean
from advisorjobs.errors import ErrorCode, SettingsError
from advisorjobs.job import JobStatus

__all__ = ["JobFilter"]

LONGEST = 500
"""Characters of one condition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """All conditions hold together; None doesn't narrow the search.

    `since` and `until` (exclusive): when the job ended, or was queued where it has not ended. `payload`: "key=value", a
    field of the payload and what it says as text. `error_code`, `fingerprint` and `error_text` are of the job's last run;
    the text is looked for in the error's message, whatever the case.
    """

    id: int | None = None
    status: JobStatus | None = None
    queue: str | None = None
    name: str | None = None
    organization: str | None = None
    tag: str | None = None
    unique_key: str | None = None
    payload: str | None = None
    error_code: ErrorCode | None = None
    fingerprint: str | None = None
    error_text: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of(cls, given: Mapping[str, str | None]) -> Self:
        """Reads the conditions that an address or form names; blank ones and other names are passed over.

        Raises SettingsError, naming the condition, for one that can't be used.
        """
        said = {each.name: (given.get(each.name) or "").strip() for each in fields(cls)}
        read: dict[str, Any] = {name: READ.get(name, _text)(name, text) for name, text in said.items() if text}
        return cls(**read)

    def __post_init__(self) -> None:
        if self.payload is not None and not all(self.payload_condition):
            raise SettingsError("payload", self.payload, "must be a field and what it says, as document_id=doc-17")
        for name in ("since", "until"):
            moment = getattr(self, name)
            if moment is not None and moment.tzinfo is None:
                raise SettingsError(name, str(moment), "must have a time zone")
            if moment is not None and not 1970 <= moment.year < 9000:
                raise SettingsError(name, str(moment), "must lie between the years 1970 and 9000")

    @property
    def payload_condition(self) -> tuple[str | None, str | None]:
        """The payload's field and what it must say."""
        key, equals, value = (self.payload or "").partition("=")
        return (key.strip() or None, value.strip() if equals else None)

    @property
    def narrowed(self) -> bool:
        """Whether there is any condition."""
        return any(getattr(self, each.name) is not None for each in fields(self))

    @property
    def looks_inside(self) -> bool:
        """Whether it asks what payloads or errors say, which not everybody may know."""
        return self.payload is not None or self.error_text is not None

    def query(self, **changed: object) -> str:
        """As the query of an address, which `of` reads again; *changed*: other conditions and names, None: without."""
        said = {each.name: getattr(self, each.name) for each in fields(self)} | changed
        return urlencode({name: _said(value) for name, value in said.items() if value not in (None, "")})

    def wanted(self) -> str:
        """The conditions as the functions of migrations/functions/search.sql take them."""
        key, value = self.payload_condition
        said = {
            **{each.name: getattr(self, each.name) for each in fields(self)},
            "payload_key": key,
            "payload_value": value,
        }
        return json.dumps({name: _said(value) for name, value in said.items() if value is not None})


def _said(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _text(name: str, text: str) -> str:
    if len(text) > LONGEST or "\0" in text:
        raise SettingsError(name, f"{text[:20]}…", f"must be text of up to {LONGEST} characters")
    return text


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:19]) < 1 << 63 and len(text) < 20):
        raise SettingsError(name, text[:30], "must be a job's number")
    return int(text)


def _status(name: str, text: str) -> JobStatus:
    if text not in tuple(JobStatus):
        raise SettingsError(name, text[:30], f"is no status of a job{did_you_mean(text[:30], tuple(JobStatus))}")
    return JobStatus(text)


def _code(name: str, text: str) -> ErrorCode:
    if text not in tuple(ErrorCode):
        raise SettingsError(name, text[:30], f"is no error code{did_you_mean(text[:30], tuple(ErrorCode))}")
    return ErrorCode(text)


def _moment(name: str, text: str) -> datetime:
    """ISO 8601; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        raise SettingsError(name, text[:40], "must be a date and time, as 2026-12-01T08:00Z") from None


READ = {"id": _number, "status": _status, "error_code": _code, "since": _moment, "until": _moment}
