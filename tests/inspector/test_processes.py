"""Worker processes as people see them."""

from __future__ import annotations

import os

import pytest

from advisorjobs.engine.footprint import Footprint, whereabouts
from advisorjobs.inspector.inspector import BlockingInspector
from advisorjobs.inspector.processes import ProcessState, progress_of
from tests.fixtures.desk import Desk


def test_a_worker_says_where_it_is_what_it_uses_and_runs(desk: Desk, inspector: BlockingInspector) -> None:
    (number,) = desk.enqueue(1, args={"organization_id": "org-1"})
    (job,) = desk.claim()
    desk.connection.execute(
        "UPDATE procrastinate_jobs SET progress = jsonb_build_object('done', 3, 'total', 12) WHERE id = %s", [number]
    )
    desk.beat(job.token)
    (process,) = inspector.read_processes()
    assert {"host": process.host, "pid": process.pid, "version": process.version} == whereabouts()
    assert (process.memory, process.cpu, process.state) == (1 << 20, 0.5, ProcessState.ALIVE)
    assert process.slots == {"critical": 10, "emails": 10}
    assert 0 <= process.beat_age < 60
    (running,) = process.jobs
    assert (running.id, running.queue, running.organization_id, running.progress) == (number, "critical", "org-1", 0.25)


def test_the_states_of_processes(desk: Desk, other_desk: Desk, inspector: BlockingInspector) -> None:
    def states() -> list[ProcessState]:
        return [each.state for each in inspector.read_processes()]

    desk.connection.execute("SELECT advisorjobs_beat(%s, %s, NULL, NULL, true)", [desk.worker, desk.token])
    assert sorted(states()) == [ProcessState.ALIVE, ProcessState.STOPPING]
    desk.die()
    other_desk.run("leave", worker=other_desk.worker, token=other_desk.token)
    assert states() == [ProcessState.SILENT, ProcessState.GONE]
    assert [each.state for each in inspector.read_processes(ended=False)] == [ProcessState.SILENT]
    assert inspector.read_processes(queue="reports") == ()


def test_programs_of_before_beat_and_register_as_they_did(desk: Desk, inspector: BlockingInspector) -> None:
    desk.connection.execute(
        "SELECT advisorjobs_register(gen_random_uuid(), 'old', '{emails}'::text[], '{1}'::int[], '{}'::text[], 60::float8)"
    )
    assert desk.rows("SELECT alive FROM advisorjobs_beat(%s, %s)", desk.worker, desk.token) == [{"alive": True}]
    old = next(each for each in inspector.read_processes() if each.name == "old")
    assert (old.host, old.pid, old.memory, old.state) == (None, None, None, ProcessState.ALIVE)


@pytest.mark.parametrize(
    ("kept", "share"),
    [
        (None, None),
        ({"done": 1, "total": None}, None),
        ({"done": 1, "total": 0}, None),
        ({"done": "x", "total": 3}, None),
        ({"done": 1, "total": 4}, 0.25),
        ({"done": 9, "total": 4}, 1.0),
    ],
)
def test_the_share_that_is_done(kept: dict[str, object] | None, share: float | None) -> None:
    assert progress_of(kept) == share


def test_a_footprint_is_that_of_the_process_and_its_children() -> None:
    footprint = Footprint(os.getpid())
    memory, cpu = footprint.measure()
    assert memory is not None
    assert memory > 10_000_000
    assert cpu is None
    sum(number * number for number in range(500_000))
    assert (footprint.measure()[1] or 0) > 0
