"""Probes of real workers: an event loop that stands still, a database that is away, a stop, processes that die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from advisorjobs.database.migrate import migrate
from tests.fixtures.apps import ROOT
from tests.fixtures.clusters import Cluster
from tests.fixtures.waiting import wait_for
from tests.fixtures.watched_workers import Start, WatchedWorker, enqueue, watched_worker

COMMANDS = [
    pytest.param(("advisorjobs", "worker", "-q", "critical", "-c", "4"), id="supervised"),
    pytest.param(("procrastinate", "worker", "-q", "critical", "-c", "4"), id="by itself"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_loop_that_a_job_blocks_is_seen_and_so_is_its_return(
    watched: Start, database: str, tmp_path: Path, command: tuple[str, ...]
) -> None:
    worker = watched(*command, ADVISORJOBS_HEALTH_PATIENCE="1")
    assert [worker.status(path) for path in ("/healthz", "/readyz", "/startupz")] == [200, 200, 200]

    enqueue(database, "watched:block", path=str(tmp_path / "begun"), until=str(tmp_path / "end"))
    wait_for((tmp_path / "begun").exists, "the job's begin")
    worker.wait_until("/healthz", 503)
    worker.wait_until("/readyz", 503)

    assert worker.codes("/healthz") == worker.codes("/readyz") == ["stuck"]
    assert worker.status("/startupz") == 200
    (tmp_path / "end").touch()
    worker.wait_until("/healthz", 200)
    worker.wait_until("/readyz", 200)


@pytest.mark.faults
def test_a_database_that_is_away_is_no_reason_to_restart_the_worker(cluster: Cluster, tmp_path: Path) -> None:
    migrate(cluster.dsn)
    with watched_worker(cluster.dsn, tmp_path, ADVISORJOBS_HEALTH_PATIENCE="1") as worker:
        cluster.stop("immediate")
        worker.wait_until("/readyz", 503)
        assert worker.status("/healthz") == 200
        # also once the lease has run out: no worker can have one now
        wait_for(lambda: worker.samples()["advisorjobs_worker_heartbeat_age_seconds"] > 6, "the end of the lease")
        assert (worker.status("/healthz"), worker.codes("/readyz")) == (200, ["database"])
        assert worker.samples()["advisorjobs_worker_database_up"] == 0

        cluster.start()
        worker.wait_until("/readyz", 200)
        after = worker.samples()
        assert after["advisorjobs_worker_database_up"] == after["advisorjobs_worker_ready"] == 1
        assert after["advisorjobs_worker_reconnections_total"] >= 1
        assert after["advisorjobs_worker_leases_lost_total"] >= 1


@pytest.mark.parametrize("command", COMMANDS)
def test_a_worker_that_was_told_to_stop_is_not_ready_while_its_jobs_finish(
    watched: Start, database: str, tmp_path: Path, command: tuple[str, ...]
) -> None:
    worker = watched(*command)
    enqueue(database, "watched:sleep", seconds=2.5, path=str(tmp_path / "begun"))
    wait_for((tmp_path / "begun").exists, "the job's begin")

    worker.process.send_signal(signal.SIGTERM)
    wait_for(lambda: worker.status("/readyz") == 503, "503 while it stops", seconds=2)
    assert worker.status("/healthz") == 200
    assert worker.codes("/readyz") == ["stopping"]
    assert worker.process.wait(20) == 0


def children(worker: WatchedWorker) -> list[int]:
    path = Path(f"/proc/{worker.process.pid}/task/{worker.process.pid}/children")
    return [int(pid) for pid in path.read_text().split()]


@pytest.mark.faults
@pytest.mark.skipif(sys.platform != "linux", reason="finds processes by /proc")
def test_a_supervisor_speaks_for_all_its_processes_and_its_counters_outlive_them(
    watched: Start, database: str, tmp_path: Path
) -> None:
    worker = watched(
        "advisorjobs", "worker", "-q", "critical", "-c", "4", "--processes", "2", ADVISORJOBS_HEALTH_PATIENCE="1"
    )
    finished = 'advisorjobs_worker_runs_finished_total{outcome="completed",queue="critical"}'
    for number in range(6):
        enqueue(database, "watched:sleep", seconds=0, path=str(tmp_path / str(number)))
    wait_for(lambda: worker.samples()[finished] == 6, "six runs")
    first, second = children(worker)
    assert worker.samples()['advisorjobs_worker_slots{queue="critical"}'] == 4

    os.kill(first, signal.SIGSTOP)
    worker.wait_until("/healthz", 503)
    os.kill(first, signal.SIGCONT)
    worker.wait_until("/healthz", 200)
    for process in (first, second):
        os.kill(process, signal.SIGKILL)
    wait_for(lambda: worker.samples()["advisorjobs_worker_process_starts_total"] == 4, "four starts")
    assert worker.status("/healthz") == 200
    worker.wait_until("/readyz", 200)

    enqueue(database, "watched:sleep", seconds=0, path=str(tmp_path / "last"))
    wait_for(lambda: worker.samples()[finished] == 7, "one run more, none forgotten")
    assert worker.samples()['advisorjobs_worker_slots{queue="critical"}'] == 4
    for counter in ("claim_jobs_sum", "completion_runs_sum"):  # the batch of a run is counted a moment after the run
        wait_for(lambda counter=counter: worker.samples()[f"advisorjobs_worker_{counter}"] == 7, counter)


def test_metrics_need_the_token_where_there_is_one_and_probes_never(watched: Start) -> None:
    token = "a-token-of-many-letters"
    worker = watched(ADVISORJOBS_METRICS_TOKEN=token)

    assert worker.status("/metrics") == 401
    assert worker.ask("/metrics", authorization=f"Bearer {token}x").status_code == 401
    assert worker.ask("/metrics", authorization=token).status_code == 401
    shown = worker.ask("/metrics", authorization=f"Bearer {token}")
    assert (shown.status_code, token in shown.text, token in worker.said.read_text()) == (200, False, False)
    assert worker.status("/readyz") == 200


def test_a_port_that_is_taken_is_told_in_one_line(database: str, watched: Start) -> None:
    worker = watched()
    port = worker.url.rpartition(":")[2]
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "DATABASE_URL": database}
    command = [sys.executable, "-m", "advisorjobs", "worker", "-q", "critical"]
    second = subprocess.run(
        command,
        env={**environment, "ADVISORJOBS_HEALTH_PORT": port},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert second.returncode == 2
    rule = "can't be had at 127.0.0.1 (address already in use): name another"
    assert second.stderr.splitlines() == [f"advisorjobs: ADVISORJOBS_HEALTH_PORT={port} can't be used: {rule}"]
