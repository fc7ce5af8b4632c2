"""Statements on a connection of our own, without a cursor: one request, one answer, straight through libpq.

For a statement of half a millisecond psycopg's cursor takes two thirds of the client's processor time. What is left out here is
what a cursor offers beyond that: row factories, streaming, pipelines, sharing by tasks. Adaptation of values and errors are
psycopg's own. A call that is given up is called off in the server too, as psycopg does it.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import pq
from psycopg.abc import Transformer as Adapter
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result

__all__ = ["Exchange"]

log = logging.getLogger(__name__)

CALLING_OFF = 2.0
"""Seconds that the server gets to take notice that a call was given up, and again to say so."""

_PLACEHOLDER = re.compile(r"%(?:\((\w+)\)s|%)")
_ANSWERED = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK, pq.ExecStatus.EMPTY_QUERY)


class Exchange:
    """What one connection has prepared, and how it is asked. One task at a time.

    *prepare* False: nothing, for a pooler. *binary*: answers in their binary form, which is quicker; values of types that
    psycopg doesn't know, such as our enums, are bytes then.
    """

    __slots__ = ("_format", "_names", "_prepare", "connection")

    def __init__(self, connection: psycopg.AsyncConnection[Any], *, prepare: bool, binary: bool = False) -> None:
        self.connection = connection
        self._prepare = prepare
        self._format = pq.Format.BINARY if binary else pq.Format.TEXT
        self._names: dict[tuple[bytes, tuple[int, ...] | None], bytes] = {}

    async def rows(
        self, statement: str, parameters: Mapping[str, Any] | None
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The names of the answer's columns, and its rows. *parameters* as psycopg writes them, `%(name)s`.

        Raises the database's errors as psycopg has them.
        """
        query, names = numbered(statement)
        values = Transformer(self.connection)
        given = values.dump_sequence([(parameters or {})[name] for name in names], [PyFormat.AUTO] * len(names))
        result = await self._ask(query, given, values)
        columns = [(result.fname(index) or b"").decode() for index in range(result.nfields)]
        answer = Transformer(self.connection)
        answer.set_pgresult(result)
        return columns, answer.load_rows(0, result.ntuples, tuple) if columns else []

    async def _ask(self, query: bytes, given: Sequence[Any], values: Adapter) -> pq.abc.PGresult:
        pgconn = self.connection.pgconn
        if not self._prepare:
            pgconn.send_query_params(query, given, values.types, values.formats, self._format)
            return await self._answer()
        key = (query, values.types)
        name = self._names.get(key)
        if name is None:
            name = b"_aj_%d" % len(self._names)
            pgconn.send_prepare(name, query, values.types)
            await self._answer()
            self._names[key] = name
        pgconn.send_query_prepared(name, given, values.formats, self._format)
        return await self._answer()

    async def _answer(self) -> pq.abc.PGresult:
        """The last result of what was sent, once the connection is ready for the next statement."""
        try:
            return await self._last_result()
        except asyncio.CancelledError:
            await self._call_off()
            raise

    async def _call_off(self) -> None:
        """Has the server give up what it is at, so that nothing of it is done after the caller has gone."""
        try:
            await self.connection.cancel_safe(timeout=CALLING_OFF)
            async with asyncio.timeout(CALLING_OFF):
                await self._last_result()
        except psycopg.errors.QueryCanceled:
            return
        except (psycopg.Error, TimeoutError, OSError) as error:
            log.warning("a statement could not be called off (%s): closing its connection", type(error).__name__)
            self.connection.pgconn.finish()

    async def _last_result(self) -> pq.abc.PGresult:
        pgconn = self.connection.pgconn
        while pgconn.flush():
            await ready(pgconn, sending=True)
        last: pq.abc.PGresult | None = None
        while True:
            while pgconn.is_busy():
                await ready(pgconn)
            result = pgconn.get_result()
            if result is None:
                break
            last = result
        if last is None:
            raise psycopg.OperationalError("the connection gave no answer")
        if last.status not in _ANSWERED:
            raise error_from_result(last, encoding=self.connection.info.encoding)
        return last


async def ready(pgconn: pq.abc.PGconn, *, sending: bool = False) -> None:
    """Waits until something has come in, or (*sending*) may go out, and takes in what came."""
    loop = asyncio.get_running_loop()
    socket = pgconn.socket
    woken: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not woken.done():
            woken.set_result(None)

    loop.add_reader(socket, wake)
    if sending:
        loop.add_writer(socket, wake)
    try:
        await woken
    finally:
        loop.remove_reader(socket)
        if sending:
            loop.remove_writer(socket)
    pgconn.consume_input()


@functools.cache
def numbered(statement: str) -> tuple[bytes, tuple[str, ...]]:
    """*statement* with $1, $2 … in place of its parameters' names, and the names in that order."""
    names: dict[str, int] = {}

    def place(found: re.Match[str]) -> str:
        return f"${names.setdefault(found[1], len(names) + 1)}" if found[1] else "%"

    return _PLACEHOLDER.sub(place, statement).encode(), tuple(names)
