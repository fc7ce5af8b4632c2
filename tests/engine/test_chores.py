"""The worker's chores: each is done, and one that fails keeps no other from being done."""

from __future__ import annotations

from advisorjobs.database.link import Link
from advisorjobs.engine.chores import Chores
from tests.fixtures.desk import Desk


async def test_changed_counts_are_folded_and_partitions_are_ahead(desk: Desk, database: str) -> None:
    desk.enqueue(3)
    link = Link(database, "test")
    try:
        await Chores(link).run_once(now=1.0)
    finally:
        await link.close()

    assert desk.one("SELECT count(*) FROM advisorjobs_count_changes") == 0
    assert desk.one("SELECT waiting FROM advisorjobs_counts WHERE queue_name = 'critical'") == 3
    assert desk.one("SELECT count(*) > 1 FROM pg_inherits WHERE inhparent = 'advisorjobs_runs'::regclass")


async def test_a_chore_that_fails_keeps_no_other_from_being_done(desk: Desk, database: str) -> None:
    desk.enqueue(3)
    desk.connection.execute("DROP FUNCTION advisorjobs_keep_era")
    link = Link(database, "test")
    try:
        await Chores(link).run_once(now=1.0)
    finally:
        await link.close()

    assert desk.one("SELECT count(*) FROM advisorjobs_count_changes") == 0
