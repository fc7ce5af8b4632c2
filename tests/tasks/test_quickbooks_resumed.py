"""A sync that is interrupted: whatever ends its run, the next one goes on, and nothing comes in twice."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest

from tests.fixtures.books import Books
from tests.fixtures.quickbooks_server import HANG
from tests.fixtures.waiting import wait_for


@pytest.mark.parametrize("lost", range(1, 8))
def test_a_run_that_dies_anywhere_goes_on_after_its_last_page(books: Books, lost: int) -> None:
    books.fill()
    for number in range(500, 1_600):
        books.server.put("Customer", number, DisplayName=f"Customer {number}", Active=True)
    served: list[str] = []

    def dying(path: str, query: dict[str, str]) -> Any:
        served.append(query["query"])
        return (500, {}, b"") if len(served) == lost else None

    books.server.before_answer = dying
    books.queue()
    ran = [books.run(raising=False)]
    if lost <= 5:  # of 2 pages of customers and one of each other kind
        assert ran[0].status == "retrying"
        assert ran[0].error_code == "external_service"
        ran = books.kit.drain(queue="integrations")

    assert ran[-1].status == "completed"
    assert ran[-1].result["counts"] == {"customers": 1102, "accounts": 2, "invoices": 3, "payments": 1}
    assert len(served) == len(set(served)) + (lost <= 5)  # one page was asked for twice, no other


@pytest.mark.parametrize("point", ["before_function", "before_commit", "after_commit", "after_function"])
def test_a_job_that_is_killed_and_run_again_brings_nothing_twice(books: Books, point: Any) -> None:
    books.fill()
    books.queue()
    books.kit.run_due(queue="integrations", crash_at=point)
    state = books.taken()

    assert [len(rows) for rows in state] == [2, 2, 3, 2]
    assert len(books.rows("SELECT 1 FROM practice_activities")) == 1
    assert books.company()["cursor"] is None


def test_a_run_stops_before_its_time_limit_and_goes_on_without_an_attempt(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    from advisorjobs.services.quickbooks import sync

    books.fill()
    monkeypatch.setattr(sync, "MARGIN", timedelta(hours=1))
    books.queue()
    ran = books.kit.drain(queue="integrations")

    assert [each.status for each in ran] == ["snoozed", "snoozed", "snoozed", "completed"]
    assert ran[-1].attempt == 1
    assert [len(rows) for rows in books.taken()] == [2, 2, 3, 2]


def test_two_syncs_of_one_company_do_not_mix_their_places(books: Books) -> None:
    books.fill()

    def other(path: str, query: dict[str, str]) -> None:
        if "Invoice" in query.get("query", ""):
            books.connection.execute('UPDATE practice_connections SET cursor = \'{"of": "another"}\'')

    books.server.before_answer = other
    books.queue()

    assert books.run().status == "snoozed"
    assert books.company()["cursor"] == {"of": "another"}
    assert books.company()["synced_at"] is None


@pytest.mark.faults
def test_a_worker_that_is_killed_half_way_is_followed_by_one_that_goes_on(books: Books, database: str) -> None:
    books.fill()
    held = threading.Event()

    def hold(path: str, query: dict[str, str]) -> Any:
        if "from Invoice" in query.get("query", "") and not held.is_set():
            held.set()
            return HANG
        return None

    books.server.before_answer = hold
    books.queue()
    environment = {**os.environ, "DATABASE_URL": database, "ADVISORJOBS_LEASE": "2", "ADVISORJOBS_GRACE": "1"}
    command = [sys.executable, "-m", "advisorjobs", "worker", "-q", "integrations"]
    workers = [subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)]
    try:
        wait_for(held.is_set, "the third kind", seconds=60)
        workers[0].kill()
        workers.append(subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL))
        wait_for(lambda: books.company()["synced_at"], "the sync", seconds=90)
    finally:
        for worker in workers:
            worker.terminate()
            worker.wait(30)

    assert [page.split()[3] for page in books.pages()] == ["Customer", "Account", "Invoice", "Invoice", "Payment"]
    assert [len(rows) for rows in books.taken()] == [2, 2, 3, 2]
