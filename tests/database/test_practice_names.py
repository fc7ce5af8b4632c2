"""The practice's tables are practice_…: beside an application's own, and with their rows where they had plain names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisorjobs.database import scripts
from advisorjobs.database.migrate import check_migrated, lay_ground, migrate, migration_tool
from advisorjobs.database.scripts import Script
from advisorjobs.database.statement import statement
from advisorjobs.practice import storing
from advisorjobs.practice.invented import invented_practice
from advisorjobs.testing.process import process_on
from tests.fixtures.firms import Firms

pytestmark = pytest.mark.postgres

WITH_DOCUMENTS = ("organizations", "clients", "documents")
NAMES = (
    *WITH_DOCUMENTS,
    *("members", "channels", "accounts", "transactions", "customers", "invoices", "payments", "tasks", "reports"),
    *("mails", "findings", "ai_usage", "cached", "connections", "webhook_events", "activities"),
)
RENAMING = "0095_practice_names"
DAY = date(2026, 3, 2)

MORE_ROWS = """
INSERT INTO documents (organization_id, id, client_id, file_name, media_type, size_bytes, sha256, storage_key)
SELECT organization_id, 'd-1', id, 'a.pdf', 'application/pdf', 1, repeat('0', 64), 'k' FROM clients LIMIT 1;
INSERT INTO findings (organization_id, client_id, kind, key, title, reason, engine)
SELECT organization_id, id, 'insight', 'k', 't', 'r', 'local' FROM clients LIMIT 1;
INSERT INTO activities (organization_id, key, kind, subject_kind, subject_id, text)
SELECT id, 'k', 'kind', 'document', 'd-1', 'text' FROM organizations;
CREATE TABLE of_the_application (organization_id text, client_id text,
    FOREIGN KEY (organization_id, client_id) REFERENCES clients);
"""
FINDING = {
    "organization": "other", "client": "c", "kind": "insight", "engine": "local", "job": 1,
    "rows": '[{"key": "k", "title": "t", "reason": "r", "severity": "low", "score": 1, "figures": {}, "transaction_ids": []}]',
}  # fmt: skip
OWN_TABLE = """
CREATE TABLE {name} (id integer PRIMARY KEY, organization_id text, total text);
CREATE INDEX {name}_client_idx ON {name} (total);
ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;
CREATE POLICY advisorjobs_organization ON {name} USING (organization_id IS NOT NULL);
INSERT INTO {name} VALUES (1, 'a', 'ten'), (2, 'b', 'twenty');
"""

# Everything that has a name, with what it is and who may use it: a line each.
SHAPE = """
SELECT concat_ws(' ', c.relkind, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relacl::text,
                 CASE c.relkind WHEN 'i' THEN pg_get_indexdef(c.oid) END)
  FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace
UNION
SELECT concat_ws(' ', o.conrelid::regclass, o.conname, pg_get_constraintdef(o.oid))
  FROM pg_constraint o WHERE o.connamespace = current_schema()::regnamespace
UNION
SELECT concat_ws(' ', p.polrelid::regclass, p.polname, pg_get_expr(p.polqual, p.polrelid)) FROM pg_policy p
UNION
SELECT concat_ws(' ', t.tgrelid::regclass, t.tgname, t.tgfoid::regproc) FROM pg_trigger t WHERE NOT t.tgisinternal
UNION
SELECT concat_ws(' ', t.typname) FROM pg_type t WHERE t.typnamespace = current_schema()::regnamespace
UNION
SELECT concat_ws(' ', c.table_name, c.ordinal_position, c.column_name, c.data_type, c.column_default, c.is_nullable)
  FROM information_schema.columns c WHERE c.table_schema = current_schema()
"""


BALANCES = "report_balances"
"""Whose statement of before groups by a primary key, which a view has none of: see migrations/functions/released.sql."""

FIRM = "(paper-lantern,"

BY_INVOKER = "150000"
"""From this version of PostgreSQL on a view may be read by its reader's own rights."""


