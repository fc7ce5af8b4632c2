"""The job search: which jobs are found by which condition, and that pages follow each other both ways without a gap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import psycopg
import pytest

from advisorjobs.database.statement import statement
from advisorjobs.errors import SettingsError
from advisorjobs.inspector import job_search
from advisorjobs.inspector.inspector import BlockingInspector
from advisorjobs.inspector.job_cursor import JobCursor
from advisorjobs.inspector.job_filter import JobFilter
from advisorjobs.job import JobStatus
from ops.bench.backlog import Backlog
from tests.fixtures.desk import Desk
from tests.fixtures.plans import cost_of

Connection = psycopg.Connection[Any]
ENDED = """
    INSERT INTO advisorjobs_runs (
        job_id, run_no, attempt, final, status, queued_at, started_at, finished_at, queue_name, job_name, organization_id,
        input)
    SELECT nextval('procrastinate_jobs_id_seq'), 1, 1, true, 'completed', at, at, at, 'emails', 'email:send',
           'org-' || (n %% 5), jsonb_build_object('document_id', 'doc-' || n)
      FROM (SELECT n, now() - n * %s::interval AS at FROM generate_series(1, %s) n) s ORDER BY n DESC
"""
TALLIED = """
    INSERT INTO advisorjobs_ended (finished_at, runs, completed) SELECT finished_at, 1, ARRAY[job_id] FROM advisorjobs_runs
"""


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine too, a search of few jobs ends by having found them."""
    monkeypatch.setattr(job_search, "PATIENCE_MS", 20_000)


def found(inspector: BlockingInspector, **wanted: Any) -> list[int]:
    return [job.id for job in inspector.search_jobs(JobFilter(**wanted), limit=1_000).jobs]


def fold(connection: Connection) -> None:
    """Folds all that ended into the tallies, as workers do every second."""
    while connection.execute("SELECT advisorjobs_fold_tallies(0)").fetchone() != (0,):
        pass


def walked(inspector: BlockingInspector, wanted: JobFilter, limit: int) -> list[int]:
    """All jobs, page by page to the oldest and back to the newest; both ways must be the same."""
    pages = [inspector.search_jobs(wanted, limit=limit)]
    while pages[-1].older:
        pages.append(inspector.search_jobs(wanted, before=pages[-1].older, limit=limit))
    down = [job.id for page in pages for job in page.jobs]
    newer, up = pages[-1].newer, [job.id for job in pages[-1].jobs]
    while newer:
        page = inspector.search_jobs(wanted, after=newer, limit=limit)
        newer, up = page.newer, [*(job.id for job in page.jobs), *up]
    assert up == down
    return down


def test_living_and_ended_jobs_are_found_the_newest_first(desk: Desk, inspector: BlockingInspector) -> None:
    first, second, third, fourth = desk.enqueue(4)
    (later,) = desk.enqueue(delay=3_600)
    (gone,) = desk.enqueue(queue="emails")
    desk.one("SELECT cancel_job(%s)", gone)
    jobs = desk.claim(free=3)
    desk.complete(jobs[0])
    desk.settle(jobs[1], status="failed", final=True, error_code="network")

    assert found(inspector) == [gone, later, fourth, third, second, first]
    by_status = {status: found(inspector, status=status) for status in JobStatus}
    assert by_status == {
        JobStatus.WAITING: [fourth],
        JobStatus.DELAYED: [later],
        JobStatus.ACTIVE: [third],
        JobStatus.COMPLETED: [first],
        JobStatus.FAILED: [second],
        JobStatus.CANCELLED: [gone],
    }


@pytest.mark.parametrize("state", ["waiting", "ended"])
def test_each_condition_narrows_the_search(desk: Desk, inspector: BlockingInspector, state: str) -> None:
    (plain,) = desk.enqueue(args={"document_id": "doc-1"})
    (mail,) = desk.enqueue(
        queue="emails", name="test:other", organization_id="org-7", tags=["import"], args={"document_id": "doc-17"}
    )
    if state == "ended":
        desk.complete(*desk.claim("critical", "emails"))
    assert found(inspector) == [mail, plain]
    for wanted in (
        {"queue": "emails"},
        {"name": "test:other"},
        {"organization": "org-7"},
        {"tag": "import"},
        {"payload": "document_id=doc-17"},
        {"id": mail},
        {"id": mail, "tag": "import", "payload": "document_id=doc-17", "since": datetime(2020, 1, 1, tzinfo=UTC)},
        {"organization": "org-7", "queue": "emails", "name": "test:other", "tag": "import"},
    ):
        assert found(inspector, **wanted) == [mail], wanted
    for wanted in (
        {"tag": "impor"},
        {"organization": "org-8"},
        {"payload": "document_id=doc-2"},
        {"payload": "name=doc-17"},
        {"id": mail, "organization": "org-8"},
        {"organization": "org-7", "queue": "critical"},
        {"id": mail + 1},
        {"id": mail, "tag": "impor"},
        {"id": mail, "payload": "document_id=doc-1"},
        {"id": mail, "error_code": "network"},
        {"id": mail, "error_text": "away"},
        {"id": mail, "fingerprint": "f1"},
        {"id": mail, "unique_key": "k"},
        {"id": mail, "until": datetime(2020, 1, 1, tzinfo=UTC)},
        {"id": mail, "since": datetime(8000, 1, 1, tzinfo=UTC)},
    ):
        assert found(inspector, **wanted) == [], wanted


