"""What the database has in force now: limits, rules, keys and pauses – or why that can't be said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from advisorjobs.cli.limit_texts import json_of, key_line, pause_line, rule_line
from advisorjobs.limits import (
    KeyLimit,
    OrganizationRule,
    Origin,
    QueueLimits,
    read_key_limits,
    read_organization_rules,
    read_queue_limits,
)
from advisorjobs.pauses import Pause, read_pauses
from advisorjobs.settings import Settings

__all__ = ["InForce", "look"]

SHOWN = 20
"""So many organizations' rules are listed where no queue is named."""


@dataclass(frozen=True, slots=True)
class InForce:
    """Everything that people have set, and each queue's limits by its name."""

    queues: Mapping[str, QueueLimits]
    pauses: tuple[Pause, ...]
    rules: tuple[OrganizationRule, ...]
    keys: tuple[KeyLimit, ...]

    def of(self, queue: str | None) -> InForce:
        """What holds in *queue*; everything where that is None."""
        if queue is None:
            return self
        return InForce(
            {name: limits for name, limits in self.queues.items() if name == queue},
            tuple(pause for pause in self.pauses if pause.queue in (queue, None)),
            tuple(rule for rule in self.rules if rule.queue in (queue, None)),
            (),
        )

    def remarkable(self) -> list[str]:
        """The queues of which something is set that no queue table says."""
        return [name for name, limits in self.queues.items() if is_remarkable(limits)]

    def lines(self, *, all_rules: bool) -> Iterator[str]:
        """Pauses, rules and keys for people."""
        yield from map(pause_line, self.pauses)
        shown = self.rules if all_rules else self.rules[:SHOWN]
        yield from map(rule_line, shown)
        if len(shown) < len(self.rules):
            more = len(self.rules) - len(shown)
            yield f"… and rules of {more} more organizations: name a queue, or use --json"
        yield from map(key_line, self.keys)

    def objects(self) -> Iterator[dict[str, Any]]:
        """Pauses, rules and keys for machines: each under what it is."""
        yield from ({"pause": json_of(pause)} for pause in self.pauses)
        yield from ({"rule": json_of(rule)} for rule in self.rules)
        yield from ({"key": json_of(key)} for key in self.keys)


def is_remarkable(limits: QueueLimits) -> bool:
    settings = (limits.running, limits.organization_rate, limits.organization_running, limits.fair)
    held = limits.pause is not None or limits.closed_until is not None
    return held or any(setting.origin is not Origin.TABLE for setting in settings)


def look(settings: Settings) -> InForce | str:
    """What is in force; where no migrated database answers, why."""
    from advisorjobs.cli.failure import failure_of
    from advisorjobs.cli.ground import opened
    from advisorjobs.cli.query import ask

    try:
        with opened(settings) as connection:
            everywhere = {"queue": None, "organization_id": None}
            return InForce(
                {limits.queue: limits for limits in read_queue_limits(ask(connection, "get_queue_limits", everywhere))},
                tuple(read_pauses(ask(connection, "get_pauses"))),
                tuple(read_organization_rules(ask(connection, "get_organization_rules", everywhere))),
                tuple(read_key_limits(ask(connection, "get_key_limits"))),
            )
    except Exception as error:
        failure = failure_of(error)
        if failure is None:
            raise
        return failure.text
