"""The queue manager's calls for limits and organizations' rules: seen and changed while everything runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from advisorjobs.calls import call
from advisorjobs.database.operation import Operation, Row, done, operation
from advisorjobs.database.statement import statement
from advisorjobs.limit_change import Count, Rate, limit_change
from advisorjobs.limits import (
    KeyLimit,
    OrganizationRule,
    QueueLimits,
    read_key_limits,
    read_organization_rules,
    read_queue_limits,
)

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["LimitCalls"]

R = TypeVar("R")


class LimitCalls:
    """A change is durable, holds for every worker from the next claim on, and is kept by later migrations.

    A rate is a RateLimit or text such as "200/min"; `running` is how many at once; "none" takes a limit away, None keeps
    what is there. *why* and *changed_by* (None: the database's user) are kept for people to read. A value that can't be
    used raises SettingsError before anything is sent.
    """

    app: App

    @call
    def set_queue_limit(
        self,
        name: str,
        *,
        rate: Rate = None,
        running: Count = None,
        organization_rate: Rate = None,
        organization_running: Count = None,
        fair: bool | None = None,
        why: str | None = None,
        changed_by: str | None = None,
        connection: Any = None,
    ) -> Operation[None]:
        """Changes what queue *name* may start over all workers, and (*organization_…*) each organization in it.

        *fair*: whether organizations are served in turn; holds for jobs that are queued from then on.
        """
        change = limit_change(
            why,
            changed_by,
            rate=rate,
            running=running,
            organization_rate=organization_rate,
            organization_running=organization_running,
            fair=fair,
        )
        return _asked("set_queue_limit", {"queue": self.app.known_queue(name), **change}, _nothing, connection)

    @call
    def reset_queue_limit(self, name: str, *, connection: Any = None) -> Operation[bool]:
        """Takes queue *name* back to what the queue table says, now and later. False: nobody had changed it."""
        return _asked("reset_queue_limit", {"queue": self.app.known_queue(name)}, done, connection)

    @call
    def set_organization_rule(
        self,
        organization_id: str,
        *,
        queue: str | None = None,
        weight: Count = None,
        rate: Rate = None,
        running: Count = None,
        why: str | None = None,
        changed_by: str | None = None,
        connection: Any = None,
    ) -> Operation[None]:
        """Changes what differs for one organization, in *queue* or (None) in each.

        *weight*: turns in a row, 1 to 100. "none": as the queue says for every organization.
        """
        change = limit_change(why, changed_by, weight=weight, rate=rate, running=running)
        return _asked(
            "set_organization_rule", {**_place(self.app, organization_id, queue), **change}, _nothing, connection
        )

    @call
    def remove_organization_rule(
        self, organization_id: str, *, queue: str | None = None, connection: Any = None
    ) -> Operation[bool]:
        """Removes the organization's rule for *queue*, or (None) the one for each queue. False: there was none."""
        return _asked("remove_organization_rule", _place(self.app, organization_id, queue), done, connection)

    @call
    def set_key_limit(
        self,
        key: str,
        *,
        rate: Rate = None,
        running: Count = None,
        why: str | None = None,
        changed_by: str | None = None,
        connection: Any = None,
    ) -> Operation[None]:
        """Changes the limits of a service or account over all queues."""
        change = limit_change(why, changed_by, rate=rate, running=running)
        return _asked("set_key_limit", {"key": key, **change}, _nothing, connection)

    @call
    def remove_key_limit(self, key: str, *, connection: Any = None) -> Operation[bool]:
        """Removes all limits of a key. False: there was none."""
        return _asked("remove_key_limit", {"key": key}, done, connection)

    @call
    def get_queue_limits(self, name: str, *, connection: Any = None) -> Operation[QueueLimits]:
        """What is in force for queue *name*, each value with its origin, and whether it is paused or closed."""
        values = {"queue": self.app.known_queue(name)}
        return _asked("get_queue_limits", values, lambda rows: read_queue_limits(rows)[0], connection)

    @call
    def get_all_queue_limits(self, *, connection: Any = None) -> Operation[list[QueueLimits]]:
        """As `get_queue_limits`, for every queue that the database knows; those of the queue table first."""
        return operation(
            "get_all_queue_limits", statement("get_queue_limits"), {"queue": None}, read_queue_limits, connection
        )

    @call
    def get_organization_rules(
        self, *, queue: str | None = None, organization_id: str | None = None, connection: Any = None
    ) -> Operation[list[OrganizationRule]]:
        """The organizations' rules: all; those that hold in *queue*, the ones for each queue too; *organization_id*'s."""
        values = _place(self.app, organization_id, queue)
        return _asked("get_organization_rules", values, read_organization_rules, connection)

    @call
    def get_key_limits(self, *, connection: Any = None) -> Operation[list[KeyLimit]]:
        """The keys that have limits or are closed by their service, by name."""
        return _asked("get_key_limits", {}, read_key_limits, connection)


def _place(app: App, organization_id: str | None, queue: str | None) -> dict[str, str | None]:
    return {"organization_id": organization_id, "queue": None if queue is None else app.known_queue(queue)}


def _asked(name: str, values: Mapping[str, Any], read: Callable[[list[Row]], R], connection: Any) -> Operation[R]:
    """The call *name*, whose statement has the same name."""
    return operation(name, statement(name), values, read, connection)


def _nothing(rows: list[Row]) -> None:
    """For functions that return void."""
