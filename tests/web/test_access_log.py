"""A line per request: by its pattern, never by its path."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.access_log import AccessLog

CANARY = "miller@example.com"


async def shown(request: Request) -> Response:
    request.state.person = Person(name="anna", role=Role.VIEWER)
    return PlainTextResponse("here")


async def broken(request: Request) -> Response:
    raise LookupError(CANARY)


@pytest.fixture
def client(caplog: pytest.LogCaptureFixture) -> Iterator[TestClient]:
    """A client of an application with pages of its own, mounted ones and one that fails."""
    caplog.set_level(logging.INFO, "advisorjobs")
    inner = Starlette(routes=[Route("/clients/{client}", shown)])
    routes = [Route("/jobs/{job}", shown), Route("/broken", broken), Mount("/api", inner), Route("/healthz", shown)]
    with TestClient(AccessLog(Starlette(routes=routes)), raise_server_exceptions=False) as client:
        yield client


def requests(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [vars(record) for record in caplog.records if record.name == "advisorjobs.web.access_log"]


@pytest.mark.parametrize(
    ("path", "pattern", "status", "person"),
    [
        (f"/jobs/{CANARY}?email={CANARY}", "/jobs/{job}", 200, "anna"),
        (f"/api/clients/{CANARY}", "/api/clients/{client}", 200, "anna"),
        (f"/nowhere/{CANARY}", "-", 404, None),
        ("/broken", "/broken", 500, None),
    ],
)
def test_a_request_is_said_by_its_pattern(
    client: TestClient, caplog: pytest.LogCaptureFixture, path: str, pattern: str, status: int, person: str | None
) -> None:
    client.get(path)
    (said,) = requests(caplog)

    assert (said["method"], said["route"], said["status"], said["person"]) == ("GET", pattern, status, person)
    assert said["ms"] >= 0
    assert CANARY not in str(said)


def test_what_machines_ask_for_all_the_time_is_said_for_debugging_only(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/healthz")

    assert requests(caplog) == []
