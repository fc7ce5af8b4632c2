"""Probes of the web process: a database that is away makes it unready and never dead."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg
import pytest
from starlette.applications import Starlette

from advisorjobs.application import App
from advisorjobs.database.migrate import migrate
from advisorjobs.settings import Settings
from advisorjobs.web import web_app
from advisorjobs.web.access.person import Role
from advisorjobs.web.application import receiver_app
from tests.fixtures.clusters import Cluster
from tests.fixtures.visitors import Added, Comes
from tests.fixtures.waiting import wait_for_async


def visitor(application: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url="http://10.0.0.7")


async def test_anybody_may_ask_from_anywhere_by_any_name(comes: Comes, add_person: Added) -> None:
    await add_person("ada", Role.ADMIN)
    prober = comes("http://10.1.2.3:8750", address="10.1.0.1")

    for path in ("/healthz", "/readyz", "/startupz"):
        answer = await prober.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok", "reasons": []})
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.faults
@pytest.mark.parametrize("made", [web_app, receiver_app])
async def test_while_the_database_is_away_it_lives_and_is_not_ready(
    made: Any, cluster: Cluster, settings: Settings
) -> None:
    migrate(cluster.dsn)
    app = App(Settings(database_url=cluster.dsn, data_dir=settings.data_dir))
    async with visitor(made(app)) as prober:
        assert (await prober.get("/readyz")).status_code == 200
        cluster.stop("immediate")

        async def unready() -> bool:
            return (await prober.get("/readyz")).status_code == 503

        await wait_for_async(unready, "503")
        answer = await prober.get("/readyz")
        assert [reason["code"] for reason in answer.json()["reasons"]] == ["database"]
        assert cluster.password not in answer.text
        assert (await prober.get("/healthz")).status_code == 200
        cluster.start()

        async def ready() -> bool:
            return (await prober.get("/readyz")).status_code == 200

        await wait_for_async(ready, "200")
    app.close()


async def test_a_database_that_is_not_migrated_or_older_is_not_ready(
    empty_database: str, app: App, connection: psycopg.Connection[Any], settings: Settings
) -> None:
    never = App(Settings(database_url=empty_database, data_dir=settings.data_dir))
    async with visitor(web_app(never)) as prober:
        answer = await prober.get("/readyz")
        assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (503, "not_migrated")
    never.close()
    connection.execute("UPDATE advisorjobs_migrations SET status = 'FAILED' WHERE migration_id = '0180_metrics'")
    async with visitor(web_app(app)) as prober:
        answer = await prober.get("/readyz")
        assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (503, "not_migrated")
