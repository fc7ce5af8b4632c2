"""What `advisorjobs doctor` finds on machines and databases on which something is really wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from advisorjobs.cli import machine
from advisorjobs.cli.examination import encryption, examine
from advisorjobs.cli.serving import span
from advisorjobs.database.migrate import migrate
from advisorjobs.database.statement import statement
from advisorjobs.finding import Finding
from advisorjobs.settings import Settings
from ops.bench.backlog import Backlog
from tests.fixtures.apps import Program
from tests.fixtures.clusters import free_port
from tests.fixtures.desk import Desk
from tests.fixtures.owners import refuse_strangers
from tests.fixtures.plans import cost_of
from tests.fixtures.poolers import Pooled
from tests.fixtures.servers import TestServer

Connection = psycopg.Connection[Any]


def found(settings: Settings, about: str, purpose: Any = "worker") -> list[Finding]:
    """What is said of *about* that isn't well."""
    return [each for each in examine(settings, purpose) if each.about == about and each.state != "ok"]


@pytest.fixture
def stranger(server: TestServer, database: str, connection: Connection) -> Iterator[str]:
    """The address of the test's database for a role that was given nothing."""
    name = f"{connection.info.dbname}_stranger"
    who = sql.Identifier(name)
    connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER PASSWORD 'x'").format(who))
    try:
        dsn = replace(server, user=name, password="x").dsn(connection.info.dbname)
        refuse_strangers(dsn)
        yield dsn
    finally:
        connection.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(who))


def test_a_database_in_order_has_nothing_wrong(desk: Desk, settings: Settings) -> None:
    findings = list(examine(settings))

    assert [each.text for each in findings if each.state == "wrong"] == []
    assert {each.about for each in findings if each.state == "ok"} >= {
        "extra", "folder", "disk", "database", "clock", "rights", "tenants", "migrations", "workers", "queues", "cleaning",
    }  # fmt: skip


def test_an_owner_that_is_no_superuser_has_all_rights(owned_database: str, tmp_path: Path) -> None:
    migrate(owned_database)
    settings = Settings(database_url=owned_database, data_dir=tmp_path)

    assert found(settings, "rights") + found(settings, "tenants") == []


def test_a_superuser_is_a_note(settings: Settings) -> None:
    (finding,) = found(settings, "rights")

    assert finding.state == "note"
    assert "is a superuser, whom no right and no policy binds: give the program a role of its own" in finding.text


def test_a_role_without_rights_is_told_what_it_lacks(stranger: str, settings: Settings) -> None:
    findings = found(replace(settings, database_url=stranger), "rights")

    assert [each.state for each in findings] == ["wrong"]
    assert "may not work on jobs: it lacks DELETE on advisorjobs_action_refusals, " in findings[0].text
    assert f"GRANT that owner's role TO {findings[0].text.split()[1]}" in findings[0].cure
    assert "INSERT on procrastinate_jobs" in findings[0].value


def test_a_role_that_queues_is_helped_by_what_doctor_says(
    stranger: str, settings: Settings, connection: Connection
) -> None:
    settings = replace(settings, database_url=stranger)
    (finding,) = found(settings, "rights", "enqueuer")
    connection.execute(finding.cure.encode())

    assert found(settings, "rights", "enqueuer") == []
    connection.execute(
        "INSERT INTO job_types (name, queue, fields) VALUES ('a:b', 'emails', '{\"*\": {\"required\": false}}')"
    )
    with psycopg.connect(stranger) as mine:
        assert mine.execute("SELECT enqueue_job('a:b', '{}', 'org-7')").fetchone()


def test_a_role_that_may_use_no_schema_is_told_so(stranger: str, settings: Settings, connection: Connection) -> None:
    connection.execute("REVOKE USAGE ON SCHEMA public FROM PUBLIC")

    (finding,) = found(replace(settings, database_url=stranger), "rights")
    assert "may use no schema of its search_path: GRANT USAGE ON SCHEMA" in finding.text


def test_tenants_whom_nothing_binds_are_told(settings: Settings, connection: Connection) -> None:
    connection.execute("ALTER TABLE practice_documents NO FORCE ROW LEVEL SECURITY")

    (finding,) = found(settings, "tenants")
    assert finding.text.startswith(
        "row-level security is not in force on practice_documents: put it in force with ALTER TABLE practice_documents ENABLE"
    )


def test_policies_on_the_applications_own_tables_are_its_own_affair(settings: Settings, connection: Connection) -> None:
    connection.execute("CREATE TABLE invoices (); CREATE POLICY theirs ON invoices USING (true)")

    assert [each for each in found(settings, "tenants") if each.state == "wrong"] == []


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_a_stricter_isolation_is_wrong_and_no_worker_starts(
    level: str, settings: Settings, connection: Connection, run_python: Program
) -> None:
    name = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_isolation = {}").format(name, level))

    (finding,) = found(settings, "isolation")
    assert (finding.state, finding.value) == ("wrong", level)
    assert finding.cure.startswith("change it by ALTER DATABASE")
    done = run_python("-m", "advisorjobs", "worker", "-q", "emails")
    (line,) = done.stderr.splitlines()
    assert f"default_transaction_isolation='{level}' can't be used" in line
    assert done.returncode == 2


