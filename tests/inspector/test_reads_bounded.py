"""What pages read doesn't grow with the jobs: nothing is counted by scanning."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from advisorjobs.database.statement import statement
from tests.fixtures.desk import Desk
from tests.fixtures.plans import Cost, cost_of

ALL = ["queue", "organization", "key"]
READS: dict[str, dict[str, Any]] = {
    "get_queue_stats": {"queue": None},
    "read_paces": {"queue": None},
    "read_limit_states": {"organization_id": None, "most": 100, "kinds": ALL},
    "read_processes": {"queue": None, "ended": True, "most": 200, "jobs": 20},
    "read_running": {"queue": "critical", "organization_id": None, "most": 10},
    "read_oldest_ready": {"queue": "critical", "organization_id": None, "most": 10},
    "read_queue_failures": {"queue": "critical", "most": 10},
    "read_day_by_hour": {},
}
SAMPLED: dict[str, dict[str, Any]] = {
    "read_waiting_organizations": {"queue": "critical", "pages": 20, "most": 10, "bound": 100},
    "read_organizations": {
        "organization_id": None,
        "hours": 24,
        "like": None,
        "order": "time",
        "skip": 0,
        "most": 50,
        "bound": 100,
    },
}
MORE = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, organization_id, turn, status)
    SELECT 'critical', 'test:work', -3, jsonb_build_object('pad', repeat('x', 400)), o, o,
           (CASE WHEN n % 4 = 0 THEN 'failed' ELSE 'todo' END)::procrastinate_job_status
      FROM (SELECT n, 'org-' || n % 40 AS o FROM generate_series(1, 16000) n) j
"""


def costs(connection: psycopg.Connection[Any]) -> dict[str, Cost]:
    """What each read costs, planned before."""
    found = {}
    for name, values in {**READS, **SAMPLED}.items():
        with connection.transaction():
            connection.execute(statement(name), values)
            found[name] = cost_of(connection, statement(name), values)
    return found


@pytest.mark.parametrize("analyzed", [False, True])
def test_reads_stay_as_small_as_they_are(desk: Desk, connection: psycopg.Connection[Any], *, analyzed: bool) -> None:
    desk.enqueue(80, args={"organization_id": "org-1"})
    desk.claim(free=5)
    before = costs(connection)
    connection.execute(MORE)
    if analyzed:
        connection.execute("ANALYZE procrastinate_jobs")
    after = costs(connection)
    for name in READS:
        assert "procrastinate_jobs" not in after[name].entries, name
        assert after[name].pages < before[name].pages + 2_500, name
        assert max(after[name].entries.values(), default=0) < 1_500, (name, after[name].entries)
    for name in SAMPLED:
        assert after[name].entries.get("procrastinate_jobs", 0) < 8_000, name  # of 16 080
        assert after[name].pages < before[name].pages + 6_000, name
