"""Worker processes of a test: started as a user starts them, killed and frozen at will, gone at the end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from tests.faults.engines import Engine
from tests.faults.scale import LEASE
from tests.faults.witness import VARIABLE, Witness
from tests.fixtures.waiting import wait_for

__all__ = ["Fleet", "Member"]

ROOT = Path(__file__).parents[2]


class Member:
    """One worker process. `status` is its exit status once it has ended, as subprocess has it (-9: killed)."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log = log

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def status(self) -> int | None:
        return self.process.poll()

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ended(self, seconds: float) -> int:
        """Waits for the end; returns the status. subprocess.TimeoutExpired after *seconds*."""
        return self.process.wait(seconds)

    def text(self) -> str:
        return self.log.read_text(errors="replace")


class Fleet:
    """All worker processes of one test. Their children and whatever they leave behind carry the test's witness in their
    environment, by which leftovers are found."""

    def __init__(self, engine: Engine, dsn: str, folder: Path, witness: Witness) -> None:
        self.engine = engine
        self.dsn = dsn
        self.folder = folder
        self.witness = witness
        self.members: list[Member] = []
        self.prefix: list[str] = []

    def start(
        self,
        slots: int = 8,
        *,
        dsn: str | None = None,
        queue: str = "critical",
        queues: Mapping[str, int] | None = None,
        **variables: object,
    ) -> Member:
        """Starts a worker with *slots* in *queue*, or with the slots of *queues*; *variables* go to its environment."""
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("ADVISORJOBS_", "WORKER_"))},
            "DATABASE_URL": dsn or self.dsn,
            "ADVISORJOBS_IMPORTS": "tests.faults.jobs",
            "ADVISORJOBS_DATA_DIR": str(self.folder),
            "ADVISORJOBS_LEASE": f"{LEASE:g}",
            "PYTHONPATH": str(ROOT),
            VARIABLE: str(self.witness.path),
            **{key: str(value) for key, value in variables.items()},
        }
        log = self.folder / f"worker-{len(self.members) + 1}.log"
        with log.open("wb") as output:
            member = Member(
                spawn([*self.prefix, *self.engine.command(queues or {queue: slots})], environment, output), log
            )
        self.members.append(member)
        return member

    def living(self) -> list[Member]:
        return [member for member in self.members if member.status is None]

    def kill(self, member: Member) -> None:
        """kill -9, noted before it is sent, as whatever the process does afterwards it has not done."""
        self.witness.note("kill", pid=member.pid)
        member.send(signal.SIGKILL)
        member.ended(10)
        self.witness.note("killed", pid=member.pid)

    def kill_worker_of(self, supervisor: Member) -> bool:
        """kill -9 for the worker process under a supervisor, which starts another; False while there is none.

        Its children, where suspects run, are noted as killed too: they end with it.
        """
        children = children_of(supervisor.pid)
        for pid in children:
            for child in children_of(pid):
                self.witness.note("kill", pid=child)
            self.witness.note("kill", pid=pid)
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda pid=pid: not Path(f"/proc/{pid}").exists(), "the end of a killed process")  # type: ignore[misc]
            self.witness.note("killed", pid=pid)
        return bool(children)

    def leftovers(self) -> list[int]:
        """Processes of this test that still live, whoever their parent is now."""
        mark = f"{VARIABLE}={self.witness.path}".encode()
        return [pid for pid, environment in environments() if mark in environment and pid != os.getpid()]

    def stop(self, seconds: float = 30) -> None:
        """SIGTERM to all, and waits for their end."""
        for member in self.living():
            member.send(signal.SIGTERM)
        for member in self.members:
            member.ended(seconds)

    def close(self) -> None:
        """Kills what is left, children too."""
        for _ in range(3):
            for pid in self.leftovers():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for member in self.members:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    member.process.wait(5)
        wait_for(lambda: not self.leftovers(), "the end of all processes of the test")

    def tails(self) -> str:
        """The last lines of each worker's log, for a failure's report."""
        return "\n".join(f"--- {m.log.name} (pid {m.pid}, status {m.status})\n{m.text()[-3000:]}" for m in self.members)


def spawn(command: list[str], environment: Mapping[str, str], output: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)


def children_of(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def environments() -> Iterator[tuple[int, list[bytes]]]:
    """Each process of this machine with its environment, as far as we may read it; zombies have none."""
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                yield int(entry), Path("/proc", entry, "environ").read_bytes().split(b"\0")
