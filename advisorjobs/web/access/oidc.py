"""An identity provider that speaks OpenID Connect: authorization code with PKCE, discovery, keys that rotate.

https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth, https://openid.net/specs/openid-connect-discovery-1_0.html
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from advisorjobs.access_settings import Oidc, is_trusted_address
from advisorjobs.web.access.oidc_claims import NotGenuine, check_claims, claim

__all__ = ["Flow", "Provider", "Trouble"]

DEADLINE = 10.0
"""Seconds for each answer of the provider's."""

KEPT = 3_600.0
"""Seconds for which its description and keys are believed."""

LOOK_AGAIN = 10.0
"""Seconds after which keys may be fetched again because one was missing: tokens with invented keys cost it no more."""

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures that only the provider can make: none, and no HMAC, whose key would be one that others may know."""

ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Trouble(Exception):
    """The provider can't be reached, or answers what the protocol doesn't know. The text is for logs."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What one sign-in is known by when the provider sends its browser back."""

    state: str
    nonce: str
    verifier: str
    next: str


class Provider:
    """For one event loop. *clock*: seconds since 1970."""

    def __init__(self, oidc: Oidc, clock: Callable[[], float] = time.time) -> None:
        self.oidc, self._clock = oidc, clock
        self._described: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def address(self, flow: Flow, redirect_uri: str) -> str:
        """Where the browser is sent to sign in."""
        asked = {
            "redirect_uri": redirect_uri,
            "scope": self.oidc.scope,
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": create_s256_code_challenge(flow.verifier),
            "code_challenge_method": "S256",
        }
        endpoint = (await self._description())["authorization_endpoint"]
        return str(prepare_grant_uri(endpoint, self.oidc.client_id, "code", **asked))

    async def claims(self, flow: Flow, code: str, redirect_uri: str) -> dict[str, Any]:
        """What the provider says of whoever brought *code*. Raises NotGenuine for what can't be trusted, and Trouble."""
        description = await self._description()
        given = await self._exchanged(description, flow, code, redirect_uri)
        token, access = given.get("id_token"), given.get("access_token")
        if not isinstance(token, str):
            raise NotGenuine("no ID token")
        claims = await self.verified(token)
        check_claims(claims, self.oidc, flow.nonce, self._clock())
        return await self._completed(claims, description, access) if isinstance(access, str) else claims

    async def _exchanged(
        self, description: Mapping[str, Any], flow: Flow, code: str, redirect_uri: str
    ) -> dict[str, Any]:
        """What the code is worth: tokens."""
        methods = description.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        body = prepare_token_request(
            "authorization_code", redirect_uri=redirect_uri, code=code, code_verifier=flow.verifier
        )
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        client = ClientAuth(self.oidc.client_id, self.oidc.client_secret, method)
        url, headers, body = client.prepare("POST", description["token_endpoint"], headers, body)
        status, given = await _ask("POST", url, headers, body)
        if 400 <= status < 500:
            raise NotGenuine(f"the code was refused ({str(given.get('error'))[:40]})")
        if status != 200:
            raise Trouble(f"its token endpoint: {status}")
        return given

    async def verified(self, token: str) -> dict[str, Any]:
        """The claims of an ID token that the provider has signed."""
        try:
            header = jws.extract_compact(token.encode()).headers()
            key = await self._key(header.get("kid"))
            return dict(jwt.decode(token, key, algorithms=ALGORITHMS).claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise NotGenuine(f"not signed by the provider ({type(error).__name__})") from None

    async def _key(self, kid: Any) -> Any:
        """The key named *kid*; where tokens name none, the only one. Fetched anew where it is missing: keys rotate."""
        keys = await self._key_set(KEPT)
        found = _find(keys, kid)
        if found is None:
            found = _find(await self._key_set(LOOK_AGAIN), kid)
        if found is None:
            raise NotGenuine("signed with a key that the provider doesn't have")
        return found

    async def _key_set(self, age: float) -> KeySet:
        if self._keys is None or self._clock() - self._keys[0] > age:
            description = await self._description()
            try:
                self._keys = self._clock(), KeySet.import_key_set(_signing(await _get(description["jwks_uri"])))
            except (JoseError, ValueError, TypeError, KeyError) as error:
                raise Trouble(f"its keys: {type(error).__name__}") from None
        return self._keys[1]

    async def _completed(self, claims: dict[str, Any], description: Mapping[str, Any], access: str) -> dict[str, Any]:
        """With what the provider tells at its userinfo endpoint only, where groups or organization are missing."""
        wanted = [name for name in (self.oidc.role_claim, self.oidc.organization_claim) if name]
        endpoint = description.get("userinfo_endpoint")
        if all(claim(claims, name) is not None for name in wanted) or not isinstance(endpoint, str):
            return claims
        if not is_trusted_address(endpoint):
            raise Trouble("its userinfo endpoint is not https")
        more = await _get(endpoint, {"Authorization": f"Bearer {access}"})
        if more.get("sub") != claims["sub"]:
            raise NotGenuine("userinfo of somebody else")
        return {**more, **claims}

    async def _description(self) -> dict[str, Any]:
        if self._described is None or self._clock() - self._described[0] > KEPT:
            given = await _get(f"{self.oidc.issuer.rstrip('/')}/.well-known/openid-configuration")
            if given.get("issuer") != self.oidc.issuer:
                raise Trouble("it describes another issuer: see ADVISORJOBS_OIDC_ISSUER, to the last character")
            if not all(isinstance(given.get(name), str) and is_trusted_address(given[name]) for name in ENDPOINTS):
                raise Trouble("its description lacks an address, or has one that is not https")
            self._described = self._clock(), given
        return self._described[1]


def _find(keys: KeySet, kid: Any) -> Any:
    if kid is None:
        return keys.keys[0] if len(keys.keys) == 1 else None
    return next((key for key in keys.keys if key.kid == kid), None)


def _signing(given: dict[str, Any]) -> Any:
    """The public keys of *given* that sign: symmetric ones and those for encryption are none."""
    listed = given["keys"]
    return {"keys": [each for each in listed if each.get("kty") != "oct" and each.get("use", "sig") == "sig"]}


async def _get(url: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    status, given = await _ask("GET", url, headers)
    if status != 200:
        raise Trouble(f"{urlsplit(url).path}: {status}")
    return given


async def _ask(
    method: str, url: str, headers: Mapping[str, str] | None = None, body: str | None = None
) -> tuple[int, dict[str, Any]]:
    """Status and object of an answer; redirects are not followed. Raises Trouble."""
    try:
        async with httpx.AsyncClient(timeout=DEADLINE) as client:
            answer = await client.request(method, url, headers=headers, content=body)
        given = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise Trouble(f"{urlsplit(url).path}: {type(error).__name__}") from None
    if not isinstance(given, dict):
        raise Trouble(f"{urlsplit(url).path}: not an object")
    return answer.status_code, given
