"""Tasks of the firm's people that want to be remembered: soon due or overdue, each once a day, in one mail a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from advisorjobs.database.statement import statement
from advisorjobs.services.people import Person, as_language, as_line

__all__ = ["Duty", "as_reminder", "due_duties", "mark_reminded", "people_with_duties"]

MOST = 50
"""Tasks that one mail names; the others, due later, come in the next ones."""


@dataclass(frozen=True, slots=True)
class Duty:
    """An open task that somebody has."""

    id: str
    title: str
    client_name: str | None
    due_on: date


def people_with_duties(connection: Any, today: date, days: int) -> list[Person]:
    """Active members who have open tasks due within *days* of which nobody has reminded them *today*."""
    rows = connection.execute(statement("people_with_duties"), {"today": today, "days": days})
    return [Person(member, as_line(name), email, as_language(language)) for member, name, email, language in rows]


def due_duties(connection: Any, person: Person, today: date, days: int) -> list[Duty]:
    """*person*'s tasks of that kind, the longest due first, as many as one mail names; locked until the commit."""
    values = {"member": person.id, "today": today, "days": days, "most": MOST}
    return [Duty(*row) for row in connection.execute(statement("due_duties"), values)]


def mark_reminded(connection: Any, duties: Sequence[Duty], today: date) -> None:
    """Notes that they were reminded of; in the transaction that orders the mail."""
    connection.execute(statement("mark_reminded"), {"ids": [each.id for each in duties], "today": today})


def as_reminder(duties: Sequence[Duty], person: Person) -> Mapping[str, Any]:
    """What the mail says: the first task, and after it the others."""
    first, *rest = duties
    said = {
        "recipient_name": person.name,
        "task_id": first.id,
        "reminder": True,
        **_as_task(first),
        "others": [_as_task(each) for each in rest],
    }
    return {name: value for name, value in said.items() if value}


def _as_task(duty: Duty) -> dict[str, Any]:
    said = {
        "task_title": as_line(duty.title) or duty.id,
        "due_date": duty.due_on,
        "client_name": as_line(duty.client_name),
    }
    return {name: value for name, value in said.items() if value is not None}
