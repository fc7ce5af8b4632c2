"""A bank statement's lines become transactions of its client, each once, in the transaction that extracts it."""

from __future__ import annotations

from typing import Any

from tests.fixtures.pipeline import Pipeline

BOOKED = "SELECT * FROM transactions ORDER BY booked_on, external_id"


def transactions(pipeline: Pipeline) -> list[dict[str, Any]]:
    return pipeline.rows(BOOKED)


def test_the_lines_of_a_statement_are_booked(pipeline: Pipeline) -> None:
    document = pipeline.add("bank-statement.pdf", client="c-1")
    row = pipeline.finish(document)
    booked = transactions(pipeline)

    for each in row["lines"]:
        print(each)
    for each in booked:
        print(each["booked_on"], each["amount"], each["description"], each["external_id"])
    print(pipeline.feed(), pipeline.rows("SELECT * FROM accounts"), pipeline.waiting())
    print(pipeline.rows("SELECT task_name, scheduled_at, args FROM procrastinate_jobs"))
    assert 0
