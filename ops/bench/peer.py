"""A peer under measurement: its script's commands, its workers, and what it has not finished."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ops.bench.peer_failed import PeerFailed
from ops.bench.peer_spec import PeerSpec
from ops.bench.programs import ROOT, Programs
from ops.bench.redis_server import RedisServer
from ops.bench.server import BenchServer
from ops.bench.workers import Workers, running_workers

__all__ = ["Peer"]

SCRIPTS = Path(__file__).parent / "peers"
LONGEST_CALL = 600.0
LONGEST_DRAIN = 300.0


class Peer:
    """Raises PeerFailed wherever the peer can't do what it is asked."""

    def __init__(self, spec: PeerSpec, programs: Programs, server: BenchServer, redis: RedisServer) -> None:
        self.spec = spec
        self.programs = programs
        self.server = server
        self.redis = redis
        self.newest: Any = 0

    def fresh(self, template: str | None = None) -> None:
        """An empty store with the peer's tables; or the database as it was kept, with jobs that don't count."""
        if self.spec.tables is None:
            self.redis.fresh()
        else:
            self.server.fresh(template)
        self.newest = 0
        if template is None:
            self.call("setup")
        elif (Path(__file__).parent / "sql" / f"newest_job_{self.spec.tables}.sql").exists():
            self.newest = self.server.value(f"newest_job_{self.spec.tables}")

    def settle(self) -> None:
        """What a store in operation has behind it: statistics, and nothing to clean."""
        if self.spec.tables is not None:
            self.server.execute("VACUUM ANALYZE", "CHECKPOINT", database="bench")

    def call(self, *words: str) -> dict[str, Any]:
        """Runs one command of the script, and returns what it reports."""
        try:
            done = subprocess.run(
                [*self._command(), *words],
                cwd=self._working,
                env=self._environment(),
                capture_output=True,
                text=True,
                check=False,
                timeout=LONGEST_CALL,
            )
        except subprocess.TimeoutExpired as error:
            raise PeerFailed(f"{' '.join(words)} took more than {LONGEST_CALL:g} s") from error
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["without a word"]
            raise PeerFailed(f"{' '.join(words)} ended with {done.returncode}: {said[-1][:200]}")
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        answer: dict[str, Any] = json.loads(lines[-1]) if lines else {}
        return answer

    def drain(self, count: int, workers: int = 1, patience: float = LONGEST_DRAIN) -> float:
        """Jobs per second from the first run's start until the last of *count* waiting jobs is finished in the store.

        After *patience* seconds, the rate until then.
        """
        with self.workers(workers) as working:
            working.open()
            give_up = time.monotonic() + patience
            while (counted := working.counted()).count < count:
                working.look_alive()
                if time.monotonic() > give_up:
                    return counted.count / ((time.monotonic_ns() - counted.first) / 1e9) if counted.count else 0.0
                time.sleep(0.005)
            while self._unfinished():
                working.look_alive(give_up)
                time.sleep(0.005)
            return count / ((time.monotonic_ns() - counted.first) / 1e9)

    @contextmanager
    def workers(self, count: int = 1, *, moments: bool = False) -> Iterator[Workers]:
        """Worker processes behind their gate. *moments*: they write down when each run began."""
        command = [*self._command(), "work"]
        if self.spec.command:
            program, *words = self.spec.command
            command = [str(Path(sys.executable).with_name(program)), *words]
        environment = {**self._environment(), **({"PEER_MOMENTS": "1"} if moments else {})}
        with running_workers(command, environment, self._working, count, not self.spec.command) as running:
            yield running

    @property
    def _working(self) -> Path:
        return ROOT if self.spec.script.endswith(".mjs") else SCRIPTS

    def _command(self) -> list[str]:
        if self.spec.script.endswith(".mjs"):
            return self.programs.node(self.spec.script)
        return [sys.executable if self.spec.ours else self.programs.python(), self.spec.script]

    def _environment(self) -> Mapping[str, str]:
        dsn = self.redis.dsn if self.spec.tables is None else self.server.dsn()
        own = {
            "DATABASE_URL": dsn,
            "ADVISORJOBS_IMPORTS": "bench_jobs",
            "PROCRASTINATE_APP": "advisorjobs.app",
            "PYTHONPATH": str(SCRIPTS),
        }
        options = {"PEER_DSN": dsn, "PEER_OPTIONS": json.dumps(dict(self.spec.options)), "NODE_ENV": "production"}
        return {**os.environ, **options, **(own if self.spec.ours else {})}

    def _unfinished(self) -> int:
        if self.spec.tables is None:
            return self.redis.length(*self.spec.lists)
        count: int = self.server.value(f"unfinished_{self.spec.tables}", newest=self.newest)
        return count