def test_procrastinates_worker_refuses_it_too(connection: Connection, procrastinate_cli: Program) -> None:
    name = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_isolation = 'serializable'").format(name))
    done = procrastinate_cli("worker", "-q", "emails")

    assert "default_transaction_isolation='serializable' can't be used" in done.stderr.splitlines()[-1]
    assert done.returncode != 0


def test_a_database_that_isnt_migrated_is_wrong(empty_database: str, tmp_path: Path) -> None:
    (finding,) = found(Settings(database_url=empty_database, data_dir=tmp_path), "migrations")

    assert finding.state == "wrong"
    assert finding.cure == "run `advisorjobs migrate`"


def test_a_function_that_somebody_changed_is_named(settings: Settings, connection: Connection) -> None:
    connection.execute("DROP FUNCTION advisorjobs_keep_era()")

    (finding,) = found(settings, "migrations")
    assert "function advisorjobs_keep_era()" in finding.what


def test_a_newer_database_is_a_note(settings: Settings, connection: Connection) -> None:
    connection.execute(
        """
        INSERT INTO advisorjobs_migrations
        SELECT (jsonb_populate_record(m, '{"id": 9999, "migration_id": "9999_next"}')).*
          FROM advisorjobs_migrations m WHERE migration_id = '0010_engine'
        """
    )

    (finding,) = found(settings, "migrations")
    assert (finding.state, finding.value) == ("note", ["9999_next"])


def test_a_server_that_doesnt_answer_is_wrong(settings: Settings) -> None:
    nowhere = replace(settings, database_url=f"postgresql://me:secret@127.0.0.1:{free_port()}/firm")

    (finding,) = found(nowhere, "database")
    assert "no PostgreSQL to be had at 127.0.0.1:" in finding.text
    assert "secret" not in finding.text


def test_a_queue_that_nobody_serves_is_wrong_and_one_that_is_served_is_not(desk: Desk, settings: Settings) -> None:
    desk.enqueue(3, queue="webhooks")
    desk.enqueue(2, queue="emails")

    (finding,) = found(settings, "queues")
    assert finding.state == "wrong"
    assert "in webhooks 3 jobs wait, the oldest for 0 s, and no worker alive serves it" in finding.what
    assert finding.cure == "start a worker for it: advisorjobs worker -q webhooks"


def test_a_long_wait_and_a_pause_are_notes(desk: Desk, settings: Settings, connection: Connection) -> None:
    first, *_ = desk.enqueue(2, queue="emails")
    connection.execute("UPDATE procrastinate_jobs SET queued_at = now() - interval '3 hours' WHERE id = %s", [first])

    (finding,) = found(settings, "queues")
    assert (finding.state, "2 jobs wait, the oldest for 3 h" in finding.text) == ("note", True)
    connection.execute("SELECT pause_queue('emails')")
    (finding,) = found(settings, "queues")
    assert finding.cure == "advisorjobs queues resume emails"


def test_a_name_that_no_worker_knows_is_told_with_its_count(desk: Desk, settings: Settings) -> None:
    desk.enqueue(4, name="test:newer")
    desk.claim(look_aside=True)

    (finding,) = found(settings, "unknown jobs")
    assert "4 jobs of 'test:newer' wait in critical" in finding.text


def test_a_worker_that_fell_silent_is_named_with_what_it_holds(desk: Desk, settings: Settings) -> None:
    desk.enqueue(2)
    desk.claim()
    desk.die()

    nobody, silent = found(settings, "workers")
    assert nobody.text == "none is alive: start one with `advisorjobs worker`"
    assert (silent.state, silent.value) == ("wrong", "desk")
    assert "holds 2 running jobs: start a worker, which takes them back" in silent.text


def test_a_heartbeat_that_is_late_is_a_note(desk: Desk, settings: Settings, connection: Connection) -> None:
    connection.execute("UPDATE advisorjobs_workers SET beat_at = now() - interval '40 seconds'")

    (finding,) = found(settings, "workers")
    assert (finding.state, "its heartbeat is late" in finding.cure) == ("note", True)


def test_a_transaction_pooler_is_told_with_both_cures(pooled: Pooled, settings: Settings) -> None:
    behind = replace(settings, database_url=pooled(settings.database_url or "", "transaction"))

    listen, prepared = found(behind, "pooler")
    assert "LISTEN is lost in it: workers poll once a second; ADVISORJOBS_DIRECT_URL" in listen.text
    assert "ADVISORJOBS_PREPARED_STATEMENTS=off" in prepared.cure
    cured = replace(behind, direct_url=settings.database_url, prepared_statements=False)
    assert found(cured, "pooler") == []
    (finding,) = found(replace(cured, direct_url=behind.database_url), "pooler")
    assert finding.state == "wrong"


