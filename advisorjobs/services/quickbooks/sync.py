"""The sync itself: page by page into the practice's tables, each page committed with where it goes on.

Whatever ends a run, the next one goes on after the last page that was committed; every page may come again. Before its time
limit a run stops by itself and is continued at once, so that a large company costs no attempts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence, Set
from datetime import UTC, datetime, timedelta
from typing import Any

from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.job_run import JobRun
from advisorjobs.outcomes import Snooze
from advisorjobs.services.activity import activity
from advisorjobs.services.breaker import guard
from advisorjobs.services.connections import Connection, find_the_connection
from advisorjobs.services.quickbooks.client import PAGE, LookBackTooLong, QuickbooksClient, http_client
from advisorjobs.services.quickbooks.cursor import Cursor, begun, resumed
from advisorjobs.services.quickbooks.objects import deleted, newest, rows_of
from advisorjobs.services.quickbooks.tokens import Tokens
from advisorjobs.settings import Settings

__all__ = ["sync"]

SERVICE = "quickbooks"
MARGIN = timedelta(seconds=65)
"""What a page may take at the worst; with less left of the time limit another run goes on."""

AGAIN = 1.0
OTHERS_TURN = 30.0


async def sync(job: JobRun[Any], settings: Settings) -> dict[str, Any]:
    """Brings what the payload asks for; the counts per kind. See tasks/integrations.py."""
    if settings.quickbooks is None:
        raise JobError(ErrorCode.AUTHENTICATION, "set QUICKBOOKS_CLIENT_ID and QUICKBOOKS_CLIENT_SECRET")
    async with job.connection() as connection:
        place = await find_the_connection(connection, SERVICE, job.payload.realm_id)
    if place.client_id is None:
        raise JobError(
            ErrorCode.VALIDATION, f"QuickBooks company {place.account} belongs to no client yet: connect it with one"
        )
    async with guard(job, SERVICE), http_client() as http:
        tokens = Tokens(http, settings, place, job.connection)
        client = QuickbooksClient(http, settings.quickbooks.api_url, place.account, tokens)
        try:
            cursor = await _Sync(job, place, client).run()
        except JobError as error:
            raise _patience(job, error) from error
    return await _finish(job, place, cursor)


class _Sync:
    """One run of one company's sync."""

    def __init__(self, job: JobRun[Any], place: Connection, client: QuickbooksClient) -> None:
        self.job, self.place, self.client = job, place, client
        self.saved = place.cursor

    async def run(self) -> Cursor:
        cursor = self._start()
        while cursor.left:
            cursor = await self._step(cursor)
            if cursor.left and datetime.now(UTC) + MARGIN > self.job.deadline:
                raise Snooze(AGAIN)
        return cursor

    def _start(self) -> Cursor:
        asked = self.job.payload
        wanted = begun(
            asked.kinds, full=asked.full, since=asked.since, synced_at=self.place.synced_at, now=self.place.now
        )
        return resumed(self.place.cursor, wanted) or wanted

    async def _step(self, cursor: Cursor) -> Cursor:
        if cursor.reads_whole:
            items: Sequence[Any] = await self.client.page(cursor.kind, cursor.position)
        else:
            assert cursor.since is not None  # what isn't read whole has a moment to read from
            try:
                items = await self.client.changes(cursor.kind, cursor.since)
            except LookBackTooLong:
                return cursor.without_changes()
        following = cursor.turned_page(len(items), size=PAGE)
        if cursor.reads_whole and following.left != cursor.left:
            await self._end_of_whole(cursor, items)
            items = ()
        async with self.job.connection() as connection:
            await self._put(connection, cursor.kind, items)
            await self._save(connection, following)
        self.saved = following.to_json()
        done = len(cursor.kinds) - len(following.left)
        await self.job.progress(done, len(cursor.kinds), f"{cursor.kind}: {following.counts[cursor.kind]}")
        return following

    async def _end_of_whole(self, cursor: Cursor, items: Sequence[Any]) -> None:
        """The last page, and then what is ours and was on none: it is asked for by its id, and retired if it is gone.

        Positions shift when something is deleted between two pages, so that not having been seen proves nothing.
        """
        async with self.job.connection() as connection:
            await self._put(connection, cursor.kind, items)
        values = {"kind": cursor.kind, "realm": self.place.account, "since": cursor.started}
        asked: set[str] = set()
        while True:
            async with self.job.connection() as connection:
                found = await (await connection.execute(statement("unseen_quickbooks"), values)).fetchall()
            ids = {row[0] for row in found} - asked
            if not ids:
                return
            there = await self.client.by_ids(cursor.kind, sorted(ids))
            async with self.job.connection() as connection:
                await self._put(connection, cursor.kind, there)
                await self._retire(connection, cursor.kind, ids - {item["Id"] for item in there})
            asked |= ids

    async def _put(self, connection: Any, kind: str, items: Sequence[Any]) -> None:
        came = newest(items)
        here = (item for item in came if not deleted(item))
        rows = rows_of(kind, here, self.place.account, self.place.currency or "USD")
        values = {"rows": json.dumps(rows), "client": self.place.client_id}
        await connection.execute(statement(f"put_quickbooks_{kind}"), values)
        await self._retire(connection, kind, {item["Id"] for item in came if deleted(item)})

    async def _retire(self, connection: Any, kind: str, gone: Set[str]) -> None:
        if gone:
            ids = [f"{self.place.account}:{each}" for each in sorted(gone)]
            await connection.execute(statement(f"retire_quickbooks_{kind}"), {"ids": ids})

    async def _save(self, connection: Any, cursor: Cursor) -> None:
        values = {
            "service": SERVICE,
            "account": self.place.account,
            "cursor": json.dumps(cursor.to_json()),
            "before": json.dumps(self.saved) if self.saved is not None else None,
        }
        done = await connection.execute(statement("save_sync_cursor"), values)
        if await done.fetchone() is None:  # rolls the page back
            raise Snooze(OTHERS_TURN)


async def _finish(job: JobRun[Any], place: Connection, cursor: Cursor) -> dict[str, Any]:
    """The end, in one transaction with the job's. Of a part of the kinds, or of a later `since`, the next run knows nothing."""
    everything = len(cursor.kinds) == 4 and (cursor.since is None or job.payload.since is None)
    values = {
        "service": SERVICE,
        "account": place.account,
        "synced_at": cursor.started if everything else None,
        "before": json.dumps(cursor.to_json()),
    }
    async with job.transaction() as connection:
        done = await connection.execute(statement("finish_sync"), values)
        if await done.fetchone() is None:
            raise Snooze(OTHERS_TURN)
        if sum(cursor.counts.values()):
            await connection.execute(*_told(job, place, cursor))
        job.result = {
            "realm_id": place.account,
            "mode": "full" if cursor.since is None else "changes",
            "counts": dict(cursor.counts),
            "engine": SERVICE,
        }
    return dict(job.result)


def _told(job: JobRun[Any], place: Connection, cursor: Cursor) -> Any:
    said = ", ".join(f"{count} {kind}" for kind, count in cursor.counts.items() if count)
    return activity(
        f"quickbooks.synced:{job.id}",
        "quickbooks.synced",
        f"QuickBooks: {said} came in",
        subject=("connection", f"{SERVICE}:{place.account}"),
        client_id=place.client_id,
        data={"counts": dict(cursor.counts)},
    )


def _patience(job: JobRun[Any], error: JobError) -> Exception:
    """A Retry-After closes the key of the company. A job that didn't name one has no key, and waits alone: it would
    close the whole queue."""
    if error.retry_after and job.payload.realm_id is None:
        return Snooze(error.retry_after)
    return error
