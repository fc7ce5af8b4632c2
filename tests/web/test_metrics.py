"""/metrics of the web process: who may read them, what they cost, what they say while the database is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain
from starlette.applications import Starlette

from advisorjobs.application import App
from advisorjobs.database.operation import Operation
from advisorjobs.health_settings import Health
from advisorjobs.settings import Settings
from advisorjobs.web import web_app
from advisorjobs.web.access.person import Role
from advisorjobs.web.application import receiver_app
from tests.fixtures.desk import Desk
from tests.fixtures.visitors import Added, Comes

TOKEN = "a-token-of-many-letters"
OPENMETRICS = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3"


@pytest.fixture
def with_token(settings: Settings) -> App:
    """An app whose settings name a token."""
    return App(replace(settings, health=Health(metrics_token=TOKEN)))


def client(application: Starlette, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=application)
    return httpx.AsyncClient(transport=transport, base_url="http://10.0.0.7", headers=headers)


async def test_without_a_login_the_machines_own_user_reads_them_in_either_format(comes: Comes, desk: Desk) -> None:
    desk.enqueue(3)
    text = await comes().get("/metrics")
    assert text.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = {sample.name: sample for family in plain(text.text) for sample in family.samples}
    assert found["advisorjobs_database_up"].value == 1

    other = await comes().get("/metrics", accept=OPENMETRICS)
    assert other.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    samples = [sample for family in openmetrics(other.text) for sample in family.samples]
    waiting = {"queue": "critical", "state": "waiting"}
    assert [s.value for s in samples if s.name == "advisorjobs_jobs" and s.labels == waiting] == [3]


async def test_once_there_is_a_login_they_need_one_or_an_api_token(
    comes: Comes, add_person: Added, add_token: Added
) -> None:
    await add_person("ada", Role.VIEWER)
    token = await add_token("prometheus", Role.VIEWER)
    own = await add_token("a firm's", Role.OPERATOR, "org-1")

    assert (await comes().get("/metrics")).status_code == 401
    assert (await comes(token=own).get("/metrics")).status_code == 403
    assert (await comes(token=token).get("/metrics")).status_code == 200
    browser = comes()
    await browser.sign_in("ada")
    assert (await browser.get("/metrics")).status_code == 200


async def test_where_the_settings_name_a_token_it_is_needed_and_enough(with_token: App) -> None:
    for application in (web_app(with_token), receiver_app(with_token)):
        async with client(application) as stranger:
            refused = await stranger.get("/metrics")
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
            for wrong in (f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer", "Bearer é"):
                answer = await stranger.get("/metrics", headers={"Authorization": wrong.encode()})
                assert answer.status_code == 401
        async with client(application, authorization=f"Bearer {TOKEN}") as reader:
            assert (await reader.get("/metrics")).status_code == 200
    with_token.close()


async def test_the_receiver_alone_shows_none_without_a_token(app: App) -> None:
    async with client(receiver_app(app)) as stranger:
        assert (await stranger.get("/metrics")).status_code == 404


@pytest.fixture
async def counted(app: App) -> AsyncIterator[tuple[httpx.AsyncClient, list[str]]]:
    """A reader, and what was asked of the database."""
    asked: list[str] = []

    class Counting(App):
        async def run_async(self, operation: Operation[Any]) -> Any:
            asked.append(operation.asked_by)
            return await super().run_async(operation)

    counting = Counting(replace(app.settings, health=Health(metrics_token=TOKEN)))
    async with client(web_app(counting), authorization=f"Bearer {TOKEN}") as reader:
        yield reader, asked
    counting.close()


async def test_ten_that_scrape_cost_the_database_one_statement(counted: tuple[httpx.AsyncClient, list[str]]) -> None:
    reader, asked = counted
    answers = await asyncio.gather(*(reader.get("/metrics") for _ in range(10)))

    assert {answer.status_code for answer in answers} == {200}
    assert asked == ["metrics"]


async def test_while_the_database_is_away_that_is_what_they_say(settings: Settings) -> None:
    away = App(
        replace(settings, database_url="postgresql://nobody@127.0.0.1:1/none", health=Health(metrics_token=TOKEN))
    )
    async with client(web_app(away), authorization=f"Bearer {TOKEN}") as reader:
        answer = await reader.get("/metrics")

    assert answer.status_code == 200
    found = {sample.name: sample.value for family in plain(answer.text) for sample in family.samples}
    assert found["advisorjobs_database_up"] == 0
    assert "advisorjobs_jobs" not in found
    away.close()


async def test_webhooks_are_counted_by_what_became_of_them(with_token: App) -> None:
    application = receiver_app(with_token)
    async with client(application, authorization=f"Bearer {TOKEN}") as reader:
        await reader.post("/webhooks/stripe", content=b"{}", headers={"Content-Type": "application/json"})
        text = (await reader.get("/metrics")).text

    assert 'advisorjobs_webhooks_received_total{outcome="no_signature",service="stripe"} 1.0' in text
    with_token.close()


async def test_that_it_is_away_is_told_to_whoever_asks_and_nothing_else_is(settings: Settings) -> None:
    """Without a token of the settings the database says who may read: while it is away, nobody can tell."""
    away = App(replace(settings, database_url="postgresql://nobody@127.0.0.1:1/none"))
    async with client(web_app(away)) as stranger:
        answer = await stranger.get("/metrics")
        others = [(await stranger.get(path)).status_code for path in ("/", "/api/queues", "/live")]

    assert answer.status_code == 200
    assert [sample.name for family in plain(answer.text) for sample in family.samples] == ["advisorjobs_database_up"]
    assert others == [503, 503, 503]
    away.close()
