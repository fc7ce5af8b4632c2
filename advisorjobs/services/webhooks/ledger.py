"""Events in the transaction of their job: found, kept in order by object, and marked with what became of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError

__all__ = [
    "Connected",
    "Place",
    "Stored",
    "end_event",
    "find_connection",
    "last_applied",
    "lock_object",
    "store_event",
    "take_event",
]


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection of the organization. `client_id`: whose books; None where nobody has said so. `now`: the database's time."""

    account: str
    client_id: str | None
    is_active: bool
    now: datetime

    def client(self, service: str) -> str:
        """Raises JobError `not_found` where the connection names no client."""
        if self.client_id is None:
            raise JobError(
                ErrorCode.NOT_FOUND,
                f"the connection {service} {self.account} names no client: say whose books it is about, and retry the job",
            )
        return self.client_id


@dataclass(frozen=True, slots=True)
class Place:
    """Which event: the key of its row within the organization."""

    provider: str
    account: str
    event_id: str

    @property
    def values(self) -> dict[str, str]:
        return {"provider": self.provider, "account": self.account, "event_id": self.event_id}


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as it is stored. `outcome`: None until it was applied, superseded or ignored."""

    event_type: str
    object_id: str | None
    happened_at: datetime
    event: Mapping[str, Any]
    outcome: str | None


async def find_connection(connection: Any, service: str, account: str | None) -> Connected:
    """The organization's connection with *account*, or its only one. Raises JobError `not_found`."""
    cursor = await connection.execute(statement("find_connection"), {"service": service, "account": account})
    rows = await cursor.fetchall()
    if len(rows) != 1:
        which = f"with {account}" if account else "that is the only one: name the account"
        raise JobError(ErrorCode.NOT_FOUND, f"the organization has no {service} connection {which}")
    return Connected(*rows[0])


async def store_event(
    connection: Any,
    place: Place,
    event_type: str,
    object_id: str | None,
    happened_at: datetime,
    event: Mapping[str, Any],
) -> None:
    """Keeps an event that came another way than through the receiver; one that is there stays as it is."""
    values = {"event_type": event_type, "object_id": object_id, "happened_at": happened_at, "event": json.dumps(event)}
    await connection.execute(statement("store_webhook_event"), {**place.values, **values})


async def take_event(connection: Any, place: Place) -> Stored:
    """The event, locked. Raises JobError `not_found`."""
    cursor = await connection.execute(statement("take_webhook_event"), place.values)
    row = await cursor.fetchone()
    if row is None:
        raise JobError(ErrorCode.NOT_FOUND, f"the organization has no {place.provider} event {place.event_id!r}")
    return Stored(*row)


async def lock_object(connection: Any, place: Place, object_id: str) -> None:
    """From here on no other transaction applies an event of this object."""
    values = {"provider": place.provider, "account": place.account, "object_id": object_id}
    await connection.execute(statement("lock_webhook_object"), values)


async def last_applied(
    connection: Any, place: Place, object_id: str, types: Sequence[str] | None = None
) -> tuple[datetime, Mapping[str, Any]] | None:
    """When the newest event of the object happened that was applied, of *types* or of all, and that event."""
    values = {**place.values, "object_id": object_id, "types": None if types is None else list(types)}
    row = await (await connection.execute(statement("last_applied_event"), values)).fetchone()
    return None if row is None else (row[0], row[1])


async def end_event(connection: Any, place: Place, outcome: str, job: int) -> dict[str, Any]:
    """Marks the event; the result for its job."""
    await connection.execute(statement("end_webhook_event"), {**place.values, "outcome": outcome, "job": job})
    return {"outcome": outcome}
