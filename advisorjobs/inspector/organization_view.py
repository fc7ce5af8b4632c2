"""One organization in full: for itself, and for those who run the system."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from advisorjobs.calls import Steps, long_call
from advisorjobs.database.operation import only, operation
from advisorjobs.database.statement import statement
from advisorjobs.inspector.limit_states import LimitState, limit_states
from advisorjobs.inspector.organizations import OrganizationShare, Within, share
from advisorjobs.inspector.processes import RunningJob
from advisorjobs.inspector.queue_view import running_jobs
from advisorjobs.limits import OrganizationRule, read_organization_rules
from advisorjobs.pauses import Pause, read_pauses

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["OrganizationView", "OrganizationViewCalls", "for_themselves"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationView:
    """What is its own only; statistics beside it: tracker.get_job_statistics and read_series, both of it alone.

    `shares`: the last hour, day and month. `pauses`: its own; of whole queues nothing is said here.
    """

    at: datetime
    organization_id: str
    shares: dict[Within, OrganizationShare]
    rules: tuple[OrganizationRule, ...]
    limits: tuple[LimitState, ...]
    pauses: tuple[Pause, ...]
    running: tuple[RunningJob, ...]


class OrganizationViewCalls:
    """One organization."""

    app: App

    @long_call
    def read_organization(self, organization_id: str) -> Steps[OrganizationView]:
        """Everything of *organization_id*, whether anything is known of it or not."""
        asked = {"organization_id": organization_id, "queue": None}
        at: datetime = yield operation("read_organization", statement("clock"), {}, only)
        shares: dict[Within, OrganizationShare] = {}
        for within in ("hour", "day", "month"):
            shares[within] = yield share(organization_id, within, waiting=within == "day")
        rules: list[OrganizationRule] = yield operation(
            "read_organization", statement("get_organization_rules"), asked, read_organization_rules
        )
        pauses: list[Pause] = yield operation(
            "read_organization", statement("read_organization_pauses"), asked, read_pauses
        )
        return OrganizationView(
            at=at,
            organization_id=organization_id,
            shares=shares,
            rules=tuple(rules),
            limits=(yield limit_states(organization_id)),
            pauses=tuple(pauses),
            running=(yield running_jobs(organization_id=organization_id)),
        )


def for_themselves(view: OrganizationView) -> OrganizationView:
    """What its own people are shown: not who of those that run the system did something, nor what they noted beside it."""
    return replace(
        view,
        rules=tuple(replace(rule, change=replace(rule.change, by=None, why=None)) for rule in view.rules),
        limits=tuple(
            replace(limit, change=limit.change and replace(limit.change, by=None, why=None)) for limit in view.limits
        ),
        pauses=tuple(replace(pause, paused_by=None, reason=None) for pause in view.pauses),
    )
