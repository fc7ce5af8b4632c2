"""The worker manager: whether anybody works."""

from __future__ import annotations

from advisorjobs.application import App
from advisorjobs.queues import QUEUES
from advisorjobs.worker_manager import WorkerManager
from tests.fixtures.desk import Desk


async def test_without_a_worker_nothing_runs_and_every_queue_says_so(app: App) -> None:
    health = await WorkerManager(app).get_health_status()

    assert not health.is_running
    assert [each.queue_name for each in health.workers][: len(QUEUES)] == list(QUEUES)
    assert not any(each.is_active for each in health.workers)


def test_a_living_worker_makes_its_queues_active(app: App, desk: Desk, other_desk: Desk) -> None:
    health = WorkerManager(app).sync.get_health_status()

    assert health.is_running
    active = {each.queue_name: (each.workers, each.slots) for each in health.workers if each.is_active}
    assert active == {"critical": (2, 20), "emails": (2, 20)}
    assert (health.silent_workers, health.stopping_workers) == (0, 0)
    desk.connection.execute("UPDATE advisorjobs_workers SET stopping = true WHERE id = %s", [other_desk.worker])
    desk.die()
    dying = WorkerManager(app).sync.get_health_status()
    assert (dying.is_running, dying.silent_workers, dying.stopping_workers) == (True, 1, 1)
    other_desk.run("leave", worker=other_desk.worker, token=other_desk.token)
    assert not WorkerManager(app).sync.get_health_status().is_running
