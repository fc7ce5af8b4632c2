"""Tasks of the firm's people that want to be remembered: soon due or overdue, each once a day, in one mail a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from advisorjobs.database.statement import statement
from advisorjobs.services.people import Person, as_language, as_line

__all__ = ["Duty", "as_reminder", "due_duties", "mark_reminded", "people_with_duties"]

LISTED = 40
"""Tasks that one mail names; more are only counted."""


@dataclass(frozen=True, slots=True)
class Duty:
    """An open task that somebody has."""

    id: str
    title: str
    client_name: str | None
    due_on: date

    def line(self, today: date) -> str:
        """One line for a list of several."""
        client = f" ({as_line(self.client_name)})" if as_line(self.client_name) else ""
        return f"{as_line(self.title) or 'Task'}{client}: {when(self.due_on, today)}"


def people_with_duties(connection: Any, today: date, days: int) -> list[Person]:
    """Active members who have open tasks due within *days* of which nobody has reminded them *today*."""
    rows = connection.execute(statement("people_with_duties"), {"today": today, "days": days})
    return [Person(member, as_line(name), email, as_language(language)) for member, name, email, language in rows]


def due_duties(connection: Any, person: Person, today: date, days: int) -> list[Duty]:
    """*person*'s tasks of that kind, the longest due first; locked until the commit."""
    values = {"member": person.id, "today": today, "days": days}
    return [Duty(*row) for row in connection.execute(statement("due_duties"), values)]


def mark_reminded(connection: Any, duties: Sequence[Duty], today: date) -> None:
    """Notes that they were reminded of; in the transaction that orders the mail."""
    connection.execute(statement("mark_reminded"), {"ids": [each.id for each in duties], "today": today})


def as_reminder(duties: Sequence[Duty], person: Person, today: date) -> Mapping[str, Any]:
    """What the mail says: of one task all, of several a list."""
    said: dict[str, Any] = {"recipient_name": person.name, "due_date": duties[0].due_on}
    if len(duties) == 1:
        (duty,) = duties
        said |= {
            "task_title": as_line(f"Reminder: {duty.title}"),
            "task_id": duty.id,
            "client_name": as_line(duty.client_name),
            "description": f"This task is {when(duty.due_on, today)}.",
        }
    else:
        lines = [f"• {each.line(today)}" for each in duties[:LISTED]]
        lines += [f"… and {len(duties) - LISTED} more"] if len(duties) > LISTED else []
        said |= {"task_title": f"Reminder: {len(duties)} tasks want your attention", "description": "\n".join(lines)}
    return {name: value for name, value in said.items() if value is not None}


def when(due_on: date, today: date) -> str:
    days = (due_on - today).days
    if days == 0:
        return "due today"
    if days == 1:
        return "due tomorrow"
    if days > 0:
        return f"due in {days} days, on {due_on:%d %B %Y}"
    return f"overdue since {due_on:%d %B %Y}"
