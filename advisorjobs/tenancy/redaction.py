"""Keeps clients' data out of procrastinate's log lines, which print arguments, results and exceptions.

What is left of a line: what happened, the job's id and name, and the type of an exception. The message of an exception
is an argument too (`DETAIL: Key (email)=…`); it is kept in job_executions.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["Redaction", "redact"]

HARMLESS = frozenset({
    "action", "namespace", "task", "tasks", "cron", "periodic_id", "delay", "max_delay", "next_tick", "value",
    "duration", "defer_timestamp", "task_name",
})  # fmt: skip
"""procrastinate's extras that hold nothing of a job's data."""

STANDARD = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime"})


class Redaction(logging.Filter):
    """Lets every record pass, without what may be a client's data."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrites *record* in place."""
        extras = {key: record.__dict__[key] for key in record.__dict__.keys() - STANDARD}
        for key in extras.keys() - HARMLESS:
            del record.__dict__[key]
        jobs = _jobs(extras)
        if jobs:
            record.msg, record.args = f"{extras.get('action') or 'about'}: {', '.join(map(_named, jobs))}", None
        if record.exc_info:
            kind = record.exc_info[0] if isinstance(record.exc_info, tuple) else None
            record.msg = f"{record.getMessage()} ({kind.__name__ if kind else 'error'})"
            record.args = record.exc_info = record.exc_text = None
        return True


def redact(names: Iterable[str]) -> None:
    """Filters the loggers of these names. A filter acts on its own logger's records only, so each is named."""
    for name in names:
        logger = logging.getLogger(name)
        if not any(isinstance(each, Redaction) for each in logger.filters):
            logger.addFilter(Redaction())


def _jobs(extras: Mapping[str, Any]) -> list[Any]:
    many = extras.get("jobs")
    return [extras["job"]] if extras.get("job") is not None else list(many) if isinstance(many, list) else []


def _named(job: Any) -> str:
    return f"{job.get('task_name')}[{job.get('id')}]" if isinstance(job, Mapping) else type(job).__name__
