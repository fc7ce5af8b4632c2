"""What a worker writes to its terminal: a line per event, as text or JSON. No argument, result or error's message."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from advisorjobs.settings import Settings

__all__ = ["JsonLines", "log_to_terminal"]

WHO = ("job_id", "job", "queue", "organization_id", "attempt")
"""The fields that JobRun.log puts into every line of a job."""


class JsonLines(logging.Formatter):
    """One JSON object per event."""

    def format(self, record: logging.LogRecord) -> str:
        event = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **{name: getattr(record, name) for name in WHO if hasattr(record, name)},
        }
        return json.dumps(event, ensure_ascii=False)


def log_to_terminal(settings: Settings) -> None:
    """Sends what our loggers say to standard error, by ADVISORJOBS_LOG_FORMAT and _LEVEL."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
    handler.setFormatter(JsonLines() if settings.log_format == "json" else text)
    logger = logging.getLogger("advisorjobs")
    logger.handlers[:] = [handler]
    logger.setLevel(settings.log_level.upper())
    logger.propagate = False
