"""The server of a benchmark: BENCH_DATABASE_URL (a superuser's, on a server of your own), or a cluster made for the run."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.fixtures.clusters import throwaway_cluster

__all__ = ["BenchServer", "bench_server"]

ROOT = Path(__file__).resolve().parents[2]
PEERS_VENV = ROOT / ".bench"
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB"}


@dataclass(frozen=True, slots=True)
class BenchServer:
    """`admin`: the address of its maintenance database, as a URI."""

    admin: str

    def dsn(self, database: str) -> str:
        """As a URI, which every driver understands."""
        return urlsplit(self.admin)._replace(path=f"/{database}").geturl()

    def execute(self, *statements: str, database: str | None = None) -> None:
        with psycopg.connect(self.dsn(database) if database else self.admin, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def python(self, ours: bool) -> str:
        """The interpreter that has AdvisorJobs, or the one that has the peers."""
        return sys.executable if ours else str(PEERS_VENV / "bin" / "python")


@contextmanager
def bench_server() -> Iterator[BenchServer]:
    """A server with fsync on and 512 MB of shared buffers, and the peers' programs beside it."""
    install_peers()
    given = os.environ.get("BENCH_DATABASE_URL")
    if given:
        yield BenchServer(given)
        return
    with throwaway_cluster(SETTINGS) as cluster:
        yield BenchServer(cluster.tcp_dsn)


def install_peers() -> None:
    """A virtual environment with the peers as requirements/bench.txt locks them, once."""
    stamp = PEERS_VENV / "installed"
    lock = ROOT / "requirements" / "bench.txt"
    if stamp.exists() and stamp.read_text() == lock.read_text():
        return
    venv.create(PEERS_VENV, with_pip=True)
    pip = [PEERS_VENV / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    subprocess.run([*pip, "--no-deps", "--require-hashes", "-r", lock], check=True)
    stamp.write_text(lock.read_text())
