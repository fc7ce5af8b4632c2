"""enqueue_job and its sisters, as any client of the database calls them."""

import json
from typing import Any

import psycopg
import pytest

from advisorjobs.application import App

Connection = psycopg.Connection[Any]


@pytest.fixture
def client(app: App, connection: Connection) -> Connection:
    """A client's connection to a database that has been told of the job types."""
    assert app.dsn
    return connection


def enqueue(client: Connection, *positional: Any, **named: Any) -> int:
    marks = ["%s"] * len(positional) + [f"{key} => %s" for key in named]
    row = client.execute(f"SELECT enqueue_job({', '.join(marks)})", [*positional, *named.values()]).fetchone()
    assert row is not None
    return int(row[0])


def enqueue_many(client: Connection, jobs: Any) -> list[tuple[int, bool]]:
    return client.execute("SELECT id, created FROM enqueue_jobs(%s)", [json.dumps(jobs)]).fetchall()


def refusal(client: Connection, *positional: Any, **named: Any) -> str:
    with pytest.raises(psycopg.errors.InvalidParameterValue) as caught:
        enqueue(client, *positional, **named)
    assert caught.value.sqlstate == "22023"
    return caught.value.diag.message_primary or ""


@pytest.mark.postgres
def test_a_job_in_camel_case_is_the_same_as_in_snake_case(client: Connection) -> None:
    enqueue(client, "document:ocr", '{"documentId": "d", "organizationId": "o", "extractTables": true}')
    enqueue(client, "document:ocr", '{"document_id": "d", "extract_tables": true}', "o")
    rows = client.execute("SELECT queue_name, priority, organization_id, args FROM procrastinate_jobs").fetchall()
    args = {"document_id": "d", "organization_id": "o", "extract_tables": True}
    assert rows == [("document-processing", -2, "o", args)] * 2


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ('{"documentId": "d", "langauge": "en"}', "langauge: there is no such field: did you mean language?"),
        ('{"language": "en"}', "document_id: is missing"),
        ('{"document_id": 7}', "document_id: must be string (JSON), got number"),
        ('{"document_id": "d", "extract_tables": "yes"}', "extract_tables: must be boolean (JSON), got string"),
        ('{"document_id": "d", "documentId": "e"}', "document_id: given twice"),
        ('{"document_id": "d", "organization_id": "p"}', "organization_id: the payload names another organization"),
        ("[]", "payload: must be a JSON object"),
        (json.dumps({"document_id": "x" * 262144}), "payload: must be smaller than 256 kB"),
    ],
)
def test_a_wrong_payload_is_refused_with_the_fields_name(client: Connection, payload: str, text: str) -> None:
    assert refusal(client, "document:ocr", payload, "o").startswith(f"document:ocr: {text}")


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ({"priority": 0}, "priority: must be 1 (first) to 9, got 0"),
        ({"priority": 10}, "priority: must be 1 (first) to 9, got 10"),
        ({"schedule_in": "-1 hour"}, "schedule_in: must be 0 seconds or more"),
        ({"schedule_in": "1 hour", "schedule_at": "2030-01-01T00:00Z"}, "schedule_at and schedule_in exclude"),
        ({"unique_for": "1 hour"}, "unique_for: needs a unique_key"),
        ({"unique_for": "0 s", "unique_key": "k"}, "unique_for: must be more than 0 seconds"),
        ({"unique_key": ""}, "unique_key: must have 1 to 500 characters"),
    ],
)
def test_a_wrong_option_is_refused_with_its_name(client: Connection, named: dict[str, Any], text: str) -> None:
    assert refusal(client, "document:ocr", '{"document_id": "d"}', "o", **named).startswith(f"document:ocr: {text}")


def test_an_unknown_name_is_refused_with_the_nearest_unless_unknown_ones_are_allowed(client: Connection) -> None:
    assert refusal(client, "document:orc", "{}", "o") == "there is no job 'document:orc': did you mean 'document:ocr'?"
    assert enqueue(client, "document:soon", '{"any": 1}', "o", allow_unknown=True)


