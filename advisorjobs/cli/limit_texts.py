"""Limits, rules and pauses in words, and as JSON values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from advisorjobs.limits import Change, KeyLimit, OrganizationRule, Origin, QueueLimits, Setting
from advisorjobs.pauses import Pause
from advisorjobs.queues import RateLimit
from advisorjobs.rates import rate_text

__all__ = [
    "SETTINGS",
    "json_of",
    "key_line",
    "local_time",
    "origin_text",
    "pause_line",
    "queue_line",
    "rule_line",
    "state_text",
    "value_text",
]

SETTINGS = {
    "rate": "rate limit",
    "running": "running",
    "organization_rate": "each organization's rate",
    "organization_running": "each organization's running",
    "fair": "turns",
}
"""The settings of QueueLimits -> what they are called in a line."""


def value_text(value: RateLimit | int | bool | None) -> str:
    """A limit as it stands in a table."""
    match value:
        case None:
            return "–"
        case bool():
            return "fair" if value else "off"
        case RateLimit():
            return rate_text(value)
    return str(value)


def local_time(moment: datetime) -> str:
    """Minutes are enough for people."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def origin_text(setting: Setting[Any], change: Change | None) -> str:
    """`table`, or who changed it, when and why."""
    return str(change) if setting.origin is Origin.CHANGED and change else str(setting.origin)


def state_text(limits: QueueLimits) -> str:
    """Whether a queue gives out jobs now."""
    if limits.pause is not None:
        return "paused"
    return f"closed until {local_time(limits.closed_until)}" if limits.closed_until else "open"


def pause_line(pause: Pause) -> str:
    """A pause in one line."""
    where = " in ".join(
        part
        for part in (
            f"organization {pause.organization_id}" * bool(pause.organization_id),
            f"queue {pause.queue}" * bool(pause.queue),
        )
        if part
    )
    until = f" until {local_time(pause.until)}" if pause.until else ""
    reason = f": {pause.reason}" if pause.reason else ""
    return f"{where}: paused since {local_time(pause.since)}{until} by {pause.paused_by or 'somebody'}{reason}"


def queue_line(limits: QueueLimits) -> str:
    """A queue's limits in one line."""
    values = ", ".join(f"{label} {value_text(getattr(limits, name).value)}" for name, label in SETTINGS.items())
    return f"queue {limits.queue}: {values} ({limits.change or 'as the queue table says'})"


def rule_line(rule: OrganizationRule) -> str:
    """An organization's rule in one line: what it says, and who said so."""
    said = {"weight": rule.weight, "rate limit": rule.rate, "running": rule.running}
    values = ", ".join(f"{name} {value_text(value)}" for name, value in said.items() if value is not None)
    where = f"queue {rule.queue}" if rule.queue else "every queue"
    return f"organization {rule.organization_id} in {where}: {values} ({rule.change})"


def key_line(limit: KeyLimit) -> str:
    """A key's limits in one line."""
    said = {"rate limit": limit.rate, "running": limit.running}
    values = [f"{name} {value_text(value)}" for name, value in said.items() if value is not None]
    closed = [f"closed until {local_time(limit.closed_until)}"] if limit.closed_until else []
    return f"key {limit.key}: {', '.join(values + closed)} ({limit.change})"


def json_of(value: Any) -> Any:
    """Rates as --rate takes them, moments in ISO form, dataclasses as objects."""
    match value:
        case RateLimit():
            return rate_text(value).replace(" ", "")
        case datetime():
            return value.isoformat()
        case Setting():
            return {"value": json_of(value.value), "origin": str(value.origin)}
        case QueueLimits() | OrganizationRule() | KeyLimit() | Pause() | Change():
            return {name: json_of(getattr(value, name)) for name in value.__slots__}
    return value