def plain(script: Script) -> Script:
    """As it was when the practice's tables had plain names."""
    return Script(script.name, script.sql.replace("practice_", ""))


def as_on(version: str, scripts: Iterable[Script]) -> tuple[Script, ...]:
    """The scripts as they run where a view may be read so from *version* on."""
    return tuple(Script(each.name, each.sql.replace(BY_INVOKER, version)) for each in scripts)


def statements_of_before() -> dict[str, str]:
    """Those of the program's statements that name the practice's tables, with the names of before."""
    found = {Path(each.name).stem: each.read_text("utf-8") for each in files("advisorjobs.sql").iterdir()}
    return {name: sql.replace("practice_", "") for name, sql in found.items() if "practice_" in sql}


def refused(connection: psycopg.Connection[Any], sql: str) -> bool:
    """Whether the server finds something wrong with *sql*, without running it."""
    numbered = re.sub(r"%\((\w+)\)s", "NULL", sql).replace("%%", "%")
    answer = connection.pgconn.prepare(b"", numbered.encode())
    return answer.status != psycopg.pq.ExecStatus.COMMAND_OK


def old_names_go_on(connection: psycopg.Connection[Any], before: dict[str, list[Any]]) -> None:
    """What workers of the version before read and write, in a transaction of a firm as they do."""
    connection.execute("SELECT set_config('advisorjobs.organization', 'paper-lantern', false)")
    seen = contents(connection)
    for name in set(NAMES) - {"findings"}:  # which have a column more
        assert [row for row in seen[name] if FIRM in row[0]] == [row for row in before[name] if FIRM in row[0]]
    connection.execute("RESET advisorjobs.organization")
    unclear = {name for name in statements_of_before() if refused(connection, statement(name))}  # types of NULLs
    assert {name for name, sql in statements_of_before().items() if refused(connection, sql)} - unclear == {BALANCES}
    with connection.transaction(force_rollback=True):
        connection.execute("INSERT INTO practice_organizations (id, name) VALUES ('other', 'Other')")
        connection.execute("SELECT set_config('advisorjobs.organization', 'other', true)")
        connection.execute("SET LOCAL ROLE advisorjobs_tenant")
        assert connection.execute("SELECT id FROM organizations").fetchall() == [("other",)]
        assert connection.execute("SELECT count(*) FROM invoices").fetchone() == (0,)
        connection.execute("INSERT INTO clients (organization_id, id, name) VALUES ('other', 'c', 'Lantern')")
        for is_new in (True, False):
            row = connection.execute(statement("record_findings").replace("practice_", ""), FINDING).fetchone()
            assert row == ("k", is_new)
        with pytest.raises(psycopg.Error, match=r"row-level security|check option"), connection.transaction():
            connection.execute("INSERT INTO clients (organization_id, id, name) VALUES ('org-1', 'c', 'Lantern')")


def migrate_as_before(dsn: str, *, last: str) -> None:
    """As an earlier version did, up to the script *last*; its functions, which are made anew each time, left out."""
    with migration_tool(dsn) as tool:
        tool.backend.ensure_migration_table()
        lay_ground(tool, "public", has_procrastinate=False)
        tool.apply_scripts(plain(each) for each in scripts.numbered() if each.name <= last and each.name != RENAMING)


def shape(connection: psycopg.Connection[Any]) -> set[str]:
    return {line for (line,) in connection.execute(SHAPE)}


def contents(connection: psycopg.Connection[Any], prefix: str = "") -> dict[str, list[Any]]:
    query = "SELECT t::text FROM {} t ORDER BY 1"
    return {name: connection.execute(query.format(prefix + name).encode()).fetchall() for name in NAMES}


def drop_old_names(connection: psycopg.Connection[Any], names: Iterable[str]) -> None:
    """As a later version will."""
    connection.execute(f"DROP VIEW {', '.join(names)}".encode())