def test_a_session_pooler_is_no_trouble(pooled: Pooled, settings: Settings) -> None:
    behind = replace(settings, database_url=pooled(settings.database_url or "", "session"))
    findings = [each for each in examine(behind) if each.about == "pooler"]

    assert [(each.state, each.value) for each in findings] == [("ok", "session")]
    assert [each for each in examine(settings) if each.about == "pooler"] == []


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("unknown_jobs", {"most": 50}),
        ("silent_workers", {}),
        ("read_job_account", {"job": 4_000, "values": True, "organization": None, "most": 200}),
        ("find_related_jobs", {"job": 4_000, "organization": None, "look": 40}),
    ],
)
def test_what_is_told_is_read_by_index(name: str, asked: dict[str, Any], connection: Connection) -> None:
    connection.execute("ANALYZE")
    for kind in (Backlog(), Backlog(queue="emails"), Backlog(name="test:newer", parked="unknown_job")):
        kind.add(connection, 4_000)
    connection.execute(
        "INSERT INTO advisorjobs_runs (job_id, run_no, attempt, final, status, queued_at, queue_name, job_name)"
        " SELECT n, 1, 1, false, 'retrying', now(), 'critical', 'test:work' FROM generate_series(1, 8000) n"
    )
    with connection.transaction():
        connection.execute(statement("by_index"))
        connection.execute(statement(name), asked)
        cost = cost_of(connection, statement(name), asked)

    assert max(cost.entries.values(), default=0) <= 250, cost


@pytest.mark.parametrize(
    ("parameters", "noted"),
    [
        ({"host": "db.example.com"}, True),
        ({"host": "db.example.com", "sslmode": "require"}, True),
        ({"host": "db.example.com", "sslmode": "verify-full"}, False),
        ({"host": "localhost"}, False),
        ({"host": "/var/run/postgresql"}, False),
        ({"host": "localhost", "hostaddr": "10.0.0.7"}, True),
        ({"host": "localhost,db.example.com"}, True),
        ({}, False),
    ],
)
def test_a_far_host_without_verified_tls_is_a_note(parameters: dict[str, str], noted: bool) -> None:
    assert [each.state for each in encryption(parameters)] == ["note"] * noted


@pytest.mark.parametrize(("free", "state"), [(50 << 20, "wrong"), (500 << 20, "note"), (5 << 30, "ok")])
def test_little_room_on_the_disk_is_told(free: int, state: str, tmp_path: Path) -> None:
    assert machine.disk(tmp_path, free).state == state


@pytest.mark.parametrize(("ahead", "state"), [(0.5, "ok"), (-37.0, "note"), (37.0, "note")])
def test_clocks_that_differ_are_a_note(ahead: float, state: str) -> None:
    finding = machine.clock_finding(ahead, 0.1)

    assert finding.state == state
    assert ("behind" in finding.text) == (ahead == -37.0)


def test_keys_of_served_queues_are_needed_in_production(settings: Settings) -> None:
    production = replace(settings, production=True)

    assert {each.value for each in found(production, "services") if each.state == "wrong"} == {
        "AZURE_FORM_RECOGNIZER_KEY", "AZURE_STORAGE_ACCOUNT_KEY", "AZURE_OPENAI_KEY", "SMTP_HOST",
        "ADVISORJOBS_MAIL_FROM",
    }  # fmt: skip
    scheduled = found(replace(production, worker_type="scheduled"), "services")
    assert [each for each in scheduled if each.state == "wrong"] == []


def test_a_missing_extra_is_wrong_where_it_is_needed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(machine.EXTRAS, "documents", ("no_such_library",))

    assert [each.state for each in found(settings, "extra")] == ["wrong"]
    (finding,) = found(replace(settings, worker_type="scheduled"), "extra")
    assert (finding.state, finding.cure) == ("note", "pip install 'advisorjobs[documents]'")


def test_lengths_of_time_are_short() -> None:
    assert [span(seconds) for seconds in (0.4, 119, 120, 7_199, 7_200, 200_000)] == [
        "0 s", "119 s", "2 min", "120 min", "2 h", "2 d",
    ]  # fmt: skip


@pytest.fixture
def doctor(run_python: Program, tmp_path: Path) -> Callable[..., Any]:
    return lambda *arguments: run_python("-m", "advisorjobs", "doctor", *arguments, ADVISORJOBS_DATA_DIR=str(tmp_path))


def test_the_exit_status_says_whether_something_is_wrong(doctor: Callable[..., Any], desk: Desk) -> None:
    well = doctor()
    assert well.returncode == 0, well.stdout
    assert all(line.split(" ", 1)[0] in ("ok", "note") for line in well.stdout.splitlines())
    desk.enqueue(queue="webhooks")
    bad = doctor("--json")
    assert (bad.returncode, bad.stderr) == (1, "")
    findings = [json.loads(line) for line in bad.stdout.splitlines()]
    (wrong,) = [each for each in findings if each["state"] == "wrong"]
    assert wrong["about"] == "queues"
    assert wrong["text"] == f"{wrong['what']}: {wrong['cure']}"


def test_a_purpose_that_there_isnt_is_wrong_use(doctor: Callable[..., Any]) -> None:
    done = doctor("--for", "enqueuers")

    assert "did you mean enqueuer?" in done.stderr
    assert done.returncode == 2
