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
from advisorjobs.task import JobType

__all__ = ["Catalogue"]

PACKAGE = "advisorjobs.tasks"


class Catalogue(Mapping[str, JobType[Any]]):
    """Job types by name. Looking up a name that isn't there raises UnknownJob with the nearest that is."""

    def __init__(self, types: Iterable[JobType[Any]]) -> None:
        self._types: dict[str, JobType[Any]] = {}
        for job_type in types:
            other = self._types.setdefault(job_type.name, job_type)
            if other.function is not job_type.function:
                raise ValueError(
                    f"two functions are called {job_type.name!r}: {_place(other)} and {_place(job_type)}; rename one"
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

    def __contains__(self, name: object) -> bool:
        return name in self._types

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)


def _job_types(module: ModuleType, row: Queue | None) -> Iterator[JobType[Any]]:
    for value in vars(module).values():
        if not isinstance(value, JobType):
            continue
        queue = value.queue or (row.name if row else None)
        if queue is None:
            raise ValueError(f"{_place(value)}: @task({value.name!r}) needs queue=: the module belongs to no queue")
        yield replace(value, queue=queue)


def _place(job_type: JobType[Any]) -> str:
    return f"{job_type.function.__module__}.{job_type.function.__qualname__}"
