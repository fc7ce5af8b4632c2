"""The maintenance jobs: what they take away and leave, and that nobody has to wait for them."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisorjobs.errors import ErrorCode, JobError
from tests.fixtures.firms import Firms
from tests.fixtures.waiting import wait_for

OLD = timedelta(days=120)
EVENT: dict[str, Any] = {
    "organization_id": "org-1",
    "provider": "stripe",
    "account": "acct_1",
    "event_type": "invoice.paid",
    "event": {},
}


def event(firms: Firms, event_id: str, age: timedelta, *, applied: bool = True, **values: Any) -> None:
    at = datetime.now(UTC) - age
    given = {**EVENT, "event_id": event_id, "received_at": at, "applied_at": at if applied else None, **values}
    firms.add("webhook_events", **given)


def kept(firms: Firms, table: str, column: str) -> list[str]:
    query = f"SELECT organization_id || '/' || {column} AS it FROM practice_{table} ORDER BY 1"
    return [row["it"] for row in firms.rows(query)]


def test_log_cleanup_takes_old_history_and_asks_each_firm(firms: Firms) -> None:
    firms.firm()
    for organization in ("org-1", "org-1"):
        firms.run("scheduled:data_sync", organization)
    firms.connection.execute(
        "UPDATE advisorjobs_runs SET finished_at = finished_at - interval '120 days' WHERE job_id = "
        "(SELECT min(job_id) FROM advisorjobs_runs)"
    )
    result = firms.run("maintenance:log_cleanup")

    assert firms.one("SELECT count(*) FROM advisorjobs_runs WHERE job_name = 'scheduled:data_sync'") == 1
    assert result["rows"] >= 1
    assert result["queued"] == 1
    assert [each["organization_id"] for each in firms.waiting("maintenance:log_cleanup")] == ["org-1"]


def test_log_cleanup_of_a_firm_takes_its_old_applied_events_alone(
    firms: Firms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("advisorjobs.upkeep.leftovers.BATCH", 2)
    firms.firm()
    firms.firm("org-2")
    for number in range(5):
        event(firms, f"old-{number}", OLD)
    event(firms, "waits", OLD, applied=False)
    event(firms, "young", timedelta(days=20))
    event(firms, "theirs", OLD, organization_id="org-2")

    assert firms.run("maintenance:log_cleanup", "org-1", keep_days=1) == {"webhook_events": 5}
    assert kept(firms, "webhook_events", "event_id") == ["org-1/waits", "org-1/young", "org-2/theirs"]
    assert firms.run("maintenance:log_cleanup", "org-1", keep_days=1) == {"webhook_events": 0}


def cached(firms: Firms, key: str, *, firm: str = "org-1", left: timedelta) -> None:
    expires_at = datetime.now(UTC) + left
    firms.add("cached", organization_id=firm, kind="k", key=key, value={}, expires_at=expires_at)


def test_clear_cache_of_a_firm_takes_what_expired_and_files_without_a_row(documents_folder: Path, firms: Firms) -> None:
    firms.firm()
    firms.firm("org-2")
    cached(firms, "old", left=-timedelta(seconds=1))
    cached(firms, "new", left=timedelta(hours=1))
    cached(firms, "theirs", firm="org-2", left=-timedelta(seconds=1))
    orphan = documents_folder / "org-1" / "gone" / "original"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"x")
    os.utime(orphan, (time.time() - 2 * 86_400,) * 2)

    assert firms.run("maintenance:clear_cache", "org-1") == {"cached": 1, "files": 1}
    assert kept(firms, "cached", "key") == ["org-1/new", "org-2/theirs"]
    assert not orphan.exists()
    assert firms.run("maintenance:clear_cache", "org-1", only_expired=False) == {"cached": 1, "files": 0}
    assert kept(firms, "cached", "key") == ["org-2/theirs"]


def test_clear_cache_hands_out_and_takes_old_temporary_folders_of_this_machine(
    firms: Firms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    day = (time.time() - 2 * 86_400,) * 2
    for name in ("advisorjobs-old", "advisorjobs-used", "another-old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"x")
        if not name.endswith("used"):
            os.utime(tmp_path / name / "file", day)
        os.utime(tmp_path / name, day)
    firms.firm()
    result = firms.run("maintenance:clear_cache", only_expired=False)

    assert (result["temporary_folders"], result["queued"]) == (1, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["advisorjobs-used", "another-old"]
    assert firms.waiting("maintenance:clear_cache")[0]["args"] == {"organization_id": "org-1", "only_expired": False}


def test_expired_locks_takes_what_is_free_and_leaves_what_holds(firms: Firms) -> None:
    connection = firms.connection
    held = firms.queue("critical:health_check", "org-1")
    key = "INSERT INTO advisorjobs_unique_keys VALUES ('o', 'j', %s, %s, '1 hour', now() - %s::interval)"
    connection.execute(key, ["past", 1, "2 hours"])
    connection.execute(key, ["just", 1, "1 minute"])
    connection.execute(key, ["later", 1, "-1 hour"])
    connection.execute(key, ["living", held, None])
    connection.execute(key, ["orphan", 999_999, None])
    line = "INSERT INTO advisorjobs_keys (key, running, closed_until) VALUES (%s, %s, now() - %s::interval)"
    connection.execute(line, ["over", None, "2 hours"])
    connection.execute(line, ["closed", None, "-1 hour"])
    connection.execute(line, ["limited", 3, "2 hours"])
    connection.execute("INSERT INTO advisorjobs_pauses (organization_id, until) VALUES ('o', now() - interval '1 day')")
    connection.execute("INSERT INTO advisorjobs_pauses (organization_id) VALUES ('p')")
    connection.execute(
        "INSERT INTO advisorjobs_grants VALUES ('old', '{1}', '{1}'), ('new', ARRAY[%s], '{1}')", [time.time()]
    )
    result = firms.run("maintenance:expired_locks")

    assert result["unique_keys"] == result["orphaned_unique_keys"] == result["limit_keys"] == 1
    assert result["pauses"] == result["rate_grants"] == 1
    assert {row["key"] for row in firms.rows("SELECT key FROM advisorjobs_unique_keys")} == {"just", "later", "living"}
    assert {row["key"] for row in firms.rows("SELECT key FROM advisorjobs_keys")} == {"closed", "limited"}
    assert [row["scope"] for row in firms.rows("SELECT scope FROM advisorjobs_grants")] == ["new"]
    again = firms.run("maintenance:expired_locks")
    assert not any(again.values())


def test_expired_locks_leaves_what_somebody_holds_and_waits_for_nobody(firms: Firms, database: str) -> None:
    insert = "INSERT INTO advisorjobs_unique_keys VALUES ('o', 'j', %s, 1, '1 hour', now() - interval '1 day')"
    firms.connection.cursor().executemany(insert, [["held"], ["free"]])
    firms.impatient()
    with psycopg.connect(database) as other:
        other.execute("SELECT FROM advisorjobs_unique_keys WHERE key = 'held' FOR UPDATE")
        assert firms.run("maintenance:expired_locks")["unique_keys"] == 1


def dead_rows(firms: Firms, count: int = 20_000) -> None:
    """Leaves the table `practice_activities` with many dead rows and an index that is too large."""
    firms.firm()
    connection = firms.connection
    connection.execute("ALTER TABLE practice_activities SET (autovacuum_enabled = false)")
    connection.execute(
        "INSERT INTO practice_activities (organization_id, key, kind, subject_kind, subject_id, text)"
        " SELECT 'org-1', 'key-' || n, 'k', 's', n::text, 'text' FROM generate_series(1, %s) n",
        [count],
    )
    connection.execute("ANALYZE practice_activities")
    connection.execute("DELETE FROM practice_activities WHERE id % 20 <> 0")
    query = "SELECT n_dead_tup > 1000 FROM pg_stat_user_tables WHERE relname = 'practice_activities'"
    wait_for(lambda: firms.one(query), "the statistics")


@pytest.fixture
def small_indexes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Indexes of a few pages count as large ones."""
    monkeypatch.setattr("advisorjobs.upkeep.tables.SMALLEST_INDEX", 64 << 10)