def test_a_unique_key_finds_the_job_that_has_it(desk: Desk, inspector: BlockingInspector) -> None:
    (first,) = desk.enqueue(unique_key="k", organization_id="org-1")
    (second,) = desk.enqueue(unique_key="k", organization_id="org-2", name="test:other")
    desk.enqueue(unique_key="other", organization_id="org-2")

    assert found(inspector, unique_key="k") == [second, first]
    assert found(inspector, unique_key="k", organization="org-1") == [first]
    assert found(inspector, unique_key="k", name="test:other") == [second]
    assert found(inspector, unique_key="none") == []


def test_errors_find_the_jobs_whose_last_run_ended_so(desk: Desk, inspector: BlockingInspector) -> None:
    desk.enqueue(5, organization_id="org-7")
    mended, again, dead, other, _ = desk.claim(free=5)
    ending = {"error_code": "network", "error_message": "the Mail server is away", "fingerprint": "f1"}
    desk.settle(mended, again, status="retrying", final=False, delay=0, **ending)
    desk.settle(dead, status="failed", final=True, **ending)
    desk.settle(other, status="failed", final=True, error_code="timeout", error_message="too slow", fingerprint="f2")
    (second,) = desk.claim(free=1)
    desk.complete(second)

    assert second.id == mended.id
    for wanted in ({"error_code": "network"}, {"fingerprint": "f1"}, {"error_text": "mail SERVER"}):
        assert sorted(found(inspector, **wanted)) == [again.id, dead.id], wanted
        assert found(inspector, **wanted, status=JobStatus.FAILED) == [dead.id]
        assert found(inspector, **wanted, status=JobStatus.WAITING) == [again.id]
        assert sorted(found(inspector, **wanted, organization="org-7")) == [again.id, dead.id]
        assert found(inspector, **wanted, organization="org-8") == []
    assert found(inspector, error_text="%") == []
    assert sorted(found(inspector, status=JobStatus.FAILED, organization="org-7")) == [dead.id, other.id]


def test_times_are_of_the_end_or_of_the_queueing(
    desk: Desk, connection: Connection, inspector: BlockingInspector
) -> None:
    old, new = desk.enqueue(2)
    connection.execute("UPDATE procrastinate_jobs SET queued_at = now() - interval '3 hours' WHERE id = %s", [old])
    connection.execute(ENDED, ["1 hour", 3])
    connection.execute(TALLIED)
    now = desk.one("SELECT now()")
    ended = [row[0] for row in connection.execute("SELECT job_id FROM advisorjobs_runs ORDER BY finished_at DESC")]

    def hours(count: float) -> Any:
        return now - timedelta(hours=count)

    assert found(inspector, since=hours(2.5)) == [new, *ended[:2]]
    assert found(inspector, until=hours(1.5)) == [old, *ended[1:]]
    assert found(inspector, since=hours(2.5), until=hours(1.5)) == [ended[1]]
    assert found(inspector, status=JobStatus.WAITING, until=hours(1.5)) == [old]


@pytest.mark.parametrize("wanted", [{}, {"organization": "org-1"}, {"name": "email:send"}], ids=str)
def test_a_span_of_time_begins_with_its_first_moment_and_ends_before_its_last(
    desk: Desk, connection: Connection, inspector: BlockingInspector, wanted: dict[str, str]
) -> None:
    connection.execute(ENDED, ["20 minutes", 16])
    connection.execute(TALLIED)
    fold(connection)
    runs = desk.rows("SELECT job_id, finished_at FROM advisorjobs_runs WHERE organization_id = 'org-1' ORDER BY 2 DESC")
    newest, *_, oldest = runs

    within = found(inspector, since=oldest["finished_at"], until=newest["finished_at"], **wanted)
    assert newest["job_id"] not in within
    assert oldest["job_id"] in within
    span = JobFilter(since=oldest["finished_at"], until=newest["finished_at"], **wanted)  # type: ignore[arg-type]
    assert walked(inspector, span, limit=2) == within


