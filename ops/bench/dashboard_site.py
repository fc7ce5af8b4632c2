"""The web application in this process, its connections to the database watched: what they cost, and the plans that they run."""

from __future__ import annotations

import json
import secrets
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

import httpx
import psycopg
from psycopg.errors import Diagnostic
from starlette.applications import Starlette

from advisorjobs.application import App
from advisorjobs.settings import Settings
from advisorjobs.web import web_app
from advisorjobs.web.access.accounts import Accounts
from advisorjobs.web.access.identity import SESSION
from advisorjobs.web.access.passwords import hash_password
from advisorjobs.web.access.person import Role
from advisorjobs.web.access.secrets import digest, new_token
from advisorjobs.web.site import Site

__all__ = ["Asked", "Watched", "ask", "looking_site", "person_at", "watched_connections", "without_sharing"]

EXPLAINED = {
    "session_preload_libraries": "auto_explain",
    "client_min_messages": "log",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_format": "json",
}
"""As a superuser may set them for a session: each statement's plan comes as a notice."""
ROUNDS = 7
R = TypeVar("R")


@dataclass(slots=True)
class Watched:
    """`pids`: of the connections' server processes. `plans`: what auto_explain told of each statement, when asked for."""

    pids: set[int] = field(default_factory=set)
    plans: list[dict[str, Any]] = field(default_factory=list)

    def spent(self) -> float:
        """Milliseconds of a processor that those processes have used."""
        return sum(spent_by(pid) for pid in self.pids)

    def note(self, message: Diagnostic) -> None:
        """Keeps the plan of a notice "duration: 0.1 ms  plan: {…}"."""
        text = message.message_primary or ""
        if text.startswith("duration:") and "{" in text:
            self.plans.append(json.loads(text[text.index("{") :]))


def spent_by(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6
    except FileNotFoundError:  # it ended
        return 0.0


@contextmanager
def watched_connections() -> Iterator[Watched]:
    """All asynchronous connections that this process opens meanwhile."""
    watched, connect = Watched(), psycopg.AsyncConnection.connect

    async def watch(*words: Any, **options: Any) -> psycopg.AsyncConnection[Any]:
        connection = await connect(*words, **options)
        watched.pids.add(connection.info.backend_pid)
        connection.add_notice_handler(watched.note)
        return connection

    with mock.patch.object(psycopg.AsyncConnection, "connect", watch):
        yield watched


def explained(dsn: str) -> str:
    """*dsn* with each statement's plan told to the client."""
    return psycopg.conninfo.make_conninfo(
        dsn, options=" ".join(f"-c {name}={value}" for name, value in EXPLAINED.items())
    )


@asynccontextmanager
async def looking_site(dsn: str, *, plans: bool = False) -> AsyncIterator[tuple[Starlette, Watched]]:
    """The application, and its watched connections. *plans*: they tell theirs, which makes them slower."""
    with tempfile.TemporaryDirectory() as folder, watched_connections() as watched:
        app = App(Settings(database_url=explained(dsn) if plans else dsn, data_dir=Path(folder)))
        yield web_app(app), watched


@asynccontextmanager
async def person_at(
    served: Starlette, role: Role, organization_id: str | None = None, base: str | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which somebody new has signed in. *base*: over the network, else in this process."""
    accounts = Accounts(served.state.site.app)
    name, token = f"looker-{secrets.token_hex(4)}", new_token()
    person = await accounts.add_person(
        name, hash_password(secrets.token_hex(), ""), role, organization_id, by="the benchmark"
    )
    assert person is not None
    await accounts.start_session(
        person, digest(token), before=None, address=None, browser=None, limit=timedelta(days=1)
    )
    transport = None if base else httpx.ASGITransport(app=served, client=("127.0.0.1", 50_000))
    cookies = {SESSION: token}
    async with httpx.AsyncClient(
        transport=transport, base_url=base or "http://127.0.0.1:8750", cookies=cookies
    ) as client:
        yield client


@contextmanager
def without_sharing(served: Starlette) -> Iterator[None]:
    """Every page reads what it shows, whoever has just read the same."""

    async def read_again(key: Hashable, seconds: float, read: Callable[[], Awaitable[R]]) -> R:
        return await read()

    site: Site = served.state.site
    with mock.patch.object(site, "shared", read_again):
        yield


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address costs, medians in milliseconds.

    `server`: of a processor, by all of the database's processes that served it. `own`: of a processor, by this process.
    `wall`: from the request to the whole answer, on a machine that may be busy with other things.
    """

    server: float
    own: float
    wall: float

    @property
    def processor(self) -> float:
        """What it takes on an idle machine, all told."""
        return self.server + self.own


async def ask(client: httpx.AsyncClient, watched: Watched, address: str, rounds: int | None = None) -> Asked:
    """Asks once to warm up, and then *rounds* times. Raises AssertionError for an answer that is no page."""
    taken: list[tuple[float, float, float]] = []
    for _ in range((rounds or ROUNDS) + 1):
        server, own, wall = watched.spent(), time.process_time(), time.perf_counter()
        answer = await client.get(address)
        wall, own = time.perf_counter() - wall, time.process_time() - own
        assert answer.status_code in (200, 303), (address, answer.status_code, answer.text[:500])
        taken.append((watched.spent() - server, own * 1e3, wall * 1e3))
    return Asked(*(statistics.median(each) for each in zip(*taken[1:], strict=True)))


async def stack_of_people(stack: AsyncExitStack, served: Starlette, large: str) -> dict[str, httpx.AsyncClient]:
    """An admin of the practice, and a viewer of one organization."""
    return {
        "admin": await stack.enter_async_context(person_at(served, Role.ADMIN)),
        "viewer": await stack.enter_async_context(person_at(served, Role.VIEWER, large)),
    }
