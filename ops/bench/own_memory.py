"""What AdvisorJobs takes of the memory while it has nothing to do: PSS, so that pages shared by processes count once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ops.bench.measure import Bench, Measure
from ops.bench.own_worker import own_environment, own_worker
from ops.bench.programs import ROOT

__all__ = ["MEMORY"]

IDLE_WORKER = ("advisorjobs", "worker", "--type", "all")
ENQUEUE = "import advisorjobs; advisorjobs.queue_thumbnail.sync('d', 'o'); print('ready', flush=True); input()"


def memory(bench: Bench) -> dict[str, float]:
    """Megabytes of all processes of an idle worker for all queues, and of a program that has enqueued a job."""
    with own_worker(bench.server, IDLE_WORKER) as worker:
        idle = sum(pss(process) for process in family(worker.process.pid))
        program = subprocess.Popen(
            [sys.executable, "-c", ENQUEUE],
            cwd=ROOT,
            env=own_environment(bench.server),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with program:
            assert program.stdout is not None
            program.stdout.readline()
            enqueuer = pss(program.pid)
            program.communicate(b"\n")
    return {"idle worker": idle, "enqueuing program": enqueuer}


def family(process: int) -> Iterator[int]:
    """*process* and all that descend from it."""
    yield process
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from family(int(child))


def pss(process: int) -> float:
    """Megabytes of *process*, each page divided by how many processes have it."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


MEMORY = Measure("memory", "Memory while idle, PSS", "MB", memory, rounds=1)
