"""From payload to row: checks a job and builds the operation that creates it, in anyone's transaction.

No I/O here. All that can be refused is refused before anything is sent, so that a caller's transaction stays usable.
"""

from __future__ import annotations

import difflib
import functools
import json
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, TypeVar

from advisorjobs.catalogue import Catalogue
from advisorjobs.database.operation import Operation, Row
from advisorjobs.database.statement import statement
from advisorjobs.errors import PayloadError
from advisorjobs.json_text import json_text
from advisorjobs.payloads import Payload, parse_payload
from advisorjobs.task import JobType, fields_of

if TYPE_CHECKING:
    from advisorjobs.tracing.enqueuing import EnqueuingTracer

__all__ = [
    "CommonOptions",
    "Enqueued",
    "Enqueuer",
    "JobOptions",
    "NewJob",
    "checked_fields",
    "enqueue_rows",
    "ids_of",
    "limits_of",
    "new_job",
    "refuse_unknown_option",
    "row_text",
]

R = TypeVar("R")
ROWS_AT_ONCE = 2000
BYTES_AT_ONCE = 4 << 20
LONGEST = timedelta(days=36_525)
MOST_TAGS, LONGEST_TAG = 50, 100


class CommonOptions(TypedDict, total=False):
    """What a job that has its time already may be given."""

    connection: Any
    priority: int | None
    unique_key: str | None
    unique_for: timedelta | float | None
    tags: Collection[str] | None


class JobOptions(CommonOptions, total=False):
    """What every helper takes beside its payload.

    `connection`: create the job in this connection's open transaction, so that it exists if and only if that commits.
    psycopg's, asyncpg's, psycopg2's, SQLAlchemy's connections and sessions, Django's; an async one where the call is
    awaited, else a blocking one. UnusableConnection where it is closed, has no transaction, or a failed one.
    `schedule_at`: not before this moment (with its time zone); `schedule_in`: not before so long from now (a timedelta or
    seconds, by the database's clock; at most 100 years). `priority`: 1 (first) to 9; default the queue's. `unique_key`: at
    most one living job of this organization and name has it; a second call creates nothing and returns the first job's
    id; with `unique_for` (a timedelta or seconds) also for that long after the job's end. `tags`: words to find it by, up to
    50 of at most 100 characters.
    """

    schedule_at: datetime | None
    schedule_in: timedelta | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to be created. `payload`: the job's model, or its fields; `queue` None: the job's own; else see JobOptions.

    Raises PayloadError for an option that can't be used.
    """

    name: str
    payload: Mapping[str, Any] | Payload
    queue: str | None = None
    schedule_at: datetime | None = None
    schedule_in: timedelta | float | None = None
    priority: int | None = None
    unique_key: str | None = None
    unique_for: timedelta | float | None = None
    tags: Collection[str] | None = None

    def __post_init__(self) -> None:
        for option, rule in _broken_rules(self):
            raise PayloadError(self.name, {option: rule})


class Enqueued(NamedTuple):
    """A job's id, and whether this call created it (False: the job that holds the unique_key)."""

    id: int
    created: bool


def new_job(job: NewJob | Mapping[str, Any]) -> NewJob:
    """*job* as it is, or made from a mapping with NewJob's fields as keys; `data` is understood for `payload`."""
    if isinstance(job, NewJob):
        return job
    given = {("payload" if key == "data" else key): value for key, value in job.items()}
    for key in given:
        refuse_unknown_option("a job", key, NewJob.__slots__)
    missing = {"name", "payload"} - given.keys()
    if missing:
        raise TypeError(
            f"a job needs {' and '.join(sorted(missing))}, got only {', '.join(sorted(given)) or 'nothing'}"
        )
    return NewJob(**given)


