import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from advisorjobs.enqueue import CommonOptions, JobOptions, NewJob
from advisorjobs.errors import DatabaseUnavailable, NotMigrated, PayloadError, UnknownJob
from advisorjobs.manager import QueueManager
from advisorjobs.settings import Settings

OCR = {"document_id": "d1", "organization_id": "o1"}
QUEUE = "document-processing"


def jobs(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return connection.execute("SELECT id, task_name, args FROM procrastinate_jobs ORDER BY id").fetchall()


def test_a_job_is_a_row_with_the_queues_priority_and_the_organization(
    manager: QueueManager, connection: psycopg.Connection[Any]
) -> None:
    job_id = manager.sync.add_job(QUEUE, "document:ocr", {"documentId": "d1", "organizationId": "o1"}, tags=["a"])
    row = connection.execute(
        "SELECT id, queue_name, task_name, priority, organization_id, args, tags, status FROM procrastinate_jobs"
    ).fetchone()
    assert row == (job_id, QUEUE, "document:ocr", -2, "o1", OCR, ["a"], "todo")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"priority": 0}, "priority"),
        ({"priority": 10}, "priority"),
        ({"priority": True}, "priority"),
        ({"schedule_at": datetime(2030, 1, 1)}, "schedule_at"),  # noqa: DTZ001
        ({"schedule_at": datetime(2030, 1, 1, tzinfo=UTC), "schedule_in": 5}, "schedule_in"),
        ({"schedule_in": -1}, "schedule_in"),
        ({"schedule_in": float("nan")}, "schedule_in"),
        ({"unique_for": 10}, "unique_for"),
        ({"unique_key": ""}, "unique_key"),
        ({"unique_key": "a\0"}, "unique_key"),
        ({"unique_key": "a", "unique_for": 0}, "unique_for"),
        ({"tags": "urgent"}, "tags"),
        ({"tags": ["\ud800"]}, "tags"),
        ({"tags": (tag for tag in "ab")}, "tags"),
        ({"tags": [""]}, "tags"),
        ({"tags": ["a" * 101]}, "tags"),
        ({"tags": ["a"] * 51}, "tags"),
        ({"tags": [1]}, "tags"),
        ({"schedule_at": "2030-01-01T00:00Z"}, "schedule_at"),
        ({"schedule_in": True}, "schedule_in"),
        ({"schedule_in": timedelta(days=40_000)}, "schedule_in"),
        ({"priority": 2.0}, "priority"),
        ({"unique_key": 7}, "unique_key"),
        ({"unique_key": "a" * 501}, "unique_key"),
        ({"unique_key": "a", "unique_for": "1 day"}, "unique_for"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_by_its_name(options: dict[str, Any], field: str) -> None:
    with pytest.raises(PayloadError) as caught:
        NewJob(name="document:ocr", payload=OCR, **options)
    assert field in caught.value.fields


def test_an_unknown_option_is_refused_with_the_nearest(manager: QueueManager) -> None:
    with pytest.raises(TypeError, match="did you mean 'priority'"):
        manager.sync.add_job(QUEUE, "document:ocr", OCR, prioritty=1)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"organization_id": "o"}, "document_id"),
        ({**OCR, "documentid": "x"}, "documentid"),
        ({**OCR, "language": 5}, "language"),
        ({"document_id": "d"}, "organization_id"),
        ({**OCR, "document_id": "a\0"}, "document_id"),
    ],
)
def test_a_wrong_payload_is_refused_with_the_fields_name(
    manager: QueueManager, payload: dict[str, Any], field: str
) -> None:
    with pytest.raises(PayloadError) as caught:
        manager.sync.add_job(QUEUE, "document:ocr", payload)
    assert field in caught.value.fields


def test_unknown_jobs_and_queues_are_refused_with_the_nearest(manager: QueueManager) -> None:
    with pytest.raises(UnknownJob, match="did you mean 'document:ocr'"):
        manager.sync.add_job(QUEUE, "document:orc", OCR)
    with pytest.raises(UnknownJob, match="did you mean 'emails'"):
        manager.sync.add_job("emailz", "document:ocr", OCR)


def test_a_refused_payload_leaves_the_callers_transaction_usable(
    manager: QueueManager, connection: psycopg.Connection[Any]
) -> None:
    with connection.transaction():
        with pytest.raises(PayloadError):
            manager.sync.add_job(QUEUE, "document:ocr", {**OCR, "x": 1}, connection=connection)
        manager.sync.add_job(QUEUE, "document:ocr", OCR, connection=connection)
    assert len(jobs(connection)) == 1


