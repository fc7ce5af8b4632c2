"""What really happened, written down outside the tested database: one line per event, appended in one write."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

__all__ = ["Entry", "Witness", "seen"]

VARIABLE = "FAULTS_WITNESS"


class Entry(NamedTuple):
    """`at` in nanoseconds on the machine's monotonic clock, which all processes share. `run`: 0 where it isn't known."""

    at: int
    pid: int
    event: str
    job: int
    run: int
    detail: str

    def __str__(self) -> str:
        return f"{self.at / 1e9:.3f} pid {self.pid} job {self.job} run {self.run} {self.event} {self.detail}".rstrip()


class Witness:
    """An append-only file. Writes of one line each: a process that is killed leaves whole lines behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of_this_process(cls) -> Witness:
        return cls(Path(os.environ[VARIABLE]))

    def note(self, event: str, job: int = 0, run: int = 0, detail: str = "", *, pid: int | None = None) -> None:
        line = f"{time.monotonic_ns()} {pid or os.getpid()} {event} {job} {run} {detail}\n"
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(file, line.encode())
        finally:
            os.close(file)

    def read(self) -> list[Entry]:
        """All entries, in order of time."""
        if not self.path.exists():
            return []
        return sorted(parse(line) for line in self.path.read_text().splitlines())

    def events(self, *names: str) -> list[Entry]:
        return [entry for entry in self.read() if entry.event in names]


def parse(line: str) -> Entry:
    at, pid, event, job, run, *detail = line.split(" ", 5)
    return Entry(int(at), int(pid), event, int(job), int(run), "".join(detail))


@contextmanager
def seen(job: int, run: int, detail: str = "") -> Iterator[Witness]:
    """Notes begin and end of a run of *job*, or how it broke off."""
    witness = Witness.of_this_process()
    witness.note("begin", job, run, detail)
    try:
        yield witness
    except BaseException as error:
        witness.note("broke", job, run, type(error).__name__)
        raise
    witness.note("end", job, run)
