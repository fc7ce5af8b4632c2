"""What doctor says of those who hold back cleaning: each is made for real."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from advisorjobs.cli.cleaning import cleaning
from advisorjobs.database.migrate import migrate
from advisorjobs.finding import Finding
from tests.fixtures.clusters import Cluster
from tests.house.tree import ROOT

WRITE = "INSERT INTO job_types (name, queue, fields) VALUES ('client Miller', 'critical', '{}')"


def named(connection: psycopg.Connection[Any], who: str) -> Finding:
    """The finding that names *who*, however short its time."""
    (finding,) = [each for each in cleaning(connection, patience=0, patience_transactions=0) if who in each.text]
    return finding


@pytest.fixture
def own_cluster(make_cluster: Callable[..., Cluster]) -> Cluster:
    cluster = make_cluster(max_prepared_transactions="5", wal_level="logical")
    migrate(cluster.dsn)
    return cluster


def test_nothing_is_named_that_has_not_been_open_for_a_minute(
    database: str, connection: psycopg.Connection[Any]
) -> None:
    with psycopg.connect(database) as other:
        other.execute(WRITE)
        assert [each for each in cleaning(connection) if each.state == "wrong"] == []


def test_a_session_that_wrote_and_is_idle_is_named_with_the_statement_that_ends_it(
    database: str, connection: psycopg.Connection[Any]
) -> None:
    with psycopg.connect(make_conninfo(database, application_name="month-end report")) as other:
        other.execute(WRITE)
        pid = other.info.backend_pid
        finding = named(connection, f"session {pid} ")

    assert finding.state == "wrong"
    assert "month-end report" in finding.text
    assert "idle in transaction" in finding.text
    assert f"SELECT pg_terminate_backend({pid})" in finding.text
    assert "last statement INSERT" in finding.text
    assert "Miller" not in finding.text


def test_a_session_that_only_reads_in_one_snapshot_is_named_too(
    database: str, connection: psycopg.Connection[Any]
) -> None:
    with psycopg.connect(database) as other:
        other.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        other.execute("SELECT 1")
        assert named(connection, f"session {other.info.backend_pid} ").state == "wrong"


def test_a_session_that_reads_another_database_is_not_named(
    database: str, empty_database: str, connection: psycopg.Connection[Any]
) -> None:
    with psycopg.connect(empty_database) as other:
        other.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        other.execute("SELECT 1")
        found = cleaning(connection, patience=0, patience_transactions=0)
        assert not [each for each in found if str(other.info.backend_pid) in each.text]


def test_a_prepared_transaction_is_named_with_its_database_and_both_endings(own_cluster: Cluster) -> None:
    with psycopg.connect(own_cluster.dsn, autocommit=True) as connection:
        with psycopg.connect(own_cluster.dsn, autocommit=True) as other:
            other.execute("BEGIN")
            other.execute(WRITE)
            other.execute("PREPARE TRANSACTION 'booking''s second half'")
        finding = named(connection, "prepared transaction")

    assert finding.state == "wrong"
    assert "ROLLBACK PREPARED 'booking''s second half', in database" in finding.text


def test_an_unused_logical_slot_is_a_note_with_the_statement_that_drops_it(own_cluster: Cluster) -> None:
    with psycopg.connect(own_cluster.dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_create_logical_replication_slot('forgotten', 'pgoutput')")
        finding = named(connection, "forgotten")

        assert finding.state == "note"
        assert "system's own tables only" in finding.text
        assert "SELECT pg_drop_replication_slot('forgotten')" in finding.text
        assert [each.state for each in cleaning(connection)] == ["ok"]


def test_tables_without_autovacuum_are_named(connection: psycopg.Connection[Any]) -> None:
    connection.execute("ALTER TABLE procrastinate_jobs SET (autovacuum_enabled = off)")

    (finding,) = [each for each in cleaning(connection) if each.state == "wrong"]
    assert finding.text.endswith("ALTER TABLE procrastinate_jobs RESET (autovacuum_enabled)")


def test_a_server_that_counts_and_cleans_nothing_is_named(make_cluster: Callable[..., Cluster]) -> None:
    cluster = make_cluster(autovacuum="off", track_counts="off")
    migrate(cluster.dsn)
    with psycopg.connect(cluster.dsn, autocommit=True) as connection:
        wrong = [each.text for each in cleaning(connection) if each.state == "wrong"]

    assert [text.split(" ", 1)[0] for text in wrong] == ["autovacuum", "track_counts"]


def test_the_operators_question_is_what_doctor_asks(database: str, connection: psycopg.Connection[Any]) -> None:
    with psycopg.connect(database) as other:
        other.execute(WRITE)
        pid = str(other.info.backend_pid)
        rows = connection.execute((ROOT / "ops" / "sql" / "cleaning_held_back.sql").read_bytes()).fetchall()

    assert pid in [row[1] for row in rows]