def test_a_job_in_a_blocking_transaction_exists_if_and_only_if_it_commits(
    manager: QueueManager, database: str, connection: psycopg.Connection[Any]
) -> None:
    with psycopg.connect(database) as mine:
        manager.sync.add_job(QUEUE, "document:ocr", OCR, connection=mine)
        manager.sync.add_jobs([NewJob(name="document:ocr", payload=OCR)] * 5000, connection=mine)
        assert jobs(connection) == []
        mine.rollback()
        assert jobs(connection) == []
        kept = manager.sync.add_job(QUEUE, "document:ocr", OCR, connection=mine)
    assert [row[0] for row in jobs(connection)] == [kept]


async def test_a_job_in_an_async_transaction_exists_if_and_only_if_it_commits(
    manager: QueueManager, aconnection: psycopg.AsyncConnection[Any], connection: psycopg.Connection[Any]
) -> None:
    async with aconnection.transaction(force_rollback=True):
        await manager.add_job(QUEUE, "document:ocr", OCR, connection=aconnection)
    assert jobs(connection) == []
    async with aconnection.transaction():
        kept = await manager.add_job(QUEUE, "document:ocr", OCR, connection=aconnection)
        assert jobs(connection) == []
    assert [row[0] for row in jobs(connection)] == [kept]


async def test_the_wrong_kind_of_connection_is_refused_by_name(
    manager: QueueManager, connection: psycopg.Connection[Any], aconnection: psycopg.AsyncConnection[Any]
) -> None:
    with pytest.raises(TypeError, match=r"add_job was awaited with a blocking connection \(psycopg.Connection\)"):
        await manager.add_job(QUEUE, "document:ocr", OCR, connection=connection)
    with pytest.raises(TypeError, match=r"add_job was called in its blocking form with an async connection"):
        manager.sync.add_job(QUEUE, "document:ocr", OCR, connection=aconnection)
    with pytest.raises(TypeError, match=r"add_job can't use a builtins\.object"):
        manager.sync.add_job(QUEUE, "document:ocr", OCR, connection=object())


def test_fifty_thousand_jobs_get_ascending_ids_in_their_order(
    manager: QueueManager, connection: psycopg.Connection[Any]
) -> None:
    many = [NewJob(name="document:ocr", payload={**OCR, "document_id": f"d{n}"}) for n in range(50_000)]
    added = manager.sync.add_jobs(many)
    rows = jobs(connection)
    assert [each.id for each in added] == [row[0] for row in rows]
    assert [row[2]["document_id"] for row in rows] == [f"d{n}" for n in range(50_000)]
    assert all(each.created for each in added)


def test_one_bad_job_among_many_refuses_all_and_names_its_place(
    manager: QueueManager, connection: psycopg.Connection[Any]
) -> None:
    good = {"name": "document:ocr", "data": OCR}
    with pytest.raises(PayloadError, match=r"jobs\[1\]: document:ocr: document_id"):
        manager.sync.add_jobs([good, {"name": "document:ocr", "payload": {"organization_id": "o"}}])
    with pytest.raises(UnknownJob, match=r"jobs\[0\]"):
        manager.sync.add_jobs([{"name": "document:orc", "payload": OCR}, good])
    assert jobs(connection) == []


