"""A database that is empty or that procrastinate already uses comes to this program's state, whoever else migrates."""

from __future__ import annotations

import itertools
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from advisorjobs.database import scripts
from advisorjobs.database.migrate import (
    altered,
    check_migrated,
    check_migrated_async,
    migrate,
    pending,
    refuse_unmigrated,
)
from advisorjobs.database.migration_tool import growing_waits
from advisorjobs.database.scripts import Script
from advisorjobs.errors import DatabaseUnavailable, NotMigrated
from tests.fixtures.counted import counted, kept
from tests.fixtures.waiting import wait_for

pytestmark = pytest.mark.postgres

STALE_TRIGGER = Script(
    "procrastinate/99.00.00_01_later",
    "CREATE TRIGGER procrastinate_trigger_delete_jobs_v1 BEFORE DELETE ON procrastinate_jobs"
    " FOR EACH ROW EXECUTE PROCEDURE procrastinate_unlink_periodic_defers_v1()",
)
HELD_MIGRATION = """
import sys
from tests.fixtures.counted import counted, kept
from advisorjobs.database.migrate import migrate
def hold(connection):
    print("holding", flush=True)
    sys.stdin.read()
migrate(sys.argv[1], fill=[hold])
"""


def names(*wanted: Script) -> list[str]:
    return [script.name for script in wanted]


def triggers(connection: psycopg.Connection) -> set[str]:
    query = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'procrastinate_jobs'::regclass AND NOT tgisinternal"
    return {name for (name,) in connection.execute(query)}


def test_an_empty_database_gets_procrastinates_tables_then_ours_then_the_functions(empty_database: str) -> None:
    applied = migrate(empty_database).applied
    functions = [f"functions/{name}" for name in names(*scripts.functions())]
    assert list(applied) == [*names(scripts.procrastinate_schema(), *scripts.numbered()), *functions]
    with psycopg.connect(empty_database) as connection:
        check_migrated(connection)


def test_a_second_time_there_is_nothing_to_do(database: str) -> None:
    assert pending(database) == []
    assert migrate(database).applied == ()


def test_what_would_be_applied_is_told_without_applying_it(empty_database: str) -> None:
    wanted = [*names(scripts.procrastinate_schema(), *scripts.numbered()), "functions"]
    assert pending(empty_database) == wanted
    assert pending(empty_database) == wanted


def test_ten_at_once_apply_each_script_once(empty_database: str) -> None:
    with ThreadPoolExecutor(10) as containers:
        results = list(containers.map(migrate, [empty_database] * 10))
    assert sorted(len(result.applied) > 0 for result in results) == [False] * 9 + [True]
    with psycopg.connect(empty_database) as connection:
        check_migrated(connection)


@pytest.mark.faults
def test_one_that_was_killed_leaves_no_lock_and_nothing_half_done(empty_database: str) -> None:
    command = [sys.executable, "-c", HELD_MIGRATION, empty_database]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as held:
        assert held.stdout is not None
        assert held.stdout.readline() == "holding\n"
        held.kill()
    assert [name.split("/")[0] for name in migrate(empty_database).applied] == ["functions"] * len(scripts.functions())
    assert pending(empty_database) == []


