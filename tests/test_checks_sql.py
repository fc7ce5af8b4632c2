"""What enqueue_job and enqueue_jobs refuse, by the name of the field: tried with what nobody should send."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from advisorjobs.manager import QueueManager

Connection = psycopg.Connection[Any]
OCR = {"name": "document:ocr", "payload": {"documentId": "d"}, "organizationId": "o"}
TIME = "schedule_at: must be a date and time with its offset from UTC"
SPAN = "schedule_in: must be 0 seconds or more and at most 100 years"
KEPT = "unique_for: must be more than 0 seconds and at most 100 years"


@pytest.fixture
def client(app: App, connection: Connection) -> Connection:
    """A client's connection to a database that has been told of the job types, a plain task's among them."""
    connection.execute("INSERT INTO job_types (name, queue, fields) VALUES ('plain', 'emails', '{\"*\": {}}')")
    return connection


def refusal(client: Connection, call: str, *values: Any) -> str:
    with pytest.raises(psycopg.errors.InvalidParameterValue) as caught:
        client.execute(f"SELECT {call}".encode(), values or None)
    assert client.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)
    return str(caught.value.diag.message_primary)


def refusal_of_many(client: Connection, jobs: Any) -> str:
    return refusal(client, "enqueue_jobs(%s)", json.dumps(jobs))


WRONG_ARGUMENTS = [
    ("NULL, '{}'", "name: must be a job's name"),
    ("'', '{}', allow_unknown => true", "name: must be a job's name"),
    ("repeat('n', 129), '{}', allow_unknown => true", "name: must be a job's name with at most 128 characters"),
    ("'document:ocr', NULL", "document:ocr: payload: must be a JSON object"),
    ("'document:ocr', 'null'", "document:ocr: payload: must be a JSON object"),
    (
        "'document:ocr', '{\"document_id\": null}', 'o'",
        "document:ocr: document_id: must be string (JSON), got null",
    ),
    (
        "'document:ocr', '{\"document_id\": \"d\"}', ''",
        "document:ocr: organization_id: must be a text with 1 to 200",
    ),
    ("'plain', '{\"organizationId\": [1]}'", "plain: organization_id: must be a text with 1 to 200 characters"),
    ("'plain', '{}', repeat('o', 201)", "plain: organization_id: must be a text with 1 to 200 characters"),
    ("'plain', '{}', 'o', schedule_at => 'infinity'", f"plain: {TIME}"),
    ("'plain', '{}', 'o', schedule_at => '-infinity'", f"plain: {TIME}"),
    ("'plain', '{}', 'o', schedule_at => '20000-01-01'", f"plain: {TIME}"),
    ("'plain', '{}', 'o', schedule_at => '2000-01-01 BC'", f"plain: {TIME}"),
    ("'plain', '{}', 'o', schedule_at => '1850-01-01'", f"plain: {TIME}"),
    ("'plain', '{}', 'o', schedule_in => '101 years'", f"plain: {SPAN}"),
    ("'plain', '{}', 'o', unique_key => 'k', unique_for => '1000000 years'", f"plain: {KEPT}"),
    ("'plain', '{}', 'o', unique_key => E'a\\nb'", "plain: unique_key: must have 1 to 500 characters, all of them"),
    (
        "'plain', '{}', repeat('\N{GRINNING FACE}', 200), unique_key => repeat('\N{GRINNING FACE}', 500)",
        "plain: unique_key: is too long: organization, name and key may have 2600 bytes together",
    ),
    ("'plain', '{}', 'o', traceparent => '00-1-1-01'", "plain: traceparent: must be of the form 00-<32 hexadecimal"),
    (
        "'plain', '{}', 'o', traceparent => repeat('0', 55)",
        "plain: traceparent: must be of the form 00-<32 hexadecimal",
    ),
    ("'plain', '{}', 'o', tags => '{a,NULL}'", "plain: tags: must be an array of texts"),
    ("'plain', '{}', 'o', tags => '{{a,b},{c,d}}'", "plain: tags: must be an array of texts"),
    (
        "'plain', '{}', 'o', tags => ARRAY[E'a\\tb']",
        "plain: tags: must be an array of texts, all of them printable",
    ),
]


def test_a_wrong_argument_is_refused_by_its_name(client: Connection) -> None:
    said = [(refusal(client, f"enqueue_job({given})"), text) for given, text in WRONG_ARGUMENTS]

    assert [(was, text) for was, text in said if not was.startswith(text)] == []


WRONG_VALUES: list[tuple[dict[str, Any], str]] = [
    ({"name": 7}, "name: must be a job's name"),
    ({"name": None}, "name: must be a job's name"),
    ({"payload": "{}"}, "document:ocr: payload: must be a JSON object"),
    ({"organizationId": 5}, "document:ocr: organization_id: must be text"),
    ({"organizationId": "p" * 201}, "document:ocr: organization_id: must be a text with 1 to 200 characters"),
    ({"priority": 2.5}, "document:ocr: priority: must be 1 (first) to 9, got 2.5"),
    ({"priority": True}, "document:ocr: priority: must be 1 (first) to 9, got true"),
    ({"priority": "5"}, 'document:ocr: priority: must be 1 (first) to 9, got "5"'),
    ({"scheduleIn": "soon"}, f"document:ocr: {SPAN}"),
    ({"scheduleIn": ""}, f"document:ocr: {SPAN}"),
    ({"scheduleIn": True}, f"document:ocr: {SPAN}"),
    ({"scheduleIn": {}}, f"document:ocr: {SPAN}"),
    ({"scheduleIn": -1}, f"document:ocr: {SPAN}"),
    ({"scheduleIn": 10**400}, f"document:ocr: {SPAN}"),
    ({"scheduleIn": "1000000000 years"}, f"document:ocr: {SPAN}"),
    ({"scheduleAt": 5}, f"document:ocr: {TIME}"),
    ({"scheduleAt": "2030-02-30T00:00:00Z"}, f"document:ocr: {TIME}"),
    ({"scheduleAt": "2030-01-31T09:00:00+99:00"}, f"document:ocr: {TIME}"),
    ({"scheduleAt": "0001-01-01T00:00:00+14:00"}, f"document:ocr: {TIME}"),
    ({"scheduleAt": "tomorrow"}, f"document:ocr: {TIME}"),
    ({"uniqueKey": 5}, "document:ocr: unique_key: must be text"),
    ({"uniqueKey": "k", "uniqueFor": "x"}, f"document:ocr: {KEPT}"),
    ({"uniqueKey": "k", "uniqueFor": 0}, f"document:ocr: {KEPT}"),
    ({"tags": [["a"]]}, "document:ocr: tags: must be an array of texts"),
    ({"tags": {}}, "document:ocr: tags: must be an array of texts"),
    ({"allowUnknown": "perhaps"}, "document:ocr: allow_unknown: must be true or false"),
    ({"NAME": "document:ocr"}, "document:ocr: name: given twice"),
]


def test_a_wrong_value_among_many_is_refused_by_place_and_name(client: Connection) -> None:
    said = [(refusal_of_many(client, [OCR, {**OCR, **given}]), text) for given, text in WRONG_VALUES]

    assert [(was, text) for was, text in said if not was.startswith(f"jobs[1]: {text}")] == []


NO_JOBS: list[tuple[Any, str]] = [
    (None, "jobs: must be a JSON array of objects"),
    ({}, "jobs: must be a JSON array of objects"),
    ([OCR, None], "jobs[1]: must be an object, got null"),
    ([[OCR]], "jobs[0]: must be an object, got array"),
    ([{}], "jobs[0]: name: must be a job's name"),
    ([{"payload": {}, "x": 1}], "jobs[0]: x: there is no such option"),
]


def test_what_is_no_array_of_jobs_is_refused(client: Connection) -> None:
    said = [(refusal_of_many(client, given), text) for given, text in NO_JOBS]

    assert [(was, text) for was, text in said if not was.startswith(text)] == []


def test_no_array_at_all_is_refused_and_an_empty_one_creates_nothing(client: Connection) -> None:
    assert refusal(client, "enqueue_jobs(NULL)") == "jobs: must be a JSON array of objects"
    assert client.execute("SELECT * FROM enqueue_jobs('[]')").fetchall() == []


def test_what_is_written_with_other_capitals_is_recognized(client: Connection) -> None:
    assert refusal(client, "enqueue_job('Document:OCR', '{}', 'o')").endswith("did you mean 'document:ocr'?")
    text = refusal(client, "enqueue_job('document:ocr', '{\"Document_Id\": \"d\"}', 'o')")
    assert text == "document:ocr: Document_Id: there is no such field: did you mean document_id?"


def test_null_means_left_out(client: Connection) -> None:
    nothing = dict.fromkeys(("scheduleAt", "scheduleIn", "priority", "uniqueKey", "uniqueFor", "tags", "allowUnknown"))
    client.execute("SELECT enqueue_jobs(%s)", [json.dumps([{**OCR, **nothing}, OCR])])
    rows = client.execute("SELECT DISTINCT priority, scheduled_at, unique_key, tags FROM procrastinate_jobs").fetchall()

    assert rows == [(-2, None, None, None)]


def test_one_key_in_one_call_makes_one_job(client: Connection) -> None:
    call = json.dumps([{**OCR, "uniqueKey": "k", "payload": {"documentId": str(n)}} for n in range(3)])
    rows = client.execute("SELECT id, created FROM enqueue_jobs(%s)", [call]).fetchall()

    assert len({number for number, _ in rows}) == 1
    assert [created for _, created in rows] == [True, False, False]
    assert client.execute("SELECT args ->> 'document_id' FROM procrastinate_jobs").fetchall() == [("0",)]


def test_times_of_any_offset_and_whole_numbers_are_taken(client: Connection) -> None:
    options = {"scheduleAt": "2099-01-31 09:00:00.5+05:30", "priority": 1.0, "tags": []}
    client.execute("SELECT enqueue_jobs(%s)", [json.dumps([{**OCR, **options}])])
    row = client.execute("SELECT scheduled_at = '2099-01-31T03:30:00.5Z', priority FROM procrastinate_jobs").fetchone()

    assert row == (True, -1)


def test_texts_in_any_script_arrive_as_they_are(client: Connection, manager: QueueManager) -> None:
    payload = '{"documentId": "\\u00e9\\ud83d\\ude00 \\"quoted\\" \\\\ \'q\'"}'
    row = client.execute("SELECT enqueue_job('document:ocr', %s, 'o', tags => ARRAY['Ä, {b}'])", [payload]).fetchone()
    assert row is not None
    job = manager.sync.get_job(row[0])

    assert job is not None
    assert job.payload["document_id"] == "é\N{GRINNING FACE} \"quoted\" \\ 'q'"
    assert job.tags == ("Ä, {b}",)


@pytest.mark.parametrize("text", ["\\u0000", "\\ud83d"])
def test_what_no_json_column_can_hold_is_refused_by_postgresql_itself(client: Connection, text: str) -> None:
    with pytest.raises(psycopg.DataError) as caught:
        client.execute("SELECT enqueue_job('plain', %s)", [f'{{"a": "{text}"}}'])
    assert caught.value.sqlstate in {"22P05", "22P02"}


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


UNREADABLE = [
    (nested(65), "is nested deeper than 64 levels"),
    ('{"a":' + "[" * 64 + "]" * 64 + "}", "is nested deeper than 64 levels"),
    (nested(5000), "is nested deeper than 64 levels"),
    ('{"a": [{"b": 1e5000}]}', "holds a number beyond 1e308"),
    ('{"a": -1e309}', "holds a number beyond 1e308"),
]


def test_what_python_could_not_read_is_refused(client: Connection) -> None:
    said = [(refusal(client, "enqueue_job('plain', %s)", given), text) for given, text in UNREADABLE]

    assert [(was, text) for was, text in said if not was.startswith(f"plain: payload: {text}")] == []


def test_what_python_can_just_read_is_taken(client: Connection, manager: QueueManager) -> None:
    for payload in (nested(64), '{"a": 1e308, "b": -0.5, "c": 1e-400}'):
        row = client.execute("SELECT enqueue_job('plain', %s)", [payload]).fetchone()
        assert row is not None
        assert manager.sync.get_job(row[0]) is not None


def test_a_refusal_leaves_what_a_savepoint_kept(client: Connection) -> None:
    with client.transaction():
        client.execute("SELECT enqueue_job('plain', '{}', 'o')")
        with pytest.raises(psycopg.errors.InvalidParameterValue), client.transaction():
            client.execute("SELECT enqueue_jobs(%s)", [json.dumps([OCR, {**OCR, "priority": 0}])])
        client.execute("SELECT enqueue_job('plain', '{}', 'o')")

    assert client.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (2,)


def test_many_jobs_of_a_queue_that_is_not_there_are_refused(client: Connection) -> None:
    for call in ("retry_failed_jobs({})", "clean_queue({}, 0)", "cancel_jobs(queue => {})"):
        text = refusal(client, call.format("'emials'"))
        assert text == "queue: there is no queue 'emials': did you mean 'emails'?"
    for call in ("retry_failed_jobs(NULL)", "clean_queue(NULL, 0)"):
        assert refusal(client, call).startswith("queue: there is no queue without a name")
    assert refusal(client, "cancel_jobs()").startswith("queue: name a queue")


def test_a_queue_outside_the_table_is_known_by_its_jobs(client: Connection) -> None:
    client.execute("INSERT INTO job_types (name, queue, fields) VALUES ('stray', 'letters', '{}')")
    client.execute("SELECT enqueue_job('stray', '{}', schedule_in => '1 hour')")
    client.execute("DELETE FROM job_types WHERE name = 'stray'")

    assert client.execute("SELECT cancel_jobs(queue => 'letters')").fetchone() == (1,)
    assert client.execute("SELECT clean_queue('letters', 0, 'cancelled')").fetchone() == (1,)