@pytest.mark.usefixtures("small_indexes")
def test_optimize_vacuums_and_reindexes_what_the_measures_say(firms: Firms) -> None:
    dead_rows(firms)
    plan = firms.run("maintenance:optimize_database", tables=["practice_activities"], dry_run=True)
    assert {(each["work"], each["name"]) for each in plan["done"]} >= {("vacuum", "practice_activities")}
    assert firms.one("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'practice_activities'") > 1000

    done = firms.run("maintenance:optimize_database", tables=["practice_activities"])["done"]
    assert (done[0]["work"], done[0]["name"]) == ("vacuum", "practice_activities")
    reindexed = {each["name"]: each for each in done if each["work"] == "reindex"}
    assert "practice_activities_organization_id_key_key" in reindexed
    assert all(each["bytes_after"] < each["bytes_before"] / 2 for each in reindexed.values())
    wait_for(
        lambda: not firms.run("maintenance:optimize_database", tables=["practice_activities"])["done"], "nothing to do"
    )


@pytest.mark.usefixtures("small_indexes")
def test_optimize_makes_no_writer_wait(firms: Firms, database: str) -> None:
    dead_rows(firms)
    stop, written, refused = threading.Event(), [0], []

    def write() -> None:
        with psycopg.connect(database, autocommit=True) as writer:
            writer.execute("SET lock_timeout = '100ms'")
            while not stop.is_set():
                try:
                    writer.execute(
                        "UPDATE practice_activities SET text = text || '.' WHERE id = %s", [20 * (written[0] % 900 + 1)]
                    )
                    writer.execute(
                        "INSERT INTO practice_activities (organization_id, key, kind, subject_kind, subject_id, text)"
                        " VALUES ('org-1', gen_random_uuid()::text, 'k', 's', '1', 't')"
                    )
                except psycopg.errors.LockNotAvailable as error:
                    refused.append(error)
                written[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        wait_for(lambda: written[0] > 10, "the writer")
        done = firms.run("maintenance:optimize_database", tables=["practice_activities"])["done"]
    finally:
        stop.set()
        writer.join()
    assert {"vacuum", "reindex"} <= {each["work"] for each in done}
    assert refused == []


def test_optimize_leaves_what_is_busy_and_waits_for_nobody(firms: Firms, database: str) -> None:
    dead_rows(firms)
    with psycopg.connect(database) as other:
        other.execute("LOCK TABLE practice_activities IN SHARE UPDATE EXCLUSIVE MODE")
        result = firms.run("maintenance:optimize_database", tables=["practice_activities"])
    assert [each["name"] for each in result["busy"]] == ["practice_activities"]
    assert result["done"] == []


def test_optimize_drops_what_a_broken_off_reindex_left(firms: Firms) -> None:
    firms.connection.execute("CREATE INDEX practice_activities_at_idx_ccnew ON practice_activities (at)")
    firms.connection.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'practice_activities_at_idx_ccnew'::regclass"
    )
    result = firms.run("maintenance:optimize_database", tables=["practice_activities"])

    assert [(each["work"], each["name"]) for each in result["done"]] == [("drop", "practice_activities_at_idx_ccnew")]
    assert firms.one("SELECT to_regclass('practice_activities_at_idx_ccnew')") is None


def test_optimize_refuses_tables_that_are_not_ours(firms: Firms) -> None:
    firms.connection.execute("CREATE TABLE payroll ()")
    with pytest.raises(JobError, match="'payroll' is no table of AdvisorJobs'") as error:
        firms.run("maintenance:optimize_database", tables=["practice_documents", "payroll"])
    assert error.value.code is ErrorCode.VALIDATION
    assert error.value.permanent


def test_optimize_of_all_looks_at_history_and_the_practices_tables(firms: Firms) -> None:
    everything = firms.run("maintenance:optimize_database", dry_run=True)
    history = firms.run("maintenance:optimize_database", dry_run=True, tables=["job_executions"])
    assert everything["looked_at"] > 30
    assert 4 <= history["looked_at"] < 10


def test_optimize_begins_nothing_shortly_before_its_time_limit(firms: Firms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("advisorjobs.upkeep.optimizing.RESERVE", 3600.0)
    dead_rows(firms)
    result = firms.run("maintenance:optimize_database", tables=["practice_activities"])
    assert [each["work"] for each in result["out_of_time"]][:1] == ["vacuum"]
    assert result["done"] == []
