"""One queue in full."""

from __future__ import annotations

import pytest

from advisorjobs.errors import UnknownJob
from advisorjobs.inspector.inspector import BlockingInspector
from advisorjobs.limits import Origin
from advisorjobs.manager import QueueManager
from tests.fixtures.desk import Desk

MANY = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, organization_id, turn)
    SELECT 'critical', 'test:work', -3, jsonb_build_object('pad', repeat('x', 300)), o, o
      FROM (SELECT CASE WHEN n % 3 = 0 THEN 'few-' || n % 50 ELSE 'much' END AS o FROM generate_series(1, 12000) n) j
"""


def test_everything_of_a_queue(desk: Desk, inspector: BlockingInspector, manager: QueueManager) -> None:
    manager.sync.set_queue_limit("critical", rate="50/min", why="slow service", changed_by="anna")
    manager.sync.pause_queue("critical", reason="moving", paused_by="ben")
    manager.sync.resume_queue("critical")
    desk.enqueue(3, args={"organization_id": "org-1"})
    jobs = desk.claim(free=2)
    desk.settle(jobs[0], status="failed", final=True, error_code="network", error_message="secret of a client")
    view = inspector.read_queue("critical")
    assert view.overview.stats.waiting == 1
    assert (view.limits.rate.origin, view.overview.limit and view.overview.limit.used) == (Origin.CHANGED, 2)
    assert (view.row.slots, view.row.retries, view.row.backoff) == (10, 5, "exponential, 2 s")
    assert [(each.id, each.worker, each.organization_id) for each in view.running] == [(jobs[1].id, "desk", "org-1")]
    (failed,) = view.failed
    assert (failed.id, failed.error_code, failed.status, failed.attempt) == (jobs[0].id, "network", "failed", 1)
    assert "secret" not in repr(view)
    assert [each.name for each in view.workers] == ["desk"]


def test_a_queue_that_nobody_knows_is_refused_and_one_of_the_database_is_not(
    desk: Desk, inspector: BlockingInspector
) -> None:
    with pytest.raises(UnknownJob, match="did you mean 'emails'"):
        inspector.read_queue("emials")
    desk.enqueue(2, queue="somebody's own")
    assert inspector.read_queue("somebody's own").overview.stats.waiting == 2


def test_those_who_wait_longest_come_first(desk: Desk, inspector: BlockingInspector) -> None:
    first = {name: desk.enqueue(2, args={"organization_id": name})[0] for name in ("a", "b", "c")}
    desk.enqueue(1, args={"organization_id": "d"}, priority=2)
    for name, minutes in (("a", 1), ("b", 30), ("c", 10)):
        desk.connection.execute(
            "UPDATE procrastinate_jobs SET queued_at = now() - make_interval(mins => %s) WHERE id = %s",
            [minutes, first[name]],
        )
    lines = inspector.read_lines("critical")
    assert [each.organization_id for each in lines.oldest] == ["b", "c", "a", "d"]
    assert [each.id for each in lines.oldest][:3] == [first["b"], first["c"], first["a"]]


def test_whose_jobs_wait_is_exact_where_all_pages_are_seen(desk: Desk, inspector: BlockingInspector) -> None:
    for name, count in (("a", 3), ("b", 5), ("c", 1)):
        desk.enqueue(count, args={"organization_id": name})
    desk.enqueue(1)
    desk.enqueue(7, queue="emails", args={"organization_id": "a"})
    found = inspector.read_lines("critical").organizations
    assert [(each.organization_id, each.waiting, each.exact) for each in found] == [
        ("b", 5, True),
        ("a", 3, True),
        (None, 1, True),
        ("c", 1, True),
    ]
    assert found[0].share == 0.5


def test_a_sample_finds_those_with_most_and_says_that_it_is_one(desk: Desk, inspector: BlockingInspector) -> None:
    """Many pages: of them a few are looked at, and what they say is near the truth."""
    desk.connection.execute(MANY)
    found = {
        row["organization_id"]: row for row in desk.rows("SELECT * FROM advisorjobs_waiting_sample('critical', 100)")
    }
    assert found["much"]["part"] < 0.5
    about = found["much"]["seen"] / found["much"]["part"]
    assert 5_000 < about < 11_000  # of 8 000
    exact = desk.rows("SELECT * FROM advisorjobs_ready_of('{few-0,few-3,much,nobody}', 'critical', 1001)")
    assert {row["organization_id"]: row["jobs"] for row in exact} == {
        "few-0": 80,
        "few-3": 80,
        "much": 1001,
        "nobody": 0,
    }
    lines = inspector.read_lines("critical")
    assert lines.organizations[0].organization_id == "much"


def test_ready_jobs_are_counted_over_queues_and_priorities(desk: Desk) -> None:
    desk.enqueue(2, args={"organization_id": "a"}, priority=1)
    desk.enqueue(3, args={"organization_id": "a"}, priority=7)
    desk.enqueue(4, queue="emails", args={"organization_id": "a"})
    desk.enqueue(4, queue="emails", args={"organization_id": "b"})
    rows = desk.rows("SELECT * FROM advisorjobs_ready_of('{a,b}', NULL, 100)")
    assert {row["organization_id"]: row["jobs"] for row in rows} == {"a": 9, "b": 4}
    assert desk.rows("SELECT * FROM advisorjobs_ready_of('{a}', 'critical', 4)") == [
        {"organization_id": "a", "jobs": 4}
    ]
