"""How the database is, by its catalogs."""

from __future__ import annotations

from typing import Any

import psycopg

from advisorjobs.inspector.inspector import BlockingInspector
from tests.fixtures.desk import Desk


def test_tables_indexes_partitions_and_sessions(desk: Desk, inspector: BlockingInspector) -> None:
    desk.enqueue(5)
    health = inspector.read_database()
    names = {table.name for table in health.tables}
    assert {"procrastinate_jobs", "advisorjobs_workers", "job_types"} <= names
    assert not names & {table.name for table in health.partitions}
    assert {table.part_of for table in health.partitions} == {"advisorjobs_runs"}
    assert any(table.bounds == "DEFAULT" for table in health.partitions)
    assert all(index.valid and index.bytes >= 0 for index in health.indexes)
    assert health.sessions.connections >= 2
    assert health.sessions.allowed > health.sessions.connections
    assert health.database_bytes > 1_000_000
    assert (health.era, health.past_eras, health.slots) == (1, 0, ())


def test_who_keeps_dead_rows_from_being_cleaned_is_named(database: str, inspector: BlockingInspector) -> None:
    with psycopg.connect(database, application_name="a forgotten console") as forgotten:
        forgotten.execute("SELECT txid_current()")
        pid = str(forgotten.info.backend_pid)
        holders: dict[str, Any] = {each.name: each for each in inspector.read_database().holders}
        assert (holders[pid].application, holders[pid].state) == ("a forgotten console", "idle in transaction")
        assert inspector.read_database().sessions.idle_in_transaction == 1
    assert pid not in {each.name for each in inspector.read_database().holders}
