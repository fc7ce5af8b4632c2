"""What can be made again or was left behind: cached answers, files without a row, folders of processes that were killed."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from advisorjobs.database.statement import statement

__all__ = ["clear_cached", "clear_events", "clear_temporary"]

BATCH = 2000
PREFIX = "advisorjobs-"
"""How the temporary folders of the services are called."""

TEMPORARY_AGE = timedelta(days=1)
"""Longer than any job's time limit."""


def clear_cached(connection: Any, *, only_expired: bool) -> int:
    """Removes a batch of the organization's cached answers, and returns how many; fewer than BATCH: there are no more."""
    values = {"only_expired": only_expired, "most": BATCH}
    return _count(connection, "clear_cached", values)


def clear_events(connection: Any, keep_days: int) -> int:
    """Removes a batch of the organization's webhook events that were applied over *keep_days* days ago; as above."""
    return _count(connection, "clear_events", {"days": keep_days, "most": BATCH})


def clear_temporary(folder: Path | None = None, *, older_than: timedelta = TEMPORARY_AGE) -> int:
    """Removes this user's temporary folders of job processes that were killed, on this machine; returns how many.

    A folder counts by the youngest thing in it.
    """
    removed, before = 0, time.time() - older_than.total_seconds()
    for path in sorted((folder or Path(tempfile.gettempdir())).glob(f"{PREFIX}*")):
        if _is_ours(path) and _youngest(path) < before:
            shutil.rmtree(path, ignore_errors=True)  # another process may be at it too
            removed += not path.exists()
    return removed


def _is_ours(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and path.lstat().st_uid == os.geteuid()


def _youngest(path: Path) -> float:
    return max(each.lstat().st_mtime for each in (path, *path.rglob("*")))


def _count(connection: Any, name: str, values: dict[str, Any]) -> int:
    (count,) = connection.execute(statement(name), values).fetchone()
    return int(count)