def test_a_key_that_is_taken_gives_the_first_jobs_id_and_leaves_the_transaction_usable(client: Connection) -> None:
    with client.transaction():
        first = enqueue(client, "document:ocr", '{"document_id": "d"}', "o", unique_key="k", unique_for="1 hour")
        assert enqueue(client, "document:ocr", '{"document_id": "e"}', "o", unique_key="k") == first
    assert client.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (1,)


def test_many_jobs_come_back_in_order_with_what_was_created(client: Connection) -> None:
    one = {"name": "document:ocr", "payload": {"documentId": "d"}, "organizationId": "o"}
    added = enqueue_many(client, [{**one, "uniqueKey": "a"}, one, {**one, "unique_key": "a"}, {**one, "priority": 1}])
    assert [created for _, created in added] == [True, True, False, True]
    assert added[2][0] == added[0][0]
    assert added[0][0] < added[1][0] < added[3][0]


def test_times_and_spans_may_be_texts(client: Connection) -> None:
    one = {"name": "document:ocr", "payload": {"documentId": "d"}, "organizationId": "o"}
    enqueue_many(client, [{**one, "scheduleIn": 60}, {**one, "scheduleIn": "PT2H"}])
    enqueue_many(client, [{**one, "scheduleAt": "2099-01-31T09:00:00+01:00"}])
    rows = client.execute(
        "SELECT round(extract(epoch FROM scheduled_at - now()) / 60)::integer FROM procrastinate_jobs ORDER BY id LIMIT 2"
    ).fetchall()
    assert rows == [(1,), (120,)]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"scheduleAt": "2030-01-31T09:00:00"}, "schedule_at: must be a date and time with its offset from UTC"),
        ({"uniqueKy": "k"}, "uniqueKy: there is no such option: did you mean unique_key?"),
        ({"tags": "urgent"}, "tags: must be an array of texts"),
        ({"tags": [1]}, "tags: must be an array of texts"),
        ({"priority": "high"}, "priority: must be 1 (first) to 9"),
        ({"organization_id": "p"}, "organization_id: given twice"),
    ],
)
def test_one_wrong_job_refuses_them_all(client: Connection, options: dict[str, Any], text: str) -> None:
    one = {"name": "document:ocr", "payload": {"documentId": "d"}, "organizationId": "o"}
    with pytest.raises(psycopg.errors.InvalidParameterValue) as caught:
        enqueue_many(client, [one, {**one, **options}])
    assert (caught.value.diag.message_primary or "").startswith(f"jobs[1]: document:ocr: {text}")
    assert client.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)


def test_jobs_can_be_looked_at_cancelled_and_run_again(client: Connection) -> None:
    job = enqueue(client, "document:ocr", '{"document_id": "d"}', "o", priority=3, tags=["a"])
    row = client.execute("SELECT status, priority, name, tags FROM get_job(%s)", [job]).fetchone()
    assert row == ("waiting", 3, "document:ocr", ["a"])
    assert client.execute("SELECT cancel_job(%s), cancel_job(%s)", [job, job]).fetchone() == (True, False)
    assert client.execute("SELECT status FROM get_job(%s)", [job]).fetchone() == ("cancelled",)
    assert client.execute("SELECT retry_job(%s)", [job]).fetchone() == (False,)


def test_a_plain_task_takes_any_argument(app: App, client: Connection) -> None:
    @app.task(name="plain", queue="emails")
    def plain(**_: Any) -> None:
        """Does nothing."""

    app.publish()
    job = enqueue(client, "plain", '{"anything": [1], "organizationId": "o"}')
    row = client.execute("SELECT queue, organization_id FROM get_job(%s)", [job]).fetchone()
    assert row == ("emails", "o")


@pytest.mark.postgres
def test_a_client_s_span_is_kept_with_the_job(client: Connection) -> None:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    job = enqueue(client, "document:ocr", '{"documentId": "d"}', "o", traceparent=traceparent)
    many = enqueue_many(
        client,
        [{"name": "document:ocr", "payload": {"documentId": "d", "organizationId": "o"}, "traceparent": traceparent}],
    )

    kept = client.execute("SELECT id, traceparent FROM procrastinate_jobs ORDER BY id").fetchall()
    assert kept == [(job, traceparent), (many[0][0], traceparent)]
