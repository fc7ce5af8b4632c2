"""A peer as the benchmark sees it: a script with commands, a database made anew for each measurement, and a worker."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg

from advisorjobs.database.migrate import migrate
from ops.bench.server import BenchServer

__all__ = ["PEERS", "Peer", "PeerSpec"]

SCRIPTS = Path(__file__).parent / "peers"
PATIENCE = 300.0


@dataclass(frozen=True, slots=True)
class PeerSpec:
    """`pending`: SQL that counts what is not finished. `command`: the worker, where it isn't the script's own."""

    name: str
    script: str
    pending: str
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    ours: bool = False
    command: tuple[str, ...] = ()


OURS = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"

PEERS = {
    spec.name: spec
    for spec in (
        PeerSpec("procrastinate", "procrastinate_stock.py", OURS),
        PeerSpec("pgqueuer", "pgqueuer_stock.py", "SELECT count(*) FROM pgqueuer", {"PEER_UVLOOP": "1"}),
        PeerSpec("advisorjobs, 10 slots", "advisorjobs_own.py", OURS, ours=True),
        PeerSpec("advisorjobs, 200 slots", "advisorjobs_own.py", OURS, {"PEER_SLOTS": "200", "PEER_UVLOOP": "1"}, True),
        PeerSpec(
            "advisorjobs, typed, 200 slots",
            "advisorjobs_own.py",
            OURS,
            {"PEER_JOB": "bench:typed", "PEER_SLOTS": "200", "PEER_UVLOOP": "1"},
            True,
        ),
        PeerSpec(
            "advisorjobs, typed, procrastinate worker -q",
            "advisorjobs_own.py",
            OURS,
            {"PEER_JOB": "bench:typed", "PROCRASTINATE_APP": "advisorjobs.app"},
            True,
            ("procrastinate", "worker", "-q", "critical", "-c", "200"),
        ),
    )
}


class Peer:
    """Runs a peer's commands. Every measurement starts on an empty database, vacuumed and with statistics."""

    def __init__(self, spec: PeerSpec, server: BenchServer) -> None:
        self.spec = spec
        self.server = server

    def enqueue(self, how: str, count: int) -> float:
        """Jobs per second of `single` or `bulk` enqueueing."""
        self._fresh()
        return float(self._call(how, str(count))["rate"])

    def drain(self, count: int) -> float:
        """Jobs per second from the first handler's start until the last job is finished in the store."""
        self._fresh()
        self._call("bulk", str(count))
        self.server.execute("VACUUM ANALYZE", database="bench")
        with psycopg.connect(self.server.dsn("bench"), autocommit=True) as connection, self._worker(count) as tally:
            give_up = time.monotonic() + PATIENCE
            while self._count(connection):
                if time.monotonic() > give_up:
                    raise TimeoutError(f"{self.spec.name} did not drain {count} jobs in {PATIENCE:g} s")
                time.sleep(0.004)
            done = time.monotonic_ns()
            first = self._read(tally, count)["first"]
        return count / ((done - first) / 1e9)

    def pickup(self, count: int) -> tuple[float, float]:
        """Milliseconds from an enqueue's return to its job's start on an idle worker: median and 99th percentile."""
        self._fresh()
        with self._worker(count) as tally:
            time.sleep(2.5)
            returned = dict(map(tuple, self._call("paced", str(count), "20")["returned"]))
            started = dict(map(tuple, self._read(tally, count)["moments"]))
        waits = sorted((started[number] - at) / 1e6 for number, at in returned.items())
        return statistics.median(waits), waits[int(len(waits) * 0.99) - 1]

    def _fresh(self) -> None:
        self.server.execute("DROP DATABASE IF EXISTS bench WITH (FORCE)", "CREATE DATABASE bench", "CHECKPOINT")
        if self.spec.ours:
            migrate(self.server.dsn("bench"))
        else:
            self._call("setup")

    def _call(self, *words: str) -> dict[str, Any]:
        command = [self.server.python(self.spec.ours), self.spec.script, *words]
        done = subprocess.run(
            command, cwd=SCRIPTS, env=self._environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{self.spec.name} {words}: {done.stderr[-2000:]}")
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        answer: dict[str, Any] = json.loads(lines[-1]) if lines else {}
        return answer

    @contextmanager
    def _worker(self, expected: int) -> Iterator[Path]:
        """A worker process; yields the file that will hold its tally."""
        with tempfile.TemporaryDirectory() as folder:
            tally = Path(folder) / "tally.json"
            environment = {**self._environment(), "PEER_TALLY": str(tally), "PEER_EXPECTED": str(expected)}
            program = Path(self.server.python(self.spec.ours))
            own = [str(program), self.spec.script, "work", str(tally), str(expected)]
            named = [str(program.parent / self.spec.command[0]), *self.spec.command[1:]] if self.spec.command else own
            process = subprocess.Popen(named, cwd=SCRIPTS, env=environment, stdout=subprocess.DEVNULL)
            try:
                yield tally
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def _environment(self) -> dict[str, str]:
        dsn = self.server.dsn("bench")
        own = (
            {"DATABASE_URL": dsn, "ADVISORJOBS_IMPORTS": "bench_jobs", "PYTHONPATH": str(SCRIPTS)}
            if self.spec.ours
            else {}
        )
        return {**os.environ, "PEER_DSN": dsn, **own, **self.spec.environment}

    def _count(self, connection: psycopg.Connection[Any]) -> int:
        row = connection.execute(self.spec.pending.encode()).fetchone()
        return int(row[0]) if row else 0

    def _read(self, tally: Path, count: int) -> dict[str, Any]:
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up:
            if tally.exists():
                found: dict[str, Any] = json.loads(tally.read_text() or "{}")
                if found.get("count", 0) >= count:
                    return found
            time.sleep(0.02)
        raise TimeoutError(f"{self.spec.name}'s worker did not report {count} runs")