SEARCHES: tuple[dict[str, str], ...] = (
    {},
    {"status": "completed"},
    {"status": "completed", "name": "email:send"},
    {"organization": "org-2"},
    {"name": "email:send"},
    {"status": "failed"},
    {"queue": "critical"},
)


@pytest.mark.parametrize("every", ["0 seconds", "1 second", "14 hours"])
def test_pages_follow_each_other_both_ways_without_a_gap(
    connection: Connection,
    inspector: BlockingInspector,
    monkeypatch: pytest.MonkeyPatch,
    every: str,
) -> None:
    Backlog().add(connection, 20)
    connection.execute(ENDED, [every, 50])
    connection.execute(TALLIED)
    fold(connection)
    Backlog(queue="emails").add(connection, 20)
    connection.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id % 7 = 0")
    connection.execute(
        "UPDATE procrastinate_jobs SET organization_id = 'org-2', task_name = 'email:send' WHERE id % 3 = 0"
    )
    monkeypatch.setattr(job_search, "LOOK", 16)
    monkeypatch.setattr(job_search, "PATIENCE_MS", 0)
    for wanted in SEARCHES:
        expected = [row[0] for row in connection.execute(listing(wanted))]
        assert expected
        assert walked(inspector, JobFilter.of(wanted), limit=17) == expected, wanted


def listing(wanted: dict[str, str]) -> bytes:
    """What is to be found, in its order, by reading everything."""
    columns = {"name": "name", "organization": "organization_id", "status": "status", "queue": "queue"}
    where = [f"{columns[name]} = '{value}'" for name, value in wanted.items()]
    living = "status IN ('waiting', 'delayed', 'active')"
    order = "id DESC"
    if {"name", "organization"} & wanted.keys():
        where.append(f"({living} OR finished_at IS NOT NULL)")
        order = f"({living}) DESC, finished_at DESC NULLS LAST, id DESC"
    return f"SELECT id FROM advisorjobs_jobs WHERE {' AND '.join(where) or 'true'} ORDER BY {order}".encode()