def refuse_unknown_option(who: str, option: str, known: Iterable[str]) -> None:
    """Raises TypeError with the nearest of *known* when *option* is none of them."""
    known = tuple(known)
    if option not in known:
        near = difflib.get_close_matches(option, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"they are {', '.join(known)}"
        raise TypeError(f"{who} has no option {option!r}: {hint}")


class Enqueuer:
    """Builds operations that create jobs.

    *plain_queue* says which queue a plain procrastinate task belongs to; *known_queue* refuses a name that is no queue's.
    """

    def __init__(
        self,
        catalogue: Callable[[], Catalogue],
        plain_queue: Callable[[str], str | None],
        known_queue: Callable[[str], str],
        tracer: EnqueuingTracer | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._plain_queue = plain_queue
        self._known_queue = known_queue
        self._tracer = tracer

    def add(self, asked_by: str, job: NewJob, connection: Any = None) -> Operation[int]:
        """Creates one job; read as its id. Raises PayloadError, UnknownJob."""
        return enqueue_rows(
            asked_by, [self.row(job)], lambda rows: _enqueued(rows)[0].id, connection, tracer=self._tracer
        )

    def add_many(
        self, asked_by: str, jobs: Iterable[NewJob | Mapping[str, Any]], connection: Any = None
    ) -> Operation[list[Enqueued]]:
        """Creates all of *jobs*, or none; read in their order. An error's text begins with the place: `jobs[17] …`."""
        rows: list[str] = []
        for index, job in enumerate(jobs):
            try:
                rows.append(self.row(new_job(job)))
            except PayloadError as error:
                raise PayloadError(f"jobs[{index}]: {error.job}", error.fields) from None
            except (LookupError, TypeError) as error:
                raise type(error)(f"jobs[{index}]: {error}") from None
        return enqueue_rows(asked_by, rows, _enqueued, connection, tracer=self._tracer)

    def row(self, job: NewJob) -> str:
        """*job* as advisorjobs_enqueue takes it, in JSON."""
        queue = None if job.queue is None else self._known_queue(job.queue)
        catalogue = self._catalogue()
        plain_queue = None if job.name in catalogue else self._plain_queue(job.name)
        if plain_queue is None:
            job_type = catalogue[job.name]
            fields = checked_fields(job_type, job.payload)
            own_queue = job_type.queue
            options = _row_options(job) | limits_of(job_type, fields)
        else:
            payload = job.payload
            fields = payload.model_dump(mode="json") if isinstance(payload, Payload) else dict(payload)
            own_queue = plain_queue
            options = _row_options(job)
        return row_text(job.name, queue or own_queue, fields, options)


def checked_fields(job_type: JobType[Any], payload: Mapping[str, Any] | Payload) -> dict[str, Any]:
    """The fields that were given, as JSON values, once the job's model has accepted them.

    Fields left out stay out: a worker of the last release takes the job although its model lacks the newest of them.
    """
    if not isinstance(payload, job_type.payload):
        if isinstance(payload, Payload):
            raise PayloadError(job_type.name, {"payload": f"must be {job_type.payload.__name__} or its fields"})
        checked: Payload = parse_payload(job_type.name, job_type.payload, payload)
    else:
        checked = payload
    return checked.model_dump(mode="json", exclude_unset=True)


def limits_of(job_type: JobType[Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """What the job counts for in its limits, where that isn't one start of its queue."""
    key = job_type.limit_key
    if key is not None and all(fields.get(name) is not None for name in fields_of(key)):
        key = key.format_map(fields)
        return {"limit_key": key, "cost": None if job_type.cost == 1 else job_type.cost}
    return {} if job_type.cost == 1 else {"cost": job_type.cost}


def organization_of(fields: Mapping[str, Any]) -> str | None:
    organization = fields.get("organization_id")
    return organization if isinstance(organization, str) else None


def row_text(name: str, queue: str | None, fields: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    """A row as advisorjobs_enqueue takes it, in JSON; *options* in that function's words."""
    set_options = {key: value for key, value in options.items() if value is not None}
    more = f",{_ENCODE(set_options)[1:-1]}" if set_options else ""
    return f'{_head(name, queue, organization_of(fields))}{more},"args":{json_text(name, fields)}}}'


@functools.lru_cache(maxsize=4096)
def _head(name: str, queue: str | None, organization: str | None) -> str:
    """What the rows of one call mostly have in common."""
    return _ENCODE({"name": name, "queue": queue, "organization_id": organization})[:-1]


_ENCODE = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


def enqueue_rows(
    asked_by: str,
    rows: Sequence[str],
    read: Callable[[list[Row]], R],
    connection: Any = None,
    *,
    tracer: EnqueuingTracer | None = None,
) -> Operation[R]:
    """The operation that creates *rows*, cut into statements that are neither long in rows nor in bytes; a span of *tracer*."""
    span = None
    if tracer is not None and rows:
        span = tracer.begin(rows)
        rows = [span.traced(row) for row in rows]
        read = span.told(read, ids_of)
    return Operation(
        asked_by=asked_by,
        statement=statement("enqueue_batch"),
        batches=tuple({"jobs": f"[{','.join(chunk)}]"} for chunk in _chunks(rows)),
        read=read,
        connection=connection,
        span=span,
    )


def ids_of(rows: list[Row]) -> list[int]:
    """Reads the ids alone."""
    return [number for row in rows for number in row["ids"] or ()]


def _enqueued(rows: list[Row]) -> list[Enqueued]:
    return [Enqueued(*pair) for row in rows for pair in zip(row["ids"] or (), row["created"] or (), strict=True)]


def _chunks(rows: Sequence[str]) -> Iterator[Sequence[str]]:
    start = size = 0
    for index, row in enumerate(rows):
        if index > start and (index - start >= ROWS_AT_ONCE or size + len(row) > BYTES_AT_ONCE):
            yield rows[start:index]
            start, size = index, 0
        size += len(row)
    if start < len(rows):
        yield rows[start:]


def _row_options(job: NewJob) -> dict[str, Any]:
    """The options in the words of advisorjobs_enqueue."""
    return {
        "priority": None if job.priority is None else -job.priority,
        "scheduled_at": None if job.schedule_at is None else job.schedule_at.isoformat(),
        "delay": None if job.schedule_in is None else _seconds(job.schedule_in),
        "unique_key": job.unique_key,
        "unique_for": None if job.unique_for is None else _seconds(job.unique_for),
        "tags": list(job.tags or ()) or None,
    }


def _broken_rules(job: NewJob) -> Iterator[tuple[str, str]]:
    at, delay, priority, key = job.schedule_at, job.schedule_in, job.priority, job.unique_key
    if at is not None and (not isinstance(at, datetime) or at.utcoffset() is None):
        yield "schedule_at", f"must be a datetime with its time zone, such as datetime.now(UTC), got {at!r}"
    if at is not None and delay is not None:
        yield "schedule_in", "and schedule_at exclude each other: give one"
    if delay is not None and not 0 <= _seconds(delay) <= LONGEST.total_seconds():
        yield "schedule_in", f"must be a timedelta or seconds, from 0 to 100 years, got {delay!r}"
    if priority is not None and not (type(priority) is int and 1 <= priority <= 9):
        yield "priority", f"must be 1 (first) to 9, got {priority!r}"
    if key is not None and not (isinstance(key, str) and 1 <= len(key) <= 500 and key.isprintable()):
        yield "unique_key", "must be 1 to 500 printable characters: hash what is longer"
    if job.unique_for is not None and key is None:
        yield "unique_for", "needs a unique_key: give one, or leave unique_for out"
    if job.unique_for is not None and not 0 < _seconds(job.unique_for) <= LONGEST.total_seconds():
        yield "unique_for", f"must be a timedelta or seconds, more than 0 and at most 100 years, got {job.unique_for!r}"
    if job.tags is not None and not (
        isinstance(job.tags, list | tuple | set | frozenset)
        and len(job.tags) <= MOST_TAGS
        and all(map(_is_tag, job.tags))
    ):
        yield (
            "tags",
            f"must be a list of at most {MOST_TAGS} texts of 1 to {LONGEST_TAG} printable characters, got {job.tags!r}",
        )


def _is_tag(tag: Any) -> bool:
    return isinstance(tag, str) and 1 <= len(tag) <= LONGEST_TAG and tag.isprintable()


def _seconds(span: timedelta | float) -> float:
    """*span* in seconds; NaN, which fits into no range, for what is none."""
    if isinstance(span, timedelta):
        return span.total_seconds()
    return float(span) if isinstance(span, int | float) and not isinstance(span, bool) else math.nan