def test_a_script_that_fails_leaves_those_before_it_and_nothing_of_itself(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = Script("9001_good", "CREATE TABLE good ()"), Script("9002_bad", "CREATE TABLE bad (); SELECT 1 / 0")
    monkeypatch.setattr(scripts, "numbered", lambda: (good, bad))
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(database)
    with psycopg.connect(database) as connection:
        query = "SELECT to_regclass('good') IS NOT NULL, to_regclass('bad') IS NOT NULL"
        assert connection.execute(query).fetchone() == (True, False)
    assert pending(database) == ["9002_bad", "functions"]


def test_work_goes_on_while_a_migration_waits_for_somebodys_transaction(
    database: str,
    connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever asks for a table after the migration did is let pass; the migration asks for longer each time."""
    wait = "CREATE TABLE patience AS SELECT current_setting('lock_timeout') AS wait"
    change = Script("9001_column", f"{wait}; ALTER TABLE procrastinate_jobs ADD COLUMN further integer")
    monkeypatch.setattr(scripts, "numbered", lambda: (change,))
    with ThreadPoolExecutor(1) as pool, psycopg.connect(database) as held:
        held.execute("SELECT enqueue_job('t', '{}', allow_unknown => true)")
        migrating = pool.submit(migrate, database)
        wait_for(lambda: "waits for a transaction" in caplog.text, "the migration to wait")
        connection.execute("SET statement_timeout = '10s'")
        for _ in range(3):
            connection.execute("SELECT enqueue_job('t', '{}', allow_unknown => true)")
        assert not migrating.done()
        held.commit()
        assert migrating.result(30).applied[0] == "9001_column"
    assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (4,)
    assert connection.execute("SELECT wait FROM patience WHERE wait <> '300ms'").fetchone() is not None


def test_changed_functions_wait_for_nobody_who_has_enqueued(
    database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(scripts, "functions_checksum", lambda: "of changed files")
    monkeypatch.setattr("advisorjobs.database.migration_tool.PATIENCE", 0)
    with psycopg.connect(database) as held:
        held.execute("SELECT enqueue_job('t', '{}', allow_unknown => true)")
        assert migrate(database).applied[0] == f"functions/{scripts.functions()[0].name}"
    assert "waits for a transaction" not in caplog.text


@pytest.mark.parametrize(
    "change",
    [
        "DROP TRIGGER advisorjobs_wake_on_insert ON procrastinate_jobs",
        "ALTER TABLE procrastinate_jobs DISABLE TRIGGER advisorjobs_complete_insert",
        (
            "CREATE OR REPLACE TRIGGER advisorjobs_complete_insert BEFORE INSERT ON procrastinate_jobs"
            " FOR EACH ROW WHEN (NEW.priority = 1) EXECUTE FUNCTION advisorjobs_complete_insert()"
        ),
    ],
)
def test_a_trigger_that_is_not_as_it_should_be_is_made_anew(
    change: str, database: str, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    triggers = "SELECT pg_get_triggerdef(oid), tgenabled FROM pg_trigger WHERE tgname ~ '^advisorjobs' ORDER BY tgname"
    before = connection.execute(triggers).fetchall()
    connection.execute(change.encode())
    assert connection.execute(triggers).fetchall() != before
    monkeypatch.setattr(scripts, "functions_checksum", lambda: "of changed files")
    migrate(database)
    assert connection.execute(triggers).fetchall() == before


def test_waits_for_locks_grow_to_a_length_that_a_busy_practice_leaves_free() -> None:
    assert list(itertools.islice(growing_waits(), 7)) == [300, 600, 1200, 2400, 4800, 9600, 10000]


def test_a_migration_that_is_held_up_for_too_long_names_who_does_it(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = Script("9001_column", "ALTER TABLE procrastinate_jobs ADD COLUMN further integer")
    monkeypatch.setattr(scripts, "numbered", lambda: (change,))
    monkeypatch.setattr("advisorjobs.database.migration_tool.PATIENCE", 0)
    with psycopg.connect(database, application_name="month-end report") as held:
        held.execute("SELECT enqueue_job('t', '{}', allow_unknown => true)")
        session = rf"session {held.info.backend_pid} \(month-end report\)"
        with pytest.raises(DatabaseUnavailable, match=rf"^9001_column waited in vain .* {session} has used"):
            migrate(database)
    assert migrate(database).applied[0] == "9001_column"


def test_what_the_program_knows_is_written_in_the_same_run(database: str) -> None:
    migrate(database, fill=[lambda connection: connection.execute("CREATE TABLE filled ()")])
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM filled").fetchone() == (0,)


def test_a_changed_function_file_makes_all_of_them_run_again(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripts, "functions_checksum", lambda: "of changed files")
    assert pending(database) == ["functions"]
    assert list(migrate(database).applied) == [f"functions/{name}" for name in names(*scripts.functions())]
    assert pending(database) == []


@pytest.mark.parametrize(
    "release", [script.name for script in scripts.procrastinate_upgrades() if script.name >= "procrastinate/03"]
)
def test_a_database_of_any_release_3_of_procrastinate_is_taken_over_with_its_jobs(
    empty_database: str, release: str
) -> None:
    steps = [script for script in scripts.procrastinate_upgrades() if script.name <= release]
    with psycopg.connect(empty_database, autocommit=True) as connection:
        for step in steps:
            connection.execute(step.sql.encode())
        connection.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, attempts)"
            " VALUES ('default', 'theirs', 'todo', 0), ('default', 'theirs', 'failed', 3)"
        )
        later = [script for script in scripts.procrastinate_upgrades() if script.name > release]
        assert list(migrate(empty_database).applied)[: len(later) + 1] == names(*later, scripts.numbered()[0])
        query = "SELECT task_name, status::text, attempts FROM procrastinate_jobs ORDER BY id"
        assert connection.execute(query).fetchall() == [("theirs", "todo", 0), ("theirs", "failed", 3)]
        assert kept(connection) == counted(connection) == {"default": {"waiting": 1, "failed": 1}}
        check_migrated(connection)


def test_a_database_that_stock_procrastinate_set_up_in_one_piece_is_taken_over(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(scripts.procrastinate_schema().sql.encode())
        connection.execute("CREATE INDEX of_the_application ON procrastinate_jobs (task_name)")
        assert migrate(empty_database).applied[0] == scripts.numbered()[0].name
        check_migrated(connection)


def test_tables_of_no_release_of_procrastinate_are_refused_with_what_is_wrong(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(scripts.procrastinate_schema().sql.encode())
        connection.execute("DROP INDEX procrastinate_jobs_priority_idx_v1")
    with pytest.raises(NotMigrated, match=r"no release of it makes them .*procrastinate_jobs_priority_idx_v1"):
        migrate(empty_database)


def test_a_later_migration_of_procrastinate_leaves_ours_in_force(
    database: str, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, upgrades = triggers(connection), scripts.procrastinate_upgrades()
    monkeypatch.setattr(scripts, "procrastinate_upgrades", lambda: (*upgrades, STALE_TRIGGER))
    assert migrate(database).applied[0] == STALE_TRIGGER.name
    assert triggers(connection) == before
    check_migrated(connection)


def test_a_migration_of_procrastinate_applied_by_hand_is_noticed_and_mended(
    database: str, connection: psycopg.Connection
) -> None:
    before = triggers(connection)
    connection.execute(STALE_TRIGGER.sql.encode())
    with pytest.raises(NotMigrated, match=r"somebody changed .* run `advisorjobs migrate`"):
        check_migrated(connection)
    migrate(database)
    assert triggers(connection) == before
    check_migrated(connection)


def test_a_schema_of_any_name_may_hold_everything(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA jobs")
        elsewhere = f"{empty_database}&options=-csearch_path%3Djobs"
        migrate(elsewhere)
        query = "SELECT DISTINCT schemaname FROM pg_tables WHERE tablename ~ '^(procrastinate|advisorjobs)_'"
        assert connection.execute(query).fetchall() == [("jobs",)]
    with psycopg.connect(elsewhere) as connection:
        check_migrated(connection)


def test_a_search_path_that_leads_nowhere_is_named(empty_database: str) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"search_path .* names no schema that exists"):
        migrate(f"{empty_database}&options=-csearch_path%3Dnowhere")


def test_an_empty_database_is_refused_with_the_cure(empty_database: str) -> None:
    with (
        psycopg.connect(empty_database) as connection,
        pytest.raises(NotMigrated, match=r"isn't migrated.*: run `advisorjobs migrate`$"),
    ):
        check_migrated(connection)


async def test_a_database_older_than_the_program_is_refused_with_what_it_lacks(
    aconnection: psycopg.AsyncConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await check_migrated_async(aconnection)
    numbered = scripts.numbered()
    monkeypatch.setattr(scripts, "numbered", lambda: (*numbered, Script("9001_new", "")))
    with pytest.raises(NotMigrated, match=r"older than this program \(it lacks 9001_new\): run `advisorjobs migrate`"):
        await check_migrated_async(aconnection)


def test_functions_older_than_the_program_are_refused(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scripts, "functions_checksum", lambda: "of changed files")
    with pytest.raises(NotMigrated, match="functions are older than this program"):
        check_migrated(connection)


def test_a_program_older_than_the_database_goes_on(
    database: str, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbered = scripts.numbered()
    with monkeypatch.context() as newer:
        newer.setattr(scripts, "numbered", lambda: (*numbered, Script("9001_new", "CREATE TABLE new_table ()")))
        newer.setattr(scripts, "functions_checksum", lambda: "of newer files")
        migrate(database)
    check_migrated(connection)


@pytest.mark.parametrize("statement", ["SELECT 1 FROM no_table", "SELECT no_function()", "SELECT null::no_type"])
def test_a_missing_table_function_or_type_says_that_the_database_is_not_migrated(
    connection: psycopg.Connection, statement: str
) -> None:
    with pytest.raises(NotMigrated, match="run `advisorjobs migrate`"), refuse_unmigrated():
        connection.execute(statement.encode())


def test_a_function_of_somebody_elses_is_nothing_to_us_and_a_trigger_on_the_jobs_is() -> None:
    recorded = {"function ours()": "a", "trigger ours on procrastinate_jobs": "b"}
    assert altered(recorded, recorded | {"function theirs()": "c"}) == []
    assert altered(recorded, recorded | {"function ours()": "c"}) == ["function ours()"]
    assert altered(recorded, recorded | {"trigger more on procrastinate_jobs": "c"}) != []


def test_no_function_of_ours_takes_a_callers_temporary_table_for_a_table(connection: psycopg.Connection[Any]) -> None:
    connection.execute("CREATE TEMP TABLE procrastinate_jobs (LIKE procrastinate_jobs INCLUDING ALL)")
    connection.execute('SELECT advisorjobs_enqueue(\'[{"name": "a:b", "queue": "emails", "args": {}}]\'::jsonb)')

    rows = connection.execute(
        "SELECT (SELECT count(*) FROM pg_temp.procrastinate_jobs), (SELECT count(*) FROM public.procrastinate_jobs)"
    ).fetchall()
    assert rows == [(0, 1)]
