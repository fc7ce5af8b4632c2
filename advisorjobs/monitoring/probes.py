"""Whether a worker lives, and whether it can take work: decided from its processes' reports. No I/O, no clock.

As Kubernetes means it: a worker that doesn't live is to be restarted, so nothing counts against it that a restart doesn't
mend, a database that is away least of all. One that isn't ready gets no work and is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from advisorjobs.monitoring.report import Report

__all__ = ["Reason", "Verdict", "is_alive", "is_ready", "is_started"]

STANDING = 3.0
"""Seconds without a turn of the event loop from which on nothing new should be expected of a process."""

LEASE_PATIENCE = 60.0
"""Seconds without a lease although the database answers: registering anew takes a moment."""


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` is for machines: stuck, lease, starting, stopping, database, not_migrated. `text`: nothing in it is secret."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Good without reasons."""

    reasons: tuple[Reason, ...] = ()

    @property
    def good(self) -> bool:
        return not self.reasons

    @property
    def status(self) -> int:
        """Of an HTTP answer."""
        return 200 if self.good else 503

    def as_object(self) -> Mapping[str, Any]:
        """For JSON."""
        return {
            "status": "ok" if self.good else "failing",
            "reasons": [{"code": reason.code, "text": reason.text} for reason in self.reasons],
        }


Reports = Sequence[Report | None]
"""Of each process that there should be; None: it hasn't said anything yet."""


def is_alive(reports: Reports, now: float, patience: float) -> Verdict:
    """Fails for an event loop that has stood still for *patience* seconds, and for a lease that was lost for long although
    the database answers. A process that is only starting, or that ended and is replaced, is its parent's affair."""
    return Verdict(tuple(_deadly(reports, now, patience)))


def is_ready(reports: Reports, now: float, *, stopping: bool = False) -> Verdict:
    """Fails where a process can't take work now."""
    if stopping:
        return Verdict(
            (Reason("stopping", "the worker was told to stop: what runs is finished, nothing new is taken"),)
        )
    return Verdict(tuple(reason for report in reports if (reason := _hindrance(report, now)) is not None))


def is_started(reports: Reports) -> Verdict:
    """Fails until every process has been at work once."""
    waiting = sum(report is None or not report.started for report in reports)
    return Verdict((starting(waiting, len(reports)),) if waiting else ())


def starting(processes: int, of: int) -> Reason:
    return Reason("starting", f"{processes} of {of} processes have not begun to work yet")


def _deadly(reports: Reports, now: float, patience: float) -> Iterator[Reason]:
    for report in reports:
        if report is None:
            continue
        still = now - report.turned
        if still >= patience:
            yield Reason("stuck", f"the event loop of process {report.pid} has stood still for {still:.0f} s")
        elif report.started and not report.stopping and not report.database_away:
            without = report.turned - report.lease_until
            if without >= LEASE_PATIENCE:
                text = f"process {report.pid} has had no lease for {without:.0f} s, although the database answers"
                yield Reason("lease", text)


def _hindrance(report: Report | None, now: float) -> Reason | None:
    """The first that keeps a process from taking work."""
    if report is None or not (report.started or report.stopping or report.database_away):
        return Reason("starting", "a process has not begun to work yet")
    if now - report.turned >= STANDING:
        return Reason(
            "stuck", f"the event loop of process {report.pid} has stood still for {now - report.turned:.0f} s"
        )
    if report.stopping:
        return Reason("stopping", f"process {report.pid} was told to stop")
    if report.database_away:
        return Reason("database", f"process {report.pid} has lost the database and tries to reach it")
    if report.turned >= report.lease_until:  # of that moment: a loop that stands still reports no renewal
        return Reason("lease", f"process {report.pid} has lost its lease and asks for another")
    return None
