"""Marks: another one when something has changed, the same when nothing has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from advisorjobs.inspector.inspector import BlockingInspector
from tests.fixtures.desk import Desk

LINE = (
    "INSERT INTO advisorjobs_log_lines (job_id, run_no, no, at, level, text) VALUES (%s, 1, %s, now(), 'info', 'read')"
)


@pytest.fixture
def job(desk: Desk) -> int:
    (job,) = desk.enqueue()
    return job


def test_a_watched_job_s_mark_changes_with_all_that_its_page_shows(
    job: int, desk: Desk, inspector: BlockingInspector
) -> None:
    def mark() -> str | None:
        return inspector.read_changes([job, 1 << 60]).get(f"job:{job}")

    steps: list[Callable[[], Any]] = [
        lambda: desk.rows("UPDATE procrastinate_jobs SET priority = -7 WHERE id = %s RETURNING id", job),
        desk.claim,
        lambda: desk.rows("UPDATE procrastinate_jobs SET progress = '{\"done\": 1}' WHERE id = %s RETURNING id", job),
        lambda: desk.rows(LINE + " RETURNING no", job, 1),
        lambda: desk.rows(LINE + " RETURNING no", job, 2),
        lambda: desk.rows("UPDATE procrastinate_jobs SET abort_requested = true WHERE id = %s RETURNING id", job),
    ]
    seen = [mark()]
    for step in steps:
        assert mark() == seen[-1]
        step()
        seen.append(mark())
    assert None not in seen
    assert len(set(seen)) == len(steps) + 1


def test_only_watched_jobs_have_a_mark(job: int, inspector: BlockingInspector) -> None:
    assert not [topic for topic in inspector.read_changes() if topic.startswith("job:")]
    assert [topic for topic in inspector.read_changes([job]) if topic.startswith("job:")] == [f"job:{job}"]