def work(dsn: str, connection: psycopg.Connection[Any]) -> None:
    """Jobs that read and write the practice's tables, for a new firm."""
    with process_on(dsn) as app:
        app.publish()
        firms = Firms(app, connection)
        firms.firm("new")
        firms.invoice("1", firm="new", overdue=20)
        expired = datetime.now(UTC) - timedelta(days=1)
        firms.add("cached", organization_id="new", kind="k", key="k", value={}, expires_at=expired)
        firms.run("scheduled:invoice_reminders", "new")
        assert len(firms.mails()) == 1
        assert firms.run("maintenance:clear_cache", "new")["cached"] == 1
        assert "new" in {each["organization_id"] for each in firms.rows("SELECT * FROM advisorjobs_firms")}


def test_an_applications_own_tables_of_these_names_are_nothing_to_us(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        for name in NAMES:
            connection.execute(OWN_TABLE.format(name=name).encode())
        own, rows = shape(connection), contents(connection)

        migrate(empty_database)
        check_migrated(connection)
        assert own <= shape(connection)
        work(empty_database, connection)
        assert contents(connection) == rows


@pytest.mark.parametrize(("path", "version"), [("public", BY_INVOKER), ("jobs", "990000")])
def test_tables_that_had_plain_names_get_the_new_ones_with_their_rows(
    empty_database: str, path: str, version: str, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    numbered = as_on(version, scripts.numbered())
    monkeypatch.setattr(scripts, "numbered", lambda: numbered)
    dsn = f"{empty_database}&options=-csearch_path%3D{path}"
    with psycopg.connect(dsn, autocommit=True) as old:
        old.execute("CREATE SCHEMA jobs")
        migrate_as_before(dsn, last="0100_practice")
        with monkeypatch.context() as earlier:
            earlier.setattr(storing, "statement", lambda name: statement(name).replace("practice_", ""))
            for firm in invented_practice(1, DAY):
                storing.store_firm(old, firm)
        old.execute(MORE_ROWS)
        before = contents(old)
        assert sum(bool(rows) for rows in before.values()) >= 14

        assert RENAMING in migrate(dsn).applied
        check_migrated(old)
        assert contents(old, "practice_") == before
        old_names_go_on(old, before)
        drop_old_names(old, NAMES)
        old.execute("INSERT INTO of_the_application SELECT organization_id, id FROM practice_clients")
        old.execute("DROP TABLE of_the_application")
        if path == "public":
            assert shape(old) == shape(connection)
        work(dsn, old)


def test_a_database_that_has_only_the_documents_comes_along_too(
    empty_database: str, connection: psycopg.Connection[Any]
) -> None:
    """What an application's own `invoices` had held up: the scripts before 0100 were applied."""
    with psycopg.connect(empty_database, autocommit=True) as old:
        migrate_as_before(empty_database, last="0090_schedules")
        old.execute("INSERT INTO organizations (id, name) VALUES ('org-1', 'One')")
        old.execute(OWN_TABLE.format(name="invoices").encode())

        migrate(empty_database)
        assert old.execute("SELECT id, name FROM practice_organizations").fetchall() == [("org-1", "One")]
        assert old.execute("SELECT total FROM invoices").fetchall() == [("ten",), ("twenty",)]
        work(empty_database, old)
        old.execute("DROP TABLE invoices")
        drop_old_names(old, WITH_DOCUMENTS)
        assert shape(old) == shape(connection)


def test_a_table_that_the_application_keeps_apart_by_organization_is_not_taken_for_ours(
    database: str, connection: psycopg.Connection[Any]
) -> None:
    connection.execute(OWN_TABLE.format(name="invoices").encode())
    connection.execute("SELECT advisorjobs_isolate('invoices')")
    connection.execute("DELETE FROM advisorjobs_migrations WHERE migration_id = %s", [RENAMING])
    before = shape(connection)

    assert RENAMING in migrate(database).applied
    assert shape(connection) == before
