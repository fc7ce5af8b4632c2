"""What spans say, by OpenTelemetry's semantic conventions for messaging; names of ours begin with `advisorjobs.`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advisorjobs.engine.claimed import Claimed

__all__ = ["SCOPE", "SYSTEM", "present", "run_attributes"]

SCOPE = "advisorjobs"
"""The name of our tracer."""

SYSTEM = {"messaging.system": "advisorjobs"}


def present(attributes: dict[str, Any]) -> dict[str, Any]:
    """*attributes* without what isn't known."""
    return {name: value for name, value in attributes.items() if value is not None}


def run_attributes(job: Claimed) -> dict[str, Any]:
    """What the span of a run says of its job from the beginning."""
    return present(
        {
            **SYSTEM,
            "messaging.operation.type": "process",
            "messaging.operation.name": "run",
            "messaging.destination.name": job.queue,
            "messaging.message.id": str(job.id),
            "advisorjobs.job": job.name,
            "advisorjobs.organization": job.organization_id,
            "advisorjobs.attempt": job.attempt,
            "advisorjobs.run": job.run_no,
        }
    )
