"""What a test expects to have been enqueued, compared with what was: pure, with texts that name the nearest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic_core import to_jsonable_python

from advisorjobs.job import Job
from advisorjobs.payloads import Payload

__all__ = ["Expectation", "as_span", "failure_text", "sorted_out"]

SHOWN = 3
TOLERANCE = timedelta(seconds=5)
MISSING = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What is None may be anything. `payload`: these fields, at any depth, and perhaps others. Times within 5 s.

    `scheduled_in` counts from `now`; a job that is due at once is scheduled in 0 s.
    """

    name: str | None = None
    queue: str | None = None
    organization_id: str | None = None
    payload: Mapping[str, Any] | Payload | None = None
    priority: int | None = None
    tags: Sequence[str] | None = None
    unique_key: str | None = None
    scheduled_at: datetime | None = None
    scheduled_in: timedelta | float | None = None

    def differences(self, job: Job, fields: Mapping[str, Any], now: datetime | None) -> list[str]:
        """Where *job* is another than this; *fields* are its payload with the model's defaults."""
        found = []
        for option in ("name", "queue", "organization_id", "priority", "unique_key"):
            wanted, is_ = getattr(self, option), getattr(job, option)
            if wanted is not None and wanted != is_:
                found.append(f"{option} is {is_!r}, not {wanted!r}")
        found += [f"it has no tag {tag!r}" for tag in self.tags or () if tag not in job.tags]
        if self.payload is not None:
            found += payload_differences(fields, as_json(self.payload), "payload")
        due = job.scheduled_at or job.queued_at
        wanted_at = self.scheduled_at
        if self.scheduled_in is not None and now is not None:
            wanted_at = now + as_span(self.scheduled_in)
        if wanted_at is not None and abs(due - wanted_at) > TOLERANCE:
            found.append(f"it is due at {due.isoformat()}, not {wanted_at.isoformat()}")
        return found

    def __str__(self) -> str:
        given = {name: getattr(self, name) for name in self.__slots__ if name != "name"}
        said = [f"{name}={value!r}" for name, value in given.items() if value is not None]
        return " ".join([self.name or "any job", *said])


def failure_text(
    wanted: Expectation, count: int | None, matching: Sequence[Job], others: Sequence[tuple[Job, list[str]]]
) -> str:
    """Why an assertion failed: how many there are, and of the *others* those that differ in the fewest points."""
    expected = "at least one" if count is None else str(count)
    lines = [f"expected {expected} of {wanted}; {len(matching)} enqueued"]
    lines += [f"  job {job.id} {job.name} ({job.status})" for job in matching[:SHOWN]]
    nearest = sorted(others, key=lambda other: (wanted.name not in (None, other[0].name), len(other[1]), other[0].id))
    if nearest:
        lines.append(f"of {len(nearest)} others the nearest:")
    lines += [f"  job {job.id} {job.name}: {'; '.join(differences)}" for job, differences in nearest[:SHOWN]]
    return "\n".join(lines)


def payload_differences(fields: Any, wanted: Any, place: str) -> list[str]:
    """Where *fields* lacks what *wanted* has: mappings may have more, everything else must be equal."""
    if isinstance(wanted, Mapping) and isinstance(fields, Mapping):
        return [
            difference
            for name, value in wanted.items()
            for difference in payload_differences(fields.get(name, MISSING), value, f"{place}.{name}")
        ]
    if fields is MISSING:
        return [f"there is no {place}"]
    return [] if fields == wanted else [f"{place} is {fields!r}, not {wanted!r}"]


def as_json(payload: Mapping[str, Any] | Payload) -> Mapping[str, Any]:
    """*payload* as it is kept: dates, decimals and the like as their texts; of a model the fields that were given."""
    if isinstance(payload, Payload):
        return payload.model_dump(mode="json", exclude_unset=True)
    kept: Mapping[str, Any] = to_jsonable_python(dict(payload))
    return kept


def as_span(span: timedelta | float) -> timedelta:
    return span if isinstance(span, timedelta) else timedelta(seconds=span)


def sorted_out(
    wanted: Expectation, jobs: Sequence[Job], fields_of: Callable[[Job], Mapping[str, Any]], now: datetime | None
) -> tuple[list[Job], list[tuple[Job, list[str]]]]:
    """The jobs that are as *wanted*, and the others with their differences."""
    judged = [(job, wanted.differences(job, fields_of(job), now)) for job in jobs]
    return [job for job, differences in judged if not differences], [each for each in judged if each[1]]