def test_a_bulk_that_fails_in_the_database_leaves_nothing_of_itself(
    manager: QueueManager, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("ALTER TABLE procrastinate_jobs ADD CHECK (args ->> 'document_id' <> 'last')")
    many = [NewJob(name="document:ocr", payload={**OCR, "document_id": f"d{n}"}) for n in range(5000)]
    with pytest.raises(psycopg.errors.CheckViolation):
        manager.sync.add_jobs([*many, NewJob(name="document:ocr", payload={**OCR, "document_id": "last"})])
    assert jobs(connection) == []


def test_no_jobs_are_no_statement(manager: QueueManager) -> None:
    assert manager.sync.add_jobs([]) == []


def test_a_job_for_later_is_delayed(manager: QueueManager) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    job = manager.sync.get_job(manager.sync.add_scheduled_job(QUEUE, "document:ocr", OCR, at))
    assert job is not None
    assert (job.status, job.scheduled_at) == ("delayed", at)
    soon = manager.sync.get_job(manager.sync.add_job(QUEUE, "document:ocr", OCR, schedule_in=timedelta(minutes=5)))
    assert soon is not None
    assert soon.status == "delayed"
    past = at - timedelta(days=1)
    late = manager.sync.get_job(manager.sync.add_scheduled_job(QUEUE, "document:ocr", OCR, past))
    assert late is not None
    assert late.status == "waiting"


async def test_a_second_job_with_the_same_key_is_the_first_one(
    manager: QueueManager, aconnection: psycopg.AsyncConnection[Any], connection: psycopg.Connection[Any]
) -> None:
    first = await manager.add_job(QUEUE, "document:ocr", OCR, unique_key="k")
    async with aconnection.transaction():
        again = await manager.add_job(QUEUE, "document:ocr", OCR, unique_key="k", connection=aconnection)
        other = await manager.add_job(
            QUEUE, "document:ocr", {**OCR, "organization_id": "o2"}, unique_key="k", connection=aconnection
        )
    assert again == first
    assert [row[0] for row in jobs(connection)] == [first, other]


def test_keys_within_one_call_hold_and_order_is_kept(manager: QueueManager) -> None:
    before = manager.sync.add_job(QUEUE, "document:ocr", OCR, unique_key="z")
    keys = ["b", None, "z", "a", "b", "a", None]
    added = manager.sync.add_jobs([NewJob(name="document:ocr", payload=OCR, unique_key=key) for key in keys])
    assert [each.created for each in added] == [True, True, False, True, False, False, True]
    assert added[2].id == before
    assert (added[4].id, added[5].id) == (added[0].id, added[3].id)
    created = [each.id for each in added if each.created]
    assert created == sorted(created)


async def test_many_at_once_with_the_same_keys_make_one_job_each_and_never_deadlock(
    manager: QueueManager, connection: psycopg.Connection[Any]
) -> None:
    keys = [f"k{n}" for n in range(40)]

    async def add(order: list[str]) -> set[int]:
        added = await manager.add_jobs([NewJob(name="document:ocr", payload=OCR, unique_key=key) for key in order])
        return {each.id for each in added}

    answers = await asyncio.gather(*(add(keys if n % 2 else keys[::-1]) for n in range(12)))
    assert len(jobs(connection)) == 40
    assert len({frozenset(answer) for answer in answers}) == 1


def test_a_key_whose_job_was_deleted_by_hand_is_free(
    manager: QueueManager, connection: psycopg.Connection[Any]
) -> None:
    first = manager.sync.add_job(QUEUE, "document:ocr", OCR, unique_key="k")
    connection.execute("DELETE FROM procrastinate_jobs")
    assert manager.sync.add_job(QUEUE, "document:ocr", OCR, unique_key="k") != first


def test_a_duplicate_in_an_open_transaction_does_not_hold_up_the_end_of_the_job(
    manager: QueueManager, database: str
) -> None:
    first = manager.sync.add_job(QUEUE, "document:ocr", OCR, unique_key="k")
    with psycopg.connect(database) as mine:
        assert manager.sync.add_job(QUEUE, "document:ocr", OCR, unique_key="k", connection=mine) == first
        with psycopg.connect(database, options="-c lock_timeout=2s") as other:
            assert manager.sync.cancel_job(first, connection=other)


def test_a_database_that_is_not_migrated_is_said_so_in_one_line(settings: Settings, empty_database: str) -> None:
    app = App(Settings(database_url=empty_database, data_dir=settings.data_dir))
    with pytest.raises(NotMigrated) as caught:
        QueueManager(app).sync.add_job(QUEUE, "document:ocr", OCR)
    assert "advisorjobs migrate" in str(caught.value)
    assert "\n" not in str(caught.value)
    app.close()


def test_no_database_is_said_so_without_the_password(settings: Settings) -> None:
    app = App(Settings(database_url="postgresql://u:secret@127.0.0.1:1/x", data_dir=settings.data_dir))
    with pytest.raises(DatabaseUnavailable) as caught:
        QueueManager(app).sync.add_job(QUEUE, "document:ocr", OCR)
    assert "secret" not in str(caught.value)


def test_a_plain_task_is_added_like_any_job_to_its_own_queue_or_another(app: App, manager: QueueManager) -> None:
    @app.task(name="plain", queue="own-queue")
    def plain(**_: Any) -> None:
        """Does nothing."""

    first = manager.sync.get_job(manager.sync.add_job("own-queue", "plain", {"organization_id": "o", "n": 1}))
    second = manager.sync.get_job(manager.sync.add_job("emails", "plain", {}))
    assert first is not None
    assert second is not None
    assert (first.queue, first.organization_id, first.payload["n"]) == ("own-queue", "o", 1)
    assert second.queue == "emails"
    assert manager.sync.get_failed_jobs("own-queue") == []


def test_every_option_may_be_none_or_as_it_is_by_default(
    manager: QueueManager, connection: psycopg.Connection[Any]
) -> None:
    nothing: dict[str, Any] = dict.fromkeys(JobOptions.__annotations__) | dict.fromkeys(CommonOptions.__annotations__)
    plain = manager.sync.add_job(QUEUE, "document:ocr", OCR)
    same = manager.sync.add_job(QUEUE, "document:ocr", OCR, **nothing)
    columns = "SELECT priority, scheduled_at, unique_key, tags, status FROM procrastinate_jobs WHERE id = ANY (%s)"
    first, second = connection.execute(columns.encode(), [[plain, same]]).fetchall()
    assert first == second
