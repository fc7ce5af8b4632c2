"""Organizations' parts in the work: folded with the tallies, rolled up with them, read by pieces."""

from __future__ import annotations

from datetime import timedelta

import pytest

from advisorjobs.errors import SettingsError
from advisorjobs.inspector.inspector import BlockingInspector
from advisorjobs.inspector.organization_view import for_themselves
from advisorjobs.manager import QueueManager
from tests.fixtures.desk import Desk

EARLIER = """
    INSERT INTO {table}
    SELECT (jsonb_populate_record(NULL::{table}, to_jsonb(o) || jsonb_build_object('since', o.since - h * interval '1 hour'))).*
      FROM {table} o, generate_series(1, 14 * 24) h WHERE o.grain = 1
"""
"""The same again, in each hour of a fortnight."""


def work(desk: Desk, organization: str, completed: int, failed: int = 0) -> None:
    """Runs jobs of *organization*, a millisecond each, and folds what ended."""
    desk.enqueue(completed + failed, args={"organization_id": organization})
    jobs = desk.claim(free=100)
    desk.complete(*jobs[:completed])
    if failed:
        desk.settle(*jobs[completed:], status="failed", final=True, error_code="network", error_message="x", run_ms=5)
    fold(desk)


def fold(desk: Desk) -> None:
    desk.one("SELECT advisorjobs_fold_tallies(0)")


def test_parts_in_the_work(desk: Desk, inspector: BlockingInspector) -> None:
    work(desk, "org-1", 3)
    work(desk, "org-1", 2, failed=1)
    work(desk, "org-2", 1)
    desk.enqueue(4, args={"organization_id": "org-3"})
    desk.claim(free=1)
    for within in ("hour", "day", "month"):
        found = inspector.read_organizations(within)
        shown = {each.organization_id: each for each in found.organizations}
        assert list(shown) == ["org-1", "org-2", "org-3"]
        first = shown["org-1"]
        assert (first.completed, first.failed, first.runs, first.time_ms) == (5, 1, 6, 10)
        assert (found.runs, found.time_ms, found.found, found.pages) == (7, 11, 3, 1)
        assert first.run_share == pytest.approx(6 / 7)
        assert (shown["org-3"].waiting, shown["org-3"].running, shown["org-3"].exact) == (3, 1, True)
    assert inspector.read_organizations(order="waiting").organizations[0].organization_id == "org-3"
    assert [each.organization_id for each in inspector.read_organizations(begins_with="org-2").organizations] == [
        "org-2"
    ]
    assert inspector.read_organizations(page=2).organizations == ()
    with pytest.raises(SettingsError):
        inspector.read_organizations(page=0)


def test_a_job_that_is_brought_back_is_no_failure(desk: Desk, inspector: BlockingInspector) -> None:
    work(desk, "org-1", 0, failed=2)
    failed = desk.one("SELECT min(id) FROM procrastinate_jobs WHERE status = 'failed'")
    desk.one("SELECT advisorjobs_retry(ARRAY[%s::bigint], now(), true, NULL, NULL, NULL)", failed)
    fold(desk)
    assert inspector.read_share("org-1").failed == 1


def test_shares_are_what_the_tallies_say_whatever_was_rolled_up(desk: Desk, inspector: BlockingInspector) -> None:
    """A fortnight that ended hour by hour, of which quarters, days and a week are made, and something late."""
    work(desk, "org-1", 1)
    desk.connection.execute(
        "UPDATE advisorjobs_tally_state SET rolled_until = advisorjobs_grain_of(24, now() - interval '15 days')"
    )
    for table in ("advisorjobs_shares", "advisorjobs_tallies"):
        desk.connection.execute(EARLIER.format(table=table).encode())
    before = {within: inspector.read_share("org-1", within).runs for within in ("hour", "day", "month")}
    for _ in range(20):
        fold(desk)
    desk.enqueue(1)
    desk.complete(*desk.claim())
    fold(desk)
    assert {within: inspector.read_share("org-1", within).runs for within in ("hour", "day", "month")} == before
    assert before == {"hour": 2, "day": 25, "month": 14 * 24 + 1}
    grains = desk.rows("SELECT grain, count(*) > 0 AS any FROM advisorjobs_shares GROUP BY grain ORDER BY grain")
    assert [row["grain"] for row in grains] == [1, 6, 24, 168]
    assert desk.one("SELECT min(since) > now() - interval '5 days' FROM advisorjobs_shares WHERE grain = 1")
    all_of_it = inspector.read_organizations("month").organizations
    assert {each.organization_id: each.runs for each in all_of_it}["org-1"] == before["month"]


def test_rules_pauses_and_used_up_limits_are_shown(
    desk: Desk, inspector: BlockingInspector, manager: QueueManager
) -> None:
    manager.sync.set_organization_rule("org-1", weight=4, rate="2/h", why="trial", changed_by="anna")
    manager.sync.pause_queue("emails", organization_id="org-2", reason="unpaid", paused_by="ben")
    desk.enqueue(3, args={"organization_id": "org-1"})
    desk.claim()
    shown = {each.organization_id: each for each in inspector.read_organizations().organizations}
    assert (shown["org-1"].weight, shown["org-1"].rules, shown["org-1"].paused) == (4, 1, False)
    assert shown["org-1"].throttled_until is not None
    assert shown["org-1"].throttled_until - desk.one("SELECT now()") > timedelta(minutes=50)
    assert (shown["org-2"].paused, shown["org-2"].paused_until, shown["org-2"].throttled_until) == (True, None, None)


def test_an_organization_in_full_is_its_own(desk: Desk, inspector: BlockingInspector, manager: QueueManager) -> None:
    manager.sync.set_organization_rule("org-1", rate="9/h", why="trial", changed_by="anna")
    manager.sync.pause_queue("emails", organization_id="org-1", reason="unpaid", paused_by="ben")
    manager.sync.pause_queue("emails", organization_id="org-2", reason="moving", paused_by="ben")
    work(desk, "org-1", 2)
    work(desk, "org-2", 5)
    desk.enqueue(2, args={"organization_id": "org-2"})
    desk.enqueue(1, args={"organization_id": "org-1"})
    desk.claim()
    view = inspector.read_organization("org-1")
    assert {within: share.runs for within, share in view.shares.items()} == {"hour": 2, "day": 2, "month": 2}
    assert {share.run_share for share in view.shares.values()} == {None}
    assert [job.organization_id for job in view.running] == ["org-1"]
    assert "org-2" not in repr(view)
    shown = for_themselves(view)
    for hidden in ("anna", "trial", "ben", "unpaid"):
        assert hidden in repr(view)
        assert hidden not in repr(shown)
    nobody = inspector.read_organization("nobody")
    assert (nobody.shares["month"].runs, nobody.limits, nobody.pauses) == (0, (), ())
