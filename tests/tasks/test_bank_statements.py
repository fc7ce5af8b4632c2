"""A bank statement's lines become transactions of its client, each once, in the transaction that extracts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from advisorjobs.testing import CrashPoint
from tests.fixtures.pipeline import Pipeline
from tests.services.documents.bank_statement import (
    GERMAN_IBAN,
    MOVES,
    OPENING,
    Move,
    closing,
    letters_behind,
    minus_behind,
    paid_out_and_in,
)

COFFEES = MOVES[3:5]


def booked(pipeline: Pipeline) -> list[tuple[date, Decimal]]:
    rows = pipeline.rows("SELECT booked_on, amount FROM practice_transactions ORDER BY booked_on, amount DESC, id")
    return [(row["booked_on"], row["amount"]) for row in rows]


def as_booked(moves: Sequence[Move]) -> list[tuple[date, Decimal]]:
    return sorted(((move.day, move.amount) for move in moves), key=lambda move: (move[0], -move[1]))


def accounts(pipeline: Pipeline) -> list[dict[str, Any]]:
    return pipeline.rows("SELECT * FROM practice_accounts ORDER BY client_id, id")


def through(pipeline: Pipeline, pdf: bytes, client: str | None = "c-1", name: str = "statement.pdf") -> dict[str, Any]:
    """Adds a statement and runs all its jobs; what the extraction's result says of it."""
    document = pipeline.add(name, pdf, client)
    assert pipeline.finish(document)["status"] == "completed"
    (row,) = pipeline.rows(
        "SELECT result FROM job_executions WHERE job_name = 'document:extract' AND input ->> 'document_id' = %s",
        document,
    )
    said: dict[str, Any] = row["result"]["statement"]
    return said


def test_the_lines_of_a_statement_are_booked_on_an_account_of_their_own(pipeline: Pipeline) -> None:
    said = through(pipeline, paid_out_and_in())
    (account,) = accounts(pipeline)
    rows = pipeline.rows("SELECT * FROM practice_transactions ORDER BY external_id")
    (document,) = pipeline.rows("SELECT id FROM practice_documents")

    assert booked(pipeline) == as_booked(MOVES)
    assert [row["external_id"] for row in rows] == [f"{document['id']}:{line}" for line in range(1, len(MOVES) + 1)]
    assert {(row["client_id"], row["account_id"], row["source"], row["document_id"]) for row in rows} == {
        ("c-1", account["id"], "document", document["id"])
    }
    assert rows[0]["description"] == MOVES[0].text
    assert (account["name"], account["number"]) == ("Harbour & Quay Bank plc …2345", "00012345")
    assert (account["opening_balance"], account["balance"]) == (OPENING, closing())
    assert said == {
        "account_id": account["id"], "account_opened": True, "booked": len(MOVES), "booked_before": 0,
        "unread_lines": 0, "adds_up": True, "missing": "0.00",
    }  # fmt: skip


def test_the_feed_says_what_became_of_a_statement(pipeline: Pipeline) -> None:
    through(pipeline, paid_out_and_in())

    assert pipeline.feed() == [
        ("document.received", "statement.pdf: received"),
        ("document.completed", f"statement.pdf: bank statement of Harbour & Quay Bank plc closing at {closing()} GBP"),
        ("statement.booked", "statement.pdf: 7 movements booked"),
    ]


def test_new_transactions_are_sorted_by_one_job_for_a_pile_of_statements(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0)
    pile = [pipeline.add("statement.pdf", pdf, "c-1") for pdf in (paid_out_and_in(), letters_behind(), minus_behind())]
    for document in pile:
        assert pipeline.finish(document)["status"] == "completed"

    (waiting,) = pipeline.kit.enqueued("ai:classify_transactions")
    assert waiting.payload["client_id"] == "c-1"
    assert waiting.scheduled_at is not None, "they are sorted when the last of them is booked"


def test_a_statement_that_comes_alone_is_sorted_at_once(pipeline: Pipeline) -> None:
    through(pipeline, letters_behind(), client="c-2")
    through(pipeline, paid_out_and_in())

    waiting = pipeline.kit.enqueued("ai:classify_transactions")
    assert [(job.payload["client_id"], job.scheduled_at) for job in waiting] == [("c-2", None), ("c-1", None)]


def test_a_statement_without_a_client_books_nothing_and_says_so(pipeline: Pipeline) -> None:
    said = through(pipeline, paid_out_and_in(), client=None)

    assert (said["account_id"], said["booked"]) == (None, 0)
    assert booked(pipeline) == []
    assert accounts(pipeline) == []
    assert pipeline.feed()[-1] == (
        "statement.booked", "statement.pdf: it belongs to no client: none of its movements is booked",
    )  # fmt: skip
    assert pipeline.waiting() == []


def test_the_clients_own_account_is_found_by_its_number(pipeline: Pipeline) -> None:
    pipeline.add_client("c-1")
    for account, client, number in [("a-1", "c-1", None), ("a-2", "c-1", "DE02 1203 0000 0000 2020 51")]:
        pipeline.connection.execute(
            "INSERT INTO practice_accounts (organization_id, id, client_id, name, number) VALUES ('org-1', %s, %s, 'Giro', %s)",
            [account, client, number],
        )
    said = through(pipeline, letters_behind())

    assert (said["account_id"], said["account_opened"]) == ("a-2", False)
    assert booked(pipeline) == as_booked(MOVES)
    (own,) = [each for each in accounts(pipeline) if each["id"] == "a-2"]
    assert own["opening_balance"] == 0  # an account that a person keeps is left as it is


