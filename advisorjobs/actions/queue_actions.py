"""What people do to queues, organizations and keys: pause, let go on, change what may start."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from advisorjobs.actions.calling import action
from advisorjobs.actions.noted import Noted, noted
from advisorjobs.actions.permission import ADMIN, OPERATOR
from advisorjobs.actor import Actor
from advisorjobs.database.operation import Operation
from advisorjobs.errors import SettingsError
from advisorjobs.limit_calls import LimitCalls
from advisorjobs.limit_change import Count, Rate
from advisorjobs.pause_calls import PauseCalls

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["QueueActionCalls"]


class QueueActionCalls:
    """The queue manager's changes, as somebody's: see PauseCalls and LimitCalls for what each argument means.

    *why* must be given where many are concerned: to pause a whole queue, and for limits. All of them can be undone.
    """

    app: App
    actor: Actor

    @action(OPERATOR)
    def pause_queue(
        self,
        queue: str,
        *,
        organization_id: str | None = None,
        why: str | None = None,
        until: datetime | None = None,
    ) -> Operation[Noted]:
        """Lets nothing of *queue*, or of one organization in it, start until it is resumed, or *until* has come."""
        reason = why if organization_id is not None else needed(why)
        return noted(
            PauseCalls.pause_queue.written(
                self, queue, organization_id=organization_id, reason=reason, until=until, paused_by=self.actor.by
            )
        )

    @action(OPERATOR)
    def resume_queue(self, queue: str, *, organization_id: str | None = None) -> Operation[Noted]:
        """Ends a pause."""
        return noted(PauseCalls.resume_queue.written(self, queue, organization_id=organization_id))

    @action(OPERATOR)
    def pause_organization(
        self, organization_id: str, *, why: str | None = None, until: datetime | None = None
    ) -> Operation[Noted]:
        """Lets nothing of an organization start, in any queue."""
        return noted(
            PauseCalls.pause_organization.written(
                self, organization_id, reason=needed(why), until=until, paused_by=self.actor.by
            )
        )

    @action(OPERATOR)
    def resume_organization(self, organization_id: str) -> Operation[Noted]:
        """Ends an organization's pause in every queue."""
        return noted(PauseCalls.resume_organization.written(self, organization_id))

    @action(OPERATOR)
    def set_queue_limit(
        self,
        queue: str,
        *,
        rate: Rate = None,
        running: Count = None,
        organization_rate: Rate = None,
        organization_running: Count = None,
        fair: bool | None = None,
        why: str | None = None,
    ) -> Operation[Noted]:
        """Changes what *queue* may start."""
        return noted(
            LimitCalls.set_queue_limit.written(
                self,
                queue,
                rate=rate,
                running=running,
                organization_rate=organization_rate,
                organization_running=organization_running,
                fair=fair,
                why=needed(why),
                changed_by=self.actor.by,
            )
        )

    @action(OPERATOR)
    def reset_queue_limit(self, queue: str) -> Operation[Noted]:
        """Takes *queue* back to what the queue table says."""
        return noted(LimitCalls.reset_queue_limit.written(self, queue))

    @action(ADMIN)
    def set_organization_rule(
        self,
        organization_id: str,
        *,
        queue: str | None = None,
        weight: Count = None,
        rate: Rate = None,
        running: Count = None,
        why: str | None = None,
    ) -> Operation[Noted]:
        """Changes what differs for one organization, in *queue* or (None) in each."""
        return noted(
            LimitCalls.set_organization_rule.written(
                self,
                organization_id,
                queue=queue,
                weight=weight,
                rate=rate,
                running=running,
                why=needed(why),
                changed_by=self.actor.by,
            )
        )

    @action(ADMIN)
    def remove_organization_rule(self, organization_id: str, *, queue: str | None = None) -> Operation[Noted]:
        """Lets an organization be served as all others are."""
        return noted(LimitCalls.remove_organization_rule.written(self, organization_id, queue=queue))

    @action(ADMIN)
    def set_key_limit(
        self, key: str, *, rate: Rate = None, running: Count = None, why: str | None = None
    ) -> Operation[Noted]:
        """Changes the limits of a service or account over all queues."""
        return noted(
            LimitCalls.set_key_limit.written(
                self, key, rate=rate, running=running, why=needed(why), changed_by=self.actor.by
            )
        )

    @action(ADMIN)
    def remove_key_limit(self, key: str) -> Operation[Noted]:
        """Removes all limits of a key."""
        return noted(LimitCalls.remove_key_limit.written(self, key))


def needed(why: str | None) -> str:
    """*why*, which must say something. Raises SettingsError."""
    if why is None or not why.strip():
        raise SettingsError("why", why, "must say why: whoever looks at it later wants to know")
    return why.strip()
