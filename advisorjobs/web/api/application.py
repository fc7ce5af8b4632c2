"""The JSON API as an ASGI application, with its description at /openapi.json."""

from __future__ import annotations

import functools
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from advisorjobs.database.link import is_passing
from advisorjobs.errors import (
    ActionRefused,
    AdvisorJobsError,
    DatabaseUnavailable,
    NotAllowed,
    NotMigrated,
    PayloadError,
    SettingsError,
    UnknownJob,
)
from advisorjobs.web.access.need import Need, declare
from advisorjobs.web.access.person import Role
from advisorjobs.web.api import (
    audit,
    bulk_actions,
    failures,
    job_actions,
    jobs,
    organizations,
    people,
    performance,
    queue_actions,
    queues,
    schedules,
    system,
)
from advisorjobs.web.api.description import describe

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["OnSite", "api"]

ROUTERS = (
    queues.router,
    jobs.router,
    job_actions.router,
    bulk_actions.router,
    queue_actions.router,
    audit.router,
    schedules.router,
    failures.router,
    organizations.router,
    performance.router,
    system.router,
    people.router,
)
STATUSES = {
    DatabaseUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    NotMigrated: HTTPStatus.SERVICE_UNAVAILABLE,
    NotAllowed: HTTPStatus.FORBIDDEN,
    ActionRefused: HTTPStatus.CONFLICT,
    UnknownJob: HTTPStatus.NOT_FOUND,
    PayloadError: HTTPStatus.UNPROCESSABLE_ENTITY,
    SettingsError: HTTPStatus.UNPROCESSABLE_ENTITY,
}


class OnSite:
    """Middleware that tells the routes of which site they answer; see `site_of`."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self.app = app
        self.site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["site"] = self.site
        await self.app(scope, receive, send)


@functools.cache
def api() -> FastAPI:
    """For `Mount("/api", …)` behind `OnSite`. It asks no other host for its documentation: there is none but the description.

    One for all sites of a process: FastAPI takes a quarter of a second to read the routes' signatures.
    """
    served = FastAPI(title="AdvisorJobs", version=version("advisorjobs"), docs_url=None, redoc_url=None)
    for route in served.routes:  # the description, for whoever may see anything
        declare(route, Need(Role.VIEWER, own=True, api=True))
    for router in ROUTERS:
        served.include_router(router)
    describe(served)
    served.add_exception_handler(HTTPException, refused)
    served.add_exception_handler(RequestValidationError, malformed)
    served.add_exception_handler(AdvisorJobsError, wrong)
    served.add_exception_handler(Exception, broken)
    return served


def problem(status: int, detail: str, **more: object) -> Response:
    """RFC 9457: what went wrong, for programs and people."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return JSONResponse(content, status, media_type="application/problem+json", headers={"Cache-Control": "no-store"})


def refused(_: Request, error: Any) -> Response:
    return problem(error.status_code, str(error.detail))


def malformed(_: Request, error: Any) -> Response:
    """Which value, which rule; not what was given, which may be a secret."""
    errors = [{"where": ".".join(map(str, each["loc"])), "rule": each["msg"]} for each in error.errors()]
    told = "; ".join(f"{each['where']}: {each['rule']}" for each in errors)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, told, errors=errors)


def wrong(_: Request, error: Exception) -> Response:
    status = next((each for kind, each in STATUSES.items() if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)
    fields = {"fields": error.fields} if isinstance(error, PayloadError) else {}
    return problem(status, str(error), **fields)


def broken(_: Request, error: Exception) -> Response:
    """An error of ours, or of the connection that a statement was under way on. What it says may be a client's."""
    if is_passing(error):
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "The connection to the database broke: try again.")
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, f"{type(error).__name__}; the web process's log says where.")