def test_another_clients_account_is_never_taken(pipeline: Pipeline) -> None:
    through(pipeline, letters_behind(), client="c-1")
    through(pipeline, letters_behind(), client="c-2")

    assert [(each["client_id"], each["number"]) for each in accounts(pipeline)] == [
        ("c-1", GERMAN_IBAN), ("c-2", GERMAN_IBAN),
    ]  # fmt: skip
    assert len(booked(pipeline)) == 2 * len(MOVES)


def test_the_same_statement_again_books_nothing_again(pipeline: Pipeline) -> None:
    through(pipeline, paid_out_and_in())
    said = through(pipeline, paid_out_and_in(), name="again.pdf")

    assert (said["booked"], said["booked_before"]) == (0, len(MOVES))
    assert booked(pipeline) == as_booked(MOVES)
    assert pipeline.feed()[-1] == ("statement.booked", "again.pdf: 0 movements booked, 7 were booked before")
    assert accounts(pipeline)[0]["opening_balance"] == OPENING


@pytest.mark.parametrize("layout", [paid_out_and_in, letters_behind])
def test_a_statement_that_overlaps_books_what_is_new(pipeline: Pipeline, layout: Any) -> None:
    through(pipeline, layout(MOVES[:5], OPENING))
    said = through(pipeline, layout(MOVES[2:], closing(MOVES[:2])))

    assert (said["booked"], said["booked_before"]) == (2, 3)
    assert booked(pipeline) == as_booked(MOVES)
    assert (accounts(pipeline)[0]["opening_balance"], accounts(pipeline)[0]["balance"]) == (OPENING, closing())


def test_an_older_statement_that_comes_later_moves_the_beginning_back(pipeline: Pipeline) -> None:
    through(pipeline, letters_behind(MOVES[3:], closing(MOVES[:3])))
    through(pipeline, letters_behind(MOVES[:3], OPENING))

    assert booked(pipeline) == as_booked(MOVES)
    assert (accounts(pipeline)[0]["opening_balance"], accounts(pipeline)[0]["balance"]) == (OPENING, closing())


def test_a_day_that_two_statements_share_is_told_apart_by_the_balance(pipeline: Pipeline) -> None:
    """One coffee on the first statement, the second of that day on the next."""
    through(pipeline, paid_out_and_in(MOVES[:4], OPENING))
    said = through(pipeline, paid_out_and_in(MOVES[4:], closing(MOVES[:4])))

    assert (said["booked"], said["booked_before"]) == (3, 0)
    assert booked(pipeline) == as_booked(MOVES)


def test_what_another_system_has_booked_on_the_account_isnt_booked_again(pipeline: Pipeline) -> None:
    pipeline.add_client("c-1")
    pipeline.connection.execute(
        "INSERT INTO practice_accounts (organization_id, id, client_id, name, number) VALUES ('org-1', 'a', 'c-1', 'Giro', %s)",
        [GERMAN_IBAN],
    )
    for move in COFFEES:
        pipeline.connection.execute(
            "INSERT INTO practice_transactions (organization_id, client_id, account_id, booked_on, amount, description, source)"
            " VALUES ('org-1', 'c-1', 'a', %s, %s, 'as a person words it', 'manual')",
            [move.day, move.amount],
        )
    said = through(pipeline, letters_behind())

    assert (said["booked"], said["booked_before"]) == (len(MOVES) - 2, 2)
    assert booked(pipeline) == as_booked(MOVES)


def test_balances_that_dont_agree_are_said(pipeline: Pipeline) -> None:
    said = through(pipeline, letters_behind(said=closing() + Decimal("10.00")))

    assert (said["adds_up"], said["missing"]) == (False, "10.00")
    assert pipeline.feed()[-1][1].endswith(
        "please check: opening balance and movements differ from the closing balance by 10.00"
    )
    assert booked(pipeline) == as_booked(MOVES)


@pytest.mark.parametrize("point", ["before_function", "before_commit", "after_commit", "after_function"])
def test_a_statement_is_booked_once_wherever_its_extraction_dies(pipeline: Pipeline, point: CrashPoint) -> None:
    document = pipeline.add("statement.pdf", letters_behind(), "c-1")
    pipeline.kit.run_due(queue="document-processing", crash_at=point)

    assert pipeline.document(document)["status"] == "completed"
    assert booked(pipeline) == as_booked(MOVES)
    assert len(pipeline.kit.enqueued("ai:classify_transactions")) == 1
    assert len(pipeline.feed()) == 3


def test_extracting_again_books_nothing(pipeline: Pipeline) -> None:
    document = pipeline.add("statement.pdf", letters_behind(), "c-1")
    pipeline.finish(document)
    feed = pipeline.feed()
    result = pipeline.run("document:extract", document)

    assert result["skipped"] is True
    assert booked(pipeline) == as_booked(MOVES)
    assert pipeline.feed() == feed


def test_another_kind_of_document_books_nothing(pipeline: Pipeline) -> None:
    document = pipeline.add("invoice-english.pdf", client="c-1")
    pipeline.finish(document)

    assert booked(pipeline) == []
    assert pipeline.rows("SELECT * FROM practice_invoices") == []
    assert pipeline.feed()[-1] == (
        "document.completed",
        "invoice-english.pdf: invoice of Paper Lantern Bookkeeping Ltd no. PL-2024-0193 1278.60 GBP",
    )


def test_a_long_statement_is_booked_line_by_line(pipeline: Pipeline) -> None:
    moves = tuple(
        replace(MOVES[0], day=date(2023, 12, 1) + timedelta(days=number // 4), amount=Decimal(-number) / 4)
        for number in range(1, 121)
    )
    through(pipeline, paid_out_and_in(moves, Decimal("9000.00")))

    assert sorted(booked(pipeline)) == sorted((move.day, move.amount) for move in moves)
    assert accounts(pipeline)[0]["opening_balance"] == Decimal("9000.00")
