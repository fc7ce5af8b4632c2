"""The nine queues on one screen: the one place where slots, priorities, limits, retries and time limits are set.

Everything else (workers, retries, limits, README, dashboard) derives from this table. Slots, time limits and retries
may be overridden per process by environment (settings.py); limits, weights and pauses live in the queue's row in the
database, which `advisorjobs migrate` fills from here.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType

from advisorjobs.backoff import Backoff, exponential, fixed
from advisorjobs.errors import UnknownJob

__all__ = ["QUEUES", "QUEUE_NAMES", "WORKER_TYPES", "Queue", "RateLimit", "queue_settings"]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `starts` starts in any window of length `per`, over all workers together."""

    starts: int
    per: timedelta


@dataclass(frozen=True, slots=True)
class Queue:
    """One row of the table. `slots` is per worker; `priority` 1 is first, 9 last; `retries` come after the first run."""

    name: str
    slots: int
    priority: int
    rate_limit: RateLimit | None
    retries: int
    backoff: Backoff
    timeout: timedelta
    module: str | None = None

    def __post_init__(self) -> None:
        rules = {
            "slots must be 1 or more": self.slots >= 1,
            "priority must be 1 (first) to 9": 1 <= self.priority <= 9,
            "retries must be 0 or more": self.retries >= 0,
            "timeout must be positive": self.timeout > timedelta(0),
        }
        for rule, holds in rules.items():
            if not holds:
                raise ValueError(f"queue {self.name!r}: {rule}, got {self!r}")


def per_second(starts: int) -> RateLimit:
    return RateLimit(starts, timedelta(seconds=1))


def per_minute(starts: int) -> RateLimit:
    return RateLimit(starts, timedelta(minutes=1))


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def queue_table(*rows: Queue) -> Mapping[str, Queue]:
    table = {row.name: row for row in rows}
    if len(table) != len(rows):
        raise ValueError("two rows of the queue table have the same name")
    return MappingProxyType(table)


# fmt: off
QUEUES: Mapping[str, Queue] = queue_table(
    #     name                  slots  priority  rate limit      retries  back-off        timeout      module in tasks/
    Queue("critical",             10,     1,     None,              5,    exponential(2), minutes(5),   "critical"),
    Queue("document-processing",   8,     2,     per_second(20),    3,    exponential(2), minutes(5),   "documents"),
    Queue("ai-processing",         5,     2,     per_minute(10),    3,    exponential(2), minutes(10),  "ai"),
    Queue("reports",               5,     3,     None,              3,    fixed(30),      minutes(10),  "reports"),
    Queue("emails",               10,     3,     per_minute(100),   5,    exponential(2), minutes(0.5), "emails"),
    Queue("webhooks",             15,     3,     None,              5,    exponential(2), minutes(0.5), "webhooks"),
    Queue("integrations",          5,     3,     per_minute(30),    3,    exponential(2), minutes(2),   "integrations"),
    Queue("maintenance",           2,     4,     None,              2,    fixed(60),      minutes(30),  "maintenance"),
    Queue("scheduled",             1,     5,     None,              2,    fixed(60),      minutes(10),  "scheduled"),
)

WORKER_TYPES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "primary":   ("critical", "reports", "emails", "webhooks", "integrations", "maintenance"),
    "document":  ("document-processing",),
    "ai":        ("ai-processing",),
    "scheduled": ("scheduled",),
    "all":       (*QUEUES, "default", "builtin"),
})

DEFAULT_ROW = Queue("default", 5, 3, None, 3, exponential(2), minutes(10))
# fmt: on


class QUEUE_NAMES:
    """The names as constants, for callers who like completion: QUEUE_NAMES.DOCUMENT_PROCESSING."""

    CRITICAL = "critical"
    DOCUMENT_PROCESSING = "document-processing"
    AI_PROCESSING = "ai-processing"
    REPORTS = "reports"
    EMAILS = "emails"
    WEBHOOKS = "webhooks"
    INTEGRATIONS = "integrations"
    MAINTENANCE = "maintenance"
    SCHEDULED = "scheduled"


def queue_settings(name: str) -> Queue:
    """The row of queue *name*; a queue outside the table (a plain procrastinate task may name one) has a default row."""
    return QUEUES.get(name) or replace(DEFAULT_ROW, name=name)


def known_queue(name: str) -> str:
    """*name* if it is in the table (or one of the default queues); raises UnknownJob with the nearest name."""
    if name in WORKER_TYPES["all"]:
        return name
    near = difflib.get_close_matches(name, WORKER_TYPES["all"], n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"the queues are {', '.join(QUEUES)}"
    raise UnknownJob(f"there is no queue {name!r}: {hint}")
