"""The tallies of ended runs: what is folded and what is not yet give one exact figure."""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import Any

import pytest

from tests.fixtures.desk import Desk

HOUR = "now() - interval '1 hour'"


def ends(desk: Desk, *, completed: int = 0, failed: int = 0, organization: str = "a") -> list[int]:
    """Has jobs end; returns the numbers of the failed ones."""
    desk.enqueue(completed + failed, organization_id=organization, args={"organization_id": organization})
    jobs = desk.claim(free=completed + failed)
    desk.complete(*jobs[:completed])
    if failed:
        ending = {"error_code": "network", "error_message": "no route", "run_ms": 20}
        desk.settle(*jobs[completed:], status="failed", final=True, **ending)
    return [job.id for job in jobs[completed:]]


def folded(desk: Desk) -> int:
    """Folds at once."""
    desk.connection.execute("UPDATE advisorjobs_ended SET finished_at = finished_at")
    desk.connection.execute("ALTER TABLE advisorjobs_ended DISABLE TRIGGER USER")
    count: int = desk.one("SELECT advisorjobs_fold_tallies(0)")
    return count


def total(desk: Desk, organization: str | None = None, start: str = HOUR) -> dict[str, Any]:
    rows = desk.rows(f"SELECT * FROM advisorjobs_job_statistics(%s, {start}, NULL) WHERE queue IS NULL", organization)
    return rows[0]


def test_x(desk: Desk) -> None:
    ends(desk, completed=3, failed=2)
    print(total(desk)); print(desk.one("SELECT advisorjobs_fold_tallies(0)")); print(total(desk))
    assert 0