def test_a_search_that_finds_little_ends_and_says_where_to_go_on(
    connection: Connection, inspector: BlockingInspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    Backlog().add(connection, 100)
    connection.execute("UPDATE procrastinate_jobs SET tags = '{rare}' WHERE id = 5")
    monkeypatch.setattr(job_search, "LOOK", 30)
    monkeypatch.setattr(job_search, "PATIENCE_MS", 0)
    page = inspector.search_jobs(JobFilter(tag="rare"), limit=5)

    assert (page.jobs, page.finished, page.looked, page.older, page.newer) == ((), False, 30, "71", None)
    assert page.back_to is not None
    for _ in range(3):
        page = inspector.search_jobs(JobFilter(tag="rare"), before=page.older, limit=5)
    assert [job.id for job in page.jobs] == [5]
    assert page.finished


def test_a_search_that_stops_among_the_living_leads_to_the_ended(
    connection: Connection, inspector: BlockingInspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    Backlog().add(connection, 100)
    connection.execute(ENDED, ["1 hour", 10])
    connection.execute(TALLIED)
    monkeypatch.setattr(job_search, "LOOK", 30)
    monkeypatch.setattr(job_search, "PATIENCE_MS", 0)
    page = inspector.search_jobs(JobFilter(organization="org-2"))
    assert (page.jobs, page.finished) == ((), False)
    monkeypatch.setattr(job_search, "PATIENCE_MS", 1_000)
    ended = inspector.search_jobs(JobFilter(organization="org-2"), before=page.ended)

    assert [job.status for job in ended.jobs] == [JobStatus.COMPLETED] * 2
    assert ended.ended is None
    assert ended.newer is not None


@pytest.mark.parametrize("statistics", ["SELECT 1", "ANALYZE"])
def test_a_page_reads_as_much_of_many_jobs_as_of_few(connection: Connection, statistics: str) -> None:
    connection.execute(statistics.encode())
    for queue in ("critical", "emails"):
        Backlog(queue=queue).add(connection, 5_000)
    connection.execute(ENDED, ["1 second", 10_000])
    connection.execute(TALLIED)
    fold(connection)
    connection.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id % 2 = 0")
    common = {"up": False, "look": 100, "patience": 0, "most": 20, "id": job_search.NEWEST, "at": job_search.FUTURE}
    searches: tuple[tuple[str, dict[str, str]], ...] = (
        ("number", {}),
        ("number", {"status": "failed"}),
        ("number", {"status": "failed", "queue": "emails"}),
        ("number", {"status": "completed", "tag": "none"}),
        ("number", {"status": "active"}),
        ("number", {"status": "waiting", "name": "none"}),
        ("failure", {"organization": "org-00007"}),
        ("failure", {"error_code": "network"}),
        ("end", {"organization": "org-2"}),
    )
    for way, wanted in searches:
        asked = {**common, "wanted": JobFilter.of(wanted).wanted(), "living": False}
        connection.execute(statement(f"find_jobs_by_{way}"), asked)
        cost = cost_of(connection, statement(f"find_jobs_by_{way}"), asked)
        most = 2_000 if way == "end" else 500  # whose index counts pages, ten times each
        read = {index: count for index, count in cost.entries.items() if index != "advisorjobs_ended_writer_idx"}
        assert max(read.values(), default=0) <= most, (way, wanted, cost)  # that one's were folded just before


def test_hours_without_a_run_of_the_organization_are_jumped_over(
    desk: Desk, connection: Connection, inspector: BlockingInspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    (early,) = desk.enqueue(organization_id="org-7")
    desk.complete(*desk.claim())
    for table, column in (("runs", "finished_at"), ("ended", "finished_at")):
        connection.execute(f"UPDATE advisorjobs_{table} SET {column} = {column} - interval '60 days'".encode())
    desk.enqueue(300, organization_id="org-8")
    for _ in range(30):
        desk.complete(*desk.claim())
    connection.execute("UPDATE advisorjobs_tally_state SET rolled_until = rolled_until - interval '61 days'")
    while desk.one("SELECT rolled_until < advisorjobs_grain_of(6, now()) FROM advisorjobs_tally_state"):
        desk.one("SELECT advisorjobs_fold_tallies(0)")
    fold(connection)
    monkeypatch.setattr(job_search, "PATIENCE_MS", 2_000)
    page = inspector.search_jobs(JobFilter(organization="org-7", status=JobStatus.COMPLETED))

    assert [job.id for job in page.jobs] == [early]
    assert page.finished
    assert page.looked < 300
    assert found(inspector, organization="org-9") == []


def test_a_job_that_was_retried_is_found_once_and_one_that_was_cleaned_not(
    desk: Desk, inspector: BlockingInspector
) -> None:
    (job, cleaned) = desk.enqueue(2)
    desk.settle(*desk.claim(), status="failed", final=True, error_code="network")
    desk.one("SELECT retry_job(%s)", job)
    assert found(inspector) == [cleaned, job]
    desk.one("SELECT clean_queue('critical', 0, 'failed')")

    assert found(inspector) == [job]
    assert found(inspector, error_code="network") == [job]
    assert found(inspector, name="test:work") == [job]


def test_a_filter_is_the_same_after_it_was_an_address() -> None:
    wanted = JobFilter.of(
        {
            "id": " 17 ",
            "status": "failed",
            "tag": "a&b=c",
            "payload": "document_id = doc-17",
            "since": "2026-12-01T08:00",
            "queue": "",
            "unknown": "x",
        }
    )
    again = JobFilter.of(dict(parse_qsl(wanted.query())))

    assert again == wanted
    assert wanted.payload_condition == ("document_id", "doc-17")
    assert wanted.since is not None
    assert wanted.since.utcoffset() == timedelta(0)
    assert "tag" not in wanted.query(tag=None)
    assert not JobFilter.of({"queue": " "}).narrowed


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"id": "x"}, "id='x' can't be used: must be a job's number"),
        ({"id": "9" * 40}, "must be a job's number"),
        ({"status": "waitin"}, "did you mean waiting"),
        ({"error_code": "netwrk"}, "did you mean network"),
        ({"since": "yesterday"}, "must be a date and time"),
        ({"payload": "document_id"}, "must be a field and what it says"),
        ({"payload": "=x"}, "must be a field and what it says"),
        ({"tag": "x" * 501}, "up to 500 characters"),
        ({"tag": "a\0b"}, "must be text"),
    ],
)
def test_conditions_that_cant_be_used_are_refused(given: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        JobFilter.of(given)


@pytest.mark.parametrize("place", ["", "x", "1@", "1@x", "9" * 30, "1;--", f"1@{'9' * 30}"])
def test_places_that_nobody_wrote_are_refused(place: str) -> None:
    with pytest.raises(SettingsError, match="no place in a list"):
        JobCursor.parse(place)
