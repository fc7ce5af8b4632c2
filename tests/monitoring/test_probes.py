"""What is decided from reports: who is to be restarted, and who can take work."""

from __future__ import annotations

import pytest

from advisorjobs.monitoring.probes import is_alive, is_ready, is_started
from advisorjobs.monitoring.report import Report

NOW = 1000.0
WELL = Report(
    pid=7,
    turned=NOW - 0.1,
    started=True,
    lease_until=NOW + 10,
    renewed_at=NOW - 1,
    answered_at=NOW - 1,
    lost_at=NOW - 50,
)
BEGINNING = Report(pid=7, turned=NOW)


def alive(*reports: Report | None) -> list[str]:
    return [reason.code for reason in is_alive(reports, NOW, 30).reasons]


def ready(*reports: Report | None, stopping: bool = False) -> list[str]:
    return [reason.code for reason in is_ready(reports, NOW, stopping=stopping).reasons]


def test_a_worker_that_is_well_lives_and_is_ready() -> None:
    assert alive(WELL, WELL) == ready(WELL, WELL) == []
    assert is_ready([WELL], NOW).status == 200
    assert is_started([WELL]).good


@pytest.mark.parametrize(
    ("report", "deadly", "hindering"),
    [
        (None, [], ["starting"]),
        (BEGINNING, [], ["starting"]),
        (WELL._replace(turned=NOW - 2.9), [], []),
        (WELL._replace(turned=NOW - 3), [], ["stuck"]),
        (WELL._replace(turned=NOW - 29.9), [], ["stuck"]),
        (WELL._replace(turned=NOW - 30), ["stuck"], ["stuck"]),
        (WELL._replace(stopping=True), [], ["stopping"]),
        (WELL._replace(lost_at=NOW - 0.5), [], ["database"]),
        (BEGINNING._replace(lost_at=NOW - 0.5), [], ["database"]),
        (WELL._replace(lease_until=NOW - 5), [], ["lease"]),
        (WELL._replace(lease_until=NOW - 61), ["lease"], ["lease"]),
        # the database is away for an hour: no restart brings it back
        (WELL._replace(lease_until=NOW - 3600, lost_at=NOW - 0.5), [], ["database"]),
        # told to stop, it may take its time
        (WELL._replace(lease_until=NOW - 61, stopping=True), [], ["stopping"]),
        # the report is old, so that it says nothing of the lease now
        (WELL._replace(turned=NOW - 20, lease_until=NOW - 19), [], ["stuck"]),
    ],
)
def test_what_speaks_against_a_process(report: Report | None, deadly: list[str], hindering: list[str]) -> None:
    assert (alive(WELL, report), ready(WELL, report)) == (deadly, hindering)


def test_a_worker_that_was_told_to_stop_is_not_ready_whatever_its_processes_say() -> None:
    assert ready(WELL, None, stopping=True) == ["stopping"]
    assert alive(WELL, None) == []


def test_it_has_started_once_each_process_has_been_at_work() -> None:
    assert not is_started([WELL, None]).good
    assert not is_started([WELL, BEGINNING]).good
    assert is_started([WELL, WELL._replace(lost_at=NOW, turned=NOW - 100)]).good


def test_what_is_answered_says_why() -> None:
    verdict = is_ready([WELL._replace(lost_at=NOW)], NOW)

    assert verdict.status == 503
    assert verdict.as_object() == {
        "status": "failing",
        "reasons": [{"code": "database", "text": "process 7 has lost the database and tries to reach it"}],
    }
