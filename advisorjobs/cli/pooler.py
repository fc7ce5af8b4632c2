"""Whether a pooler stands between, and one that gives sessions away between transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from advisorjobs.cli.query import ask
from advisorjobs.database.address import connect
from advisorjobs.finding import Finding
from advisorjobs.settings import Settings

__all__ = ["pooler", "shares_sessions"]

CLIENTS = 3
"""Connections with which a shared session is looked for: the last one used is given away first."""


def pooler(dsn: str, settings: Settings, connection: Any) -> Iterator[Finding]:
    """What is to be known of a pooler at *dsn*; nothing where there is none."""
    if not is_between(connection):
        return
    if not shares_sessions(dsn):
        yield Finding("pooler", "ok", "a pooler stands between, and each connection keeps its session", value="session")
        return
    yield from without_listen(settings)
    yield from without_prepared(settings)


def without_listen(settings: Settings) -> Iterator[Finding]:
    what = "a pooler gives sessions away between transactions, so LISTEN is lost in it"
    if settings.direct_url is None:
        cure = "workers poll once a second; ADVISORJOBS_DIRECT_URL, an address past the pooler, wakes them at once"
        yield Finding("pooler", "note", what, cure, "transaction")
    elif passes_by(settings.direct_url):
        yield Finding("pooler", "ok", f"{what}; LISTEN and heartbeat go past it", value="transaction")
    else:
        cure = "give the server's own address"
        yield Finding("pooler", "wrong", f"{what}, and ADVISORJOBS_DIRECT_URL leads to a pooler too", cure)


def without_prepared(settings: Settings) -> Iterator[Finding]:
    if settings.prepared_statements:
        cure = (
            "set ADVISORJOBS_PREPARED_STATEMENTS=off, unless it is PgBouncer 1.21 or newer with max_prepared_statements"
        )
        yield Finding("pooler", "note", "prepared statements are on, and a pooler shares sessions", cure, "on")


def is_between(connection: Any) -> bool:
    """Whether the session isn't the one that the connection was greeted with."""
    (row,) = ask(connection, "session_number")
    return bool(row["pid"] != connection.info.backend_pid)


def passes_by(dsn: str) -> bool:
    with connect(dsn, autocommit=True) as connection:
        return not is_between(connection)


def shares_sessions(dsn: str) -> bool:
    """Whether two of several connections that are open at the same time were served by one session."""
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(dsn, autocommit=True)) for _ in range(CLIENTS)]
        seen = [{ask(each, "session_number")[0]["pid"] for _ in range(2)} for each in clients]
    return len(set().union(*seen)) < sum(map(len, seen)) or any(len(pids) > 1 for pids in seen)
