"""What jobs there are: the values that @task made, from the modules of the queue table and those named besides."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

from advisorjobs.errors import UnknownJob
from advisorjobs.queues import QUEUES, Queue
from advisorjobs.task import JobFunction, JobType

__all__ = ["Catalogue"]

PACKAGE = "advisorjobs.tasks"


class Catalogue(Mapping[str, JobType[Any]]):
    """Job types by name, with their function where there is one; where a job is declared and made, what was made counts.

    Looking up a name that isn't there raises UnknownJob with the nearest that is.
    """

    def __init__(self, types: Iterable[JobType[Any]]) -> None:
        self._types: dict[str, JobType[Any]] = {}
        for job_type in types:
            known = self._types.get(job_type.name, job_type)
            self._types[job_type.name] = _united(known, job_type)
        for job_type in self._types.values():
            if job_type.queue is None:
                raise ValueError(
                    f"{_place(job_type)}: @task({job_type.name!r}) needs queue=: the module belongs to no queue"
                )

    @classmethod
    def load(cls, imports: Iterable[str] = ()) -> Catalogue:
        """Imports the modules of the queue table that exist, then *imports*, and gathers their job types."""
        types: list[JobType[Any]] = []
        for row in QUEUES.values():
            name = f"{PACKAGE}.{row.module}"
            if row.module and importlib.util.find_spec(name) is not None:
                types += _job_types(importlib.import_module(name), row)
        for name in imports:
            types += _job_types(importlib.import_module(name), None)
        return cls(types)

    def __getitem__(self, name: str) -> JobType[Any]:
        found = self._types.get(name)
        if found is None:
            near = difflib.get_close_matches(name, self._types, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the jobs are {', '.join(sorted(self._types))}"
            raise UnknownJob(f"there is no job {name!r}: {hint}")
        return found

    def find(self, name: str) -> JobType[Any] | None:
        """The job type of this name, or None."""
        return self._types.get(name)

    def functions(self) -> dict[str, JobFunction[Any, Any]]:
        """The jobs that run here, by name."""
        return {name: each for name, each in self._types.items() if isinstance(each, JobFunction)}

    def declared_only(self, queues: Iterable[str] | None = None) -> list[str]:
        """The names, in *queues* (None: any), of jobs that can be queued and whose function isn't here."""
        wanted = None if queues is None else set(queues)
        functions = self.functions()
        return [
            name
            for name, each in self._types.items()
            if name not in functions and (wanted is None or each.queue in wanted)
        ]

    def __contains__(self, name: object) -> bool:
        return name in self._types

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)


def _job_types(module: ModuleType, row: Queue | None) -> Iterator[JobType[Any]]:
    for value in vars(module).values():
        if isinstance(value, JobType):
            yield replace(value, queue=row.name) if row and value.queue is None else value


def _united(known: JobType[Any], other: JobType[Any]) -> JobType[Any]:
    """Of two values of one name the one with the function, which may leave its queue to the declaration."""
    if known.payload is not other.payload:
        raise ValueError(f"{known.name!r} has two payloads: {_place(known)} and {_place(other)}; rename one")
    if not isinstance(known, JobFunction):
        known, other = other, known
    elif isinstance(other, JobFunction) and other.function is not known.function:
        raise ValueError(f"two functions are called {known.name!r}: {_place(known)} and {_place(other)}; rename one")
    return replace(known, queue=known.queue or other.queue)


def _place(job_type: JobType[Any]) -> str:
    """Where it is in the code: its function, else its payload."""
    named: Any = job_type.function if isinstance(job_type, JobFunction) else job_type.payload
    return f"{named.__module__}.{named.__qualname__}"
