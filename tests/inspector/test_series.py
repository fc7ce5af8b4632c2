"""How work went over time: the same figures as the tracker's, at every span."""

from __future__ import annotations

from datetime import timedelta

import pytest

from advisorjobs.inspector.inspector import BlockingInspector
from advisorjobs.inspector.series import Span
from advisorjobs.tracker import JobTracker
from advisorjobs.web.charts import charts
from tests.fixtures.desk import Desk


@pytest.mark.parametrize(("span", "points"), [("24h", 24), ("7d", 28), ("30d", 30)])
def test_a_series_sums_up_to_the_statistics(
    desk: Desk, inspector: BlockingInspector, tracker: JobTracker, span: Span, points: int
) -> None:
    for name in ("org-1", "org-2"):
        desk.enqueue(5, args={"organization_id": name})
    desk.enqueue(2, queue="emails", args={"organization_id": "org-1"})
    jobs = desk.claim("critical", "emails")
    desk.complete(*jobs[:6])
    desk.settle(*jobs[6:], status="failed", final=True, error_code="network", error_message="x", run_ms=700)
    for _ in range(2):
        for queue, organization in ((None, None), ("critical", None), ("critical", "org-1"), (None, "org-2")):
            series = inspector.read_series(span, queue=queue, organization_id=organization)
            statistics = tracker.sync.get_job_statistics(organization)
            rows = [job for job in statistics.jobs if queue in (None, job.queue)]
            assert sum(point.completed for point in series.points) == sum(job.completed for job in rows)
            assert sum(point.failed for point in series.points) == sum(job.failed for job in rows)
            assert sum(point.runs for point in series.points) == sum(job.runs for job in rows)
        desk.one("SELECT advisorjobs_fold_tallies(0)")
    whole = inspector.read_series(span)
    assert len(whole.points) in (points, points + 1)
    assert {later.start - one.start for one, later in zip(whole.points, whole.points[1:], strict=False)} == {whole.step}
    total = tracker.sync.get_job_statistics()
    assert (whole.points[-1].run_p50_ms, whole.points[-1].run_p95_ms) == (total.run.p50_ms, total.run.p95_ms)
    assert whole.points[0].run_p50_ms is None


def test_charts_draw_what_the_series_says(desk: Desk, inspector: BlockingInspector) -> None:
    empty = charts(inspector.read_series("24h", queue="critical"))
    assert [chart.empty for chart in empty] == [True, True, True]
    desk.enqueue(8)
    jobs = desk.claim()
    desk.complete(*jobs[:6])
    desk.settle(*jobs[6:], status="failed", final=True, error_code="network", error_message="x", run_ms=700)
    ended, waited, ran = charts(inspector.read_series("24h", queue="critical"))
    completed, failed = (line.bars[-1] for line in ended.lines)
    assert completed[3] == 3 * failed[3]  # heights: six to two
    assert failed[1] + failed[3] == pytest.approx(completed[1])  # one stands on the other
    assert ended.ticks[0] == (0.0, "10")
    assert [line.path.count("M") for line in ran.lines] == [1, 1]
    assert all(not line.bars for line in waited.lines)
    assert ended.moments[0][0] == 0
    assert inspector.read_series("24h").step == timedelta(hours=1)
