"""The firm's own people, as those who can be written to. Every function takes a blocking connection of a job's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.fields import CONTROLS, EmailAddress, Language, WebAddress

__all__ = [
    "Person",
    "as_language",
    "as_line",
    "distinct",
    "find_member",
    "is_address",
    "people_in_charge",
    "web_address",
]

LONGEST_LINE = 200
ADDRESS: TypeAdapter[str] = TypeAdapter(EmailAddress)
WEB_ADDRESS: TypeAdapter[str] = TypeAdapter(WebAddress)
LANGUAGE: TypeAdapter[str] = TypeAdapter(Language)
FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the firm's. `name` is fit for a mail; `email` may be anything: see `is_address`."""

    id: str
    name: str | None
    email: str
    language: str


def people_in_charge(connection: Any) -> list[Person]:
    """The active owners and admins, owners first."""
    return [_person(*row) for row in connection.execute(statement("people_in_charge"))]


def find_member(connection: Any, member_id: str) -> Person | None:
    """The member; None where they are no longer active. JobError `not_found` where the organization has none of this id."""
    row = connection.execute(statement("find_member"), {"member": member_id}).fetchone()
    if row is None:
        raise JobError(ErrorCode.NOT_FOUND, f"the organization has no member {member_id!r}")
    *person, is_active = row
    return _person(*person) if is_active else None


def distinct(people: Iterable[Person]) -> Iterator[Person]:
    """Those of *people* who can be written to, nobody twice; one mailbox that several share is written to once."""
    seen: set[str] = set()
    for each in people:
        if is_address(each.email) and each.email.lower() not in seen:
            seen.add(each.email.lower())
            yield each


def is_address(text: str | None) -> bool:
    """Whether a mail can be addressed to *text*."""
    return _fits(ADDRESS, text)


def web_address(text: str | None) -> str | None:
    """*text* where a mail may link to it, else None."""
    return text if _fits(WEB_ADDRESS, text) else None


def as_language(text: str | None) -> str:
    """*text* where it names a language as payloads do, else English."""
    return text if text is not None and _fits(LANGUAGE, text) else FALLBACK


def as_line(text: str | None) -> str | None:
    """*text* as a payload's Line takes it: what may not stand in a subject is left out. None where nothing remains."""
    if text is None:
        return None
    return " ".join(CONTROLS.sub(" ", text).replace("=?", "= ?").split())[:LONGEST_LINE].strip() or None


def _person(person_id: str, name: str, email: str, language: str) -> Person:
    return Person(person_id, as_line(name), email, as_language(language))


def _fits(rule: TypeAdapter[str], text: str | None) -> bool:
    try:
        rule.validate_python(text)
    except ValidationError:
        return False
    return True
