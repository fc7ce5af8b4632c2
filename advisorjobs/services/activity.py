"""The firm's feed: what happened, for its people to read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, LiteralString

from advisorjobs.database.statement import statement

__all__ = ["activity"]


def activity(
    key: str,
    kind: str,
    text: str,
    *,
    subject: tuple[str, str],
    client_id: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> tuple[LiteralString, dict[str, Any]]:
    """An entry of the feed, as statement and parameters: `connection.execute(*activity(…))`, awaited where that is async.

    The connection's transaction works for the organization, as JobRun.transaction() gives it. *key* makes it one entry
    however often the job runs ("document.completed:4711"); *kind* is for programs ("document.completed"), *text* one line
    for people; *subject* is the kind and id of what it is about; *data* JSON.
    """
    values = {
        "key": key,
        "kind": kind,
        "client": client_id,
        "subject_kind": subject[0],
        "subject": subject[1],
        "text": text,
        "data": json.dumps(dict(data or {})),
    }
    return statement("note_activity"), values
