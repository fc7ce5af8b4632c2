"""What a firm is connected with, as far as jobs need to know that hand out work on it. No secrets here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from advisorjobs.database.statement import statement

__all__ = ["ServiceLink", "active_links"]


@dataclass(frozen=True, slots=True)
class ServiceLink:
    """A connection. `trouble`: why it needs a person; until then nothing is asked of the service."""

    service: str
    account: str
    trouble: str | None


def active_links(connection: Any, services: Sequence[str]) -> list[ServiceLink]:
    """The organization's active connections with these services."""
    rows = connection.execute(statement("active_links"), {"services": list(services)})
    return [ServiceLink(*row) for row in rows]
