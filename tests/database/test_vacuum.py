"""The storage parameters of the hot tables, and that they reach the parts of history that are made later."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

HOT = (
    "procrastinate_jobs",
    "advisorjobs_workers",
    "advisorjobs_unique_keys",
    "advisorjobs_queues",
    "advisorjobs_past_eras",
)


def options(connection: psycopg.Connection[Any], table: str) -> set[str]:
    row = connection.execute("SELECT coalesce(reloptions, '{}') FROM pg_class WHERE relname = %s", [table]).fetchone()
    assert row is not None
    return {option.split("=")[0] for option in row[0]}


@pytest.mark.parametrize("table", HOT)
def test_a_hot_table_leaves_room_on_its_pages_and_is_vacuumed_early(
    connection: psycopg.Connection[Any], table: str
) -> None:
    assert {"fillfactor", "autovacuum_vacuum_threshold", "autovacuum_vacuum_scale_factor"} <= options(connection, table)


def test_every_part_of_history_is_frozen_as_it_is_written_also_one_made_later(
    connection: psycopg.Connection[Any],
) -> None:
    connection.execute("SELECT advisorjobs_create_partitions(5)")
    parts = connection.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'advisorjobs_runs'::regclass"
    ).fetchall()

    assert len(parts) == 7
    for (part,) in parts:
        assert {"autovacuum_vacuum_insert_scale_factor", "autovacuum_freeze_min_age"} <= options(connection, part)
