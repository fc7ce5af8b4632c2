"""Failures that are alike, as one frozen value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from advisorjobs.database.operation import Row
from advisorjobs.errors import ErrorCode

__all__ = ["ErrorGroup", "read_error_groups"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorGroup:
    """Runs of one job that ended in the same error: type, place and message without data (`fingerprint`) and code agree.

    `count`: how many, those that were tried again too. The example is the latest of them; its message is None once its
    history is cleaned away.
    """

    queue: str
    job_name: str
    error_code: ErrorCode
    fingerprint: str
    count: int
    first_seen: datetime
    last_seen: datetime
    example_job_id: int
    example_run_number: int
    example_message: str | None


def read_error_groups(rows: Sequence[Row]) -> list[ErrorGroup]:
    """Reads rows of get_error_analysis.sql."""
    return [
        ErrorGroup(
            queue=row["queue"],
            job_name=row["job_name"],
            error_code=ErrorCode(row["error_code"]),
            fingerprint=row["fingerprint"],
            count=row["failures"],
            first_seen=row["first_seen"],
            last_seen=row["last_seen"],
            example_job_id=row["example_job_id"],
            example_run_number=row["example_run_number"],
            example_message=row["example_message"],
        )
        for row in rows
    ]
