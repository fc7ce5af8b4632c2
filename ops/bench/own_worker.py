"""A worker of AdvisorJobs as its own command line starts it, and the journal that its jobs write."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from advisorjobs.database.migrate import migrate
from ops.bench.peer_failed import PeerFailed
from ops.bench.programs import ROOT
from ops.bench.server import BenchServer
from ops.bench.workers import end

__all__ = ["OwnWorker", "own_environment", "own_worker"]

COMMAND = ("advisorjobs", "worker", "--queues", "critical")
PATIENCE = 60.0
IDLE = 3.0
"""Seconds after which a worker with nothing to do rests as long as it ever does."""


@dataclass(frozen=True, slots=True)
class OwnWorker:
    """`process`: the command's. `journal`: see own_jobs. `connection`: to its database, in autocommit."""

    process: subprocess.Popen[bytes]
    journal: Path
    connection: psycopg.Connection[tuple[object, ...]]

    def noted(self, word: str) -> dict[int, float]:
        """Number of a job -> when it last wrote *word*, in seconds of the machine's clock."""
        lines = (line.split() for line in self.journal.read_text().splitlines())
        return {int(line[1]): int(line[2]) / 1e9 for line in lines if line[0] == word}

    def wait(self, word: str, count: int, patience: float = PATIENCE) -> dict[int, float]:
        """`noted`, once *count* jobs wrote *word*. Raises PeerFailed."""
        give_up = time.monotonic() + patience
        while len(found := self.noted(word)) < count:
            if self.process.poll() is not None or time.monotonic() > give_up:
                raise PeerFailed(f"{len(found)} of {count} jobs wrote {word!r}; the worker ended or hangs")
            time.sleep(0.01)
        return found


def own_environment(server: BenchServer, journal: str = os.devnull) -> Mapping[str, str]:
    """What a program of ours needs to reach the benchmark's database and to know its jobs."""
    return {
        **os.environ,
        "DATABASE_URL": server.dsn(),
        "ADVISORJOBS_IMPORTS": "ops.bench.own_jobs",
        "PROCRASTINATE_APP": "advisorjobs.app",
        "OWN_JOURNAL": journal,
        "PYTHONPATH": str(ROOT),
    }


@contextmanager
def own_worker(server: BenchServer, command: Sequence[str] = COMMAND) -> Iterator[OwnWorker]:
    """*command* on an empty database, idle; ended afterwards."""
    server.fresh()
    migrate(server.dsn())
    with (
        tempfile.NamedTemporaryFile(prefix="bench-journal-") as journal,
        psycopg.connect(server.dsn(), autocommit=True) as connection,
    ):
        program = str(Path(sys.executable).with_name(command[0]))
        process = subprocess.Popen(
            [program, *command[1:]],
            env=own_environment(server, journal.name),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            time.sleep(IDLE)
            yield OwnWorker(process, Path(journal.name), connection)
        finally:
            end([process])
