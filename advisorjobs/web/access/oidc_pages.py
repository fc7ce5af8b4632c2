"""Signing in at an identity provider: there, and back."""

from __future__ import annotations

import hmac
import logging
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from advisorjobs.access_settings import Oidc
from advisorjobs.web.access.identity import cookie_name, put_cookie, remove_cookie
from advisorjobs.web.access.oidc_claims import NotGenuine, NotMapped, display_name, place_of
from advisorjobs.web.access.secrets import new_secret
from advisorjobs.web.access.sign_in import let_in
from advisorjobs.web.access.way_back import way_back
from advisorjobs.web.page import Page

if TYPE_CHECKING:
    from advisorjobs.web.access.oidc import Flow, Provider
    from advisorjobs.web.site import Site

__all__ = ["PAGES"]

log = logging.getLogger(__name__)

FLOW = "advisorjobs-sign-in"
PATIENCE = 600
"""Seconds that somebody may take at the provider."""

AGAIN = "The sign-in was not finished: it took too long, or was begun in another window. Please try again."
AWAY = "The identity provider can't be reached, or doesn't answer as it should. The log of this server says more."
INACTIVE = "Your access was withdrawn. Ask an admin."


async def begin(request: Request, site: Site) -> Response:
    """To the provider. What will be known by when its browser comes back is kept in a cookie of this browser's, sealed."""
    from advisorjobs.web.access.oidc import Flow, Trouble

    provider = _provider(site)
    asked = way_back(request, request.query_params.get("next", ""))
    flow = Flow(state=new_secret(), nonce=new_secret(), verifier=new_secret(), next=asked)
    try:
        address = await provider.address(flow, _redirect_uri(request))
    except Trouble as error:
        log.error("nobody can sign in at the identity provider: %s", error)
        return _refused(request, site, HTTPStatus.BAD_GATEWAY, AWAY)
    response = RedirectResponse(address, HTTPStatus.SEE_OTHER)
    put_cookie(response, request, FLOW, _seal(provider.oidc).dumps(asdict(flow)), PATIENCE)
    return response


async def finish(request: Request, site: Site) -> Response:
    """Back from the provider, with a code that is worth an ID token, or with the reason why not."""
    from advisorjobs.web.access.oidc import Trouble

    provider = _provider(site)
    try:
        response = await _finished(request, site, provider, _flow(request, provider.oidc))
    except NotGenuine as error:
        log.warning("a sign-in at the identity provider was refused: %s", error)
        response = _refused(request, site, HTTPStatus.FORBIDDEN, AGAIN)
    except NotMapped as error:
        log.warning("somebody without a role came from the identity provider")
        response = _refused(request, site, HTTPStatus.FORBIDDEN, str(error))
    except Trouble as error:
        log.error("a sign-in at the identity provider failed: %s", error)
        response = _refused(request, site, HTTPStatus.BAD_GATEWAY, AWAY)
    remove_cookie(response, request, FLOW)
    return response


async def _finished(request: Request, site: Site, provider: Provider, flow: Flow) -> Response:
    given = request.query_params
    if not hmac.compare_digest(given.get("state", "").encode(), flow.state.encode()):
        raise NotGenuine("another state")
    if given.get("iss", provider.oidc.issuer) != provider.oidc.issuer:  # RFC 9207
        raise NotGenuine("another issuer answered")
    if "code" not in given:
        raise NotGenuine(f"the provider said {given.get('error', 'nothing')[:40]!r}")
    claims = await provider.claims(flow, given["code"], _redirect_uri(request))
    place = place_of(claims, provider.oidc)
    person = await site.identity.accounts.put_provider_person(
        display_name(claims), provider.oidc.issuer, claims["sub"], place.role, place.organization_id
    )
    response = await let_in(request, site, person, way_back(request, flow.next)) if person else None
    return response or _refused(request, site, HTTPStatus.FORBIDDEN, INACTIVE)


def _provider(site: Site) -> Provider:
    from advisorjobs.web.access.oidc import Provider

    oidc = site.identity.settings.oidc
    if oidc is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "No identity provider is set up here.")
    if site.identity.provider is None:
        site.identity.provider = Provider(oidc)
    return site.identity.provider


def _redirect_uri(request: Request) -> str:
    return str(request.url_for("oidc_finish"))


def _seal(oidc: Oidc) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(oidc.client_secret, salt="advisorjobs sign-in")


def _flow(request: Request, oidc: Oidc) -> Flow:
    """What this browser began. Raises NotGenuine where it didn't, or too long ago."""
    from advisorjobs.web.access.oidc import Flow

    try:
        return Flow(**_seal(oidc).loads(request.cookies.get(cookie_name(request, FLOW), ""), max_age=PATIENCE))
    except (BadData, TypeError):
        raise NotGenuine("without a sign-in that was begun here") from None


def _refused(request: Request, site: Site, status: HTTPStatus, text: str) -> Response:
    return site.page(request, "sign_in_refused.html", status, text=text)


PAGES = (
    Page(path="/sign-in/provider", answer=begin, name="oidc_begin", needs=None, own=True),
    Page(path="/sign-in/provider/back", answer=finish, name="oidc_finish", needs=None, own=True),
)
