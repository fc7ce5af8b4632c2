"""The receiver of webhooks: reads a body once, has its signature checked before anything is parsed, stores event and job.

The work itself is the jobs'. The event and its job are written by one statement, so that an answer of 200 means that both
are there, and a repetition finds them. Whoever sends to `/webhooks/stripe` or `/webhooks/quickbooks` is checked by the
secrets of the whole application; with an account behind it, and to `/webhooks/{custom}`, by that connection's own.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from advisorjobs.database.link import is_passing
from advisorjobs.errors import DatabaseUnavailable, NotMigrated, PayloadError
from advisorjobs.services.webhooks.events import Event, Unreadable, custom_event, quickbooks_events, stripe_event
from advisorjobs.services.webhooks.secrets import new_standard_secret, open_webhook_secrets, seal_webhook_secret
from advisorjobs.services.webhooks.signatures import (
    Refused,
    StandardHeaders,
    check_intuit,
    check_standard,
    check_stripe,
)
from advisorjobs.web.body import read_json_body
from advisorjobs.web.intake import WebhookRoute, find_routes, receive
from advisorjobs.web.refusal import Refusal, answer

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["Receiver", "webhook_routes"]

log = logging.getLogger(__name__)
T = TypeVar("T")

DATABASE_DEADLINE = 5.0
"""Seconds for each of two statements; services give up after ten."""

COME_BACK = 15
"""Seconds after which a service may try again while the database is away."""

NOBODY = WebhookRoute(account="nobody", organization_id="system", secrets=())

_ACCOUNTS = {
    "stripe": re.compile(r"acct_\w{1,60}", re.ASCII),
    "quickbooks": re.compile(r"[0-9]{1,30}"),
    "custom": re.compile(r"[a-z][a-z0-9_-]{0,63}"),
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """How what came is judged: `check` (body, secrets) raises Refused, `read` (body) raises Unreadable.

    `account`: of the path; None: `secrets` of the settings hold, and the events say whose they are.
    """

    service: str
    account: str | None
    secrets: Sequence[str]
    check: Callable[[bytes, Sequence[str]], None]
    read: Callable[[bytes], list[Event]]


def webhook_routes(receiver: Receiver) -> list[Route]:
    """Where webhooks are received."""
    ways: dict[str, Callable[[Request], Delivery]] = {
        "/webhooks/stripe": receiver.stripe,
        "/webhooks/stripe/{account}": receiver.stripe,
        "/webhooks/quickbooks": receiver.quickbooks,
        "/webhooks/quickbooks/{account}": receiver.quickbooks,
        "/webhooks/{account}": receiver.custom,
    }
    return [Route(path, functools.partial(receiver.answer, way), methods=["POST"]) for path, way in ways.items()]


class Receiver:
    """`counts` says how many requests of a service were taken, taken before, unrouted, or refused and why."""

    def __init__(self, app: App, clock: Callable[[], float] = time.time) -> None:
        self.app = app
        self.counts: Counter[tuple[str, str]] = Counter()
        self._clock = clock

    def stripe(self, request: Request) -> Delivery:
        header, now = _only(request, "stripe-signature"), self._clock()
        return Delivery(
            "stripe",
            request.path_params.get("account"),
            self.app.settings.webhooks.stripe_secrets,
            lambda body, secrets: check_stripe(body, header, secrets, now),
            lambda body: [stripe_event(body)],
        )

    def quickbooks(self, request: Request) -> Delivery:
        header = _only(request, "intuit-signature")
        return Delivery(
            "quickbooks",
            request.path_params.get("account"),
            self.app.settings.webhooks.quickbooks_tokens,
            lambda body, secrets: check_intuit(body, header, secrets),
            quickbooks_events,
        )

    def custom(self, request: Request) -> Delivery:
        given, now = (_only(request, f"webhook-{name}") for name in ("id", "timestamp", "signature")), self._clock()
        headers = StandardHeaders(*given)
        return Delivery(
            "custom",
            request.path_params["account"],
            (),
            lambda body, secrets: check_standard(body, headers, secrets, now),
            lambda body: [custom_event(body, headers.id, headers.timestamp)],
        )

    async def answer(self, way: Callable[[Request], Delivery], request: Request) -> Response:
        """200 when the events are stored, or were before; else a Refusal's answer."""
        service = getattr(way, "__name__", "custom")
        try:
            body = await read_json_body(request)
            outcome = await self._taken(body, way(request))
        except Refusal as refusal:
            self._note(service, refusal, request)
            return refusal.response()
        self.counts[service, outcome] += 1
        return answer(200, {"status": "received"})

    async def _taken(self, body: bytes, delivery: Delivery) -> str:
        try:
            route = await self._route(delivery)
            delivery.check(body, self._secrets(delivery, route))
            events = delivery.read(body)
            routed = await self._routed(delivery, route, events)
            new = await self._within_deadline(receive(self.app, delivery.service, routed, datetime.now(UTC)))
        except Refused as refused:
            raise Refusal(HTTPStatus.UNAUTHORIZED, refused.reason) from None
        except (Unreadable, PayloadError):
            raise Refusal(HTTPStatus.BAD_REQUEST, "signed, but not understood") from None
        if not routed:
            log.warning("a webhook of %s was for no account that is connected: nothing stored", delivery.service)
            return "unrouted"
        return "taken" if new else "taken before"

    async def _route(self, delivery: Delivery) -> WebhookRoute | None:
        """The connection that the path names; one that doesn't exist is checked like one that does, in vain."""
        if delivery.account is None:
            return None
        if not _ACCOUNTS[delivery.service].fullmatch(delivery.account):
            raise Refused("no such account")
        found = await self._within_deadline(find_routes(self.app, delivery.service, [delivery.account]))
        return next(iter(found), NOBODY)

    def _secrets(self, delivery: Delivery, route: WebhookRoute | None) -> Sequence[str]:
        """Those that may have signed; never none, so that all is checked in the same time."""
        if route is None:
            return delivery.secrets or (self._decoy,)
        place = {"organization_id": route.organization_id, "service": delivery.service, "account": route.account}
        sealed = route.secrets or (seal_webhook_secret(self._decoy, **place, settings=self.app.settings),)
        return open_webhook_secrets(sealed, **place, settings=self.app.settings) or (self._decoy,)

    @functools.cached_property
    def _decoy(self) -> str:
        return new_standard_secret()

    async def _routed(
        self, delivery: Delivery, route: WebhookRoute | None, events: Iterable[Event]
    ) -> list[tuple[WebhookRoute, Event]]:
        """Each event with whose it is, those of accounts that nobody has connected left out."""
        own = self.app.settings.webhooks.stripe_account if delivery.service == "stripe" else None
        if route is not None:
            return [(route, event) for event in events if event.account in (None, route.account)]
        named = [(event.account or own, event) for event in events]
        accounts = sorted({account for account, _ in named if account is not None})
        found = await self._within_deadline(find_routes(self.app, delivery.service, accounts)) if accounts else []
        routes = {each.account: each for each in found}
        return [(routes[account], event) for account, event in named if account in routes]

    async def _within_deadline(self, asked: Awaitable[T]) -> T:
        """What the database answers. Raises Refusal 503 while it is away: the service sends again."""
        try:
            async with asyncio.timeout(DATABASE_DEADLINE):
                return await asked
        except (DatabaseUnavailable, NotMigrated) as error:
            away: Exception = error
        except Exception as error:
            if not is_passing(error):
                raise
            away = error
        log.error("a webhook could not be stored (%s): the service is asked to send it again", type(away).__name__)
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "database away", retry_after=COME_BACK)

    def _note(self, service: str, refusal: Refusal, request: Request) -> None:
        """Who tries what is worth a line (OWASP ASVS 16.3.3): without body, signature or account."""
        self.counts[service, refusal.reason] += 1
        sender = request.client.host if request.client else "unknown"
        log.warning("a webhook of %s from %s is refused with %d: %s", service, sender, refusal.status, refusal.reason)


def _only(request: Request, name: str) -> str:
    """The header *name*, which must be there once: of two, who knows which one somebody else has checked."""
    values = request.headers.getlist(name)
    if len(values) != 1:
        raise Refusal(HTTPStatus.UNAUTHORIZED, "no signature" if not values else "several signature headers")
    return values[0]
