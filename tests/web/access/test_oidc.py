"""Signing in at an identity provider: who gets which role; and only what the provider says to us, now, is believed."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from advisorjobs.access_settings import Access, Grant
from advisorjobs.application import App
from advisorjobs.web import web_app
from advisorjobs.web.access.accounts import Accounts
from advisorjobs.web.access.oidc import Provider
from advisorjobs.web.access.oidc_claims import NotGenuine, NotMapped, Place, check_claims, claim, place_of
from advisorjobs.web.access.person import Role
from tests.fixtures.identity_provider import ROLES, IdentityProvider
from tests.fixtures.visitors import Comes, Visitor

BASE = "https://jobs.example"


class There:
    """A browser that signs in at the provider. `site`: ours."""

    def __init__(self, visitor: Visitor, site: Any) -> None:
        self.visitor, self.site = visitor, site

    async def begin(self, path: str = "/sign-in/provider") -> str:
        """To the provider; the address with which it sends the browser back."""
        answer = await self.visitor.get(path)
        assert answer.status_code == 303, answer.text
        async with httpx.AsyncClient() as client:
            return str((await client.get(answer.headers["location"])).headers["location"])

    async def sign_in(self, path: str = "/sign-in/provider") -> httpx.Response:
        back = await self.begin(path)
        return await self.visitor.get(back.removeprefix(BASE))


@pytest.fixture
async def there(app: App, identity_provider: IdentityProvider) -> AsyncIterator[There]:
    app.settings = replace(app.settings, access=Access(oidc=identity_provider.settings))
    site = web_app(app)
    transport = httpx.ASGITransport(app=site, client=("203.0.113.9", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        yield There(Visitor(client), site)


def role_of(answer: httpx.Response) -> str:
    return answer.text.partition("<dt>Role</dt><dd>")[2].partition("<")[0]


async def test_whoever_has_a_group_signs_in_with_its_role(there: There, connection: psycopg.Connection[Any]) -> None:
    form = await there.visitor.get("/sign-in?next=/account")
    answer = await there.sign_in("/sign-in/provider?next=/account")

    assert "Continue with Example ID" in form.text
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    page = await there.visitor.get("/account")
    assert (role_of(page), "ada@example.com" in page.text) == ("operator", True)
    assert (await there.visitor.get("/people")).status_code == 403
    person = connection.execute("SELECT subject, password_hash, role::text FROM advisorjobs_people").fetchone()
    assert person == ("sub-1", None, "operator")
    assert "__Host-advisorjobs-sign-in" not in there.visitor.client.cookies


async def test_with_a_provider_nobody_is_let_in_without(there: There) -> None:
    assert (await there.visitor.get("/")).status_code == 303
    transport = httpx.ASGITransport(app=there.site, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        assert (await client.get("/")).status_code == 303


async def test_one_organization_s_person_is_bound_to_it(there: There, identity_provider: IdentityProvider) -> None:
    identity_provider.person |= {"groups": ["clients"], "organization": "org-7"}
    await there.sign_in()
    page = await there.visitor.get("/account")

    assert (role_of(page), "org-7" in page.text) == ("viewer", True)
    assert (await there.visitor.get("/people")).status_code == 403


async def test_without_a_role_or_an_organization_there_is_a_page_that_says_so(
    there: There, identity_provider: IdentityProvider, connection: psycopg.Connection[Any]
) -> None:
    for person, words in (
        ({"groups": ["staff"]}, "None of your groups"),
        ({"groups": None}, "None of your groups"),
        ({"groups": ["clients"]}, "your own organization"),
        ({"groups": ["clients"], "organization": " "}, "your own organization"),
        ({"groups": ["clients"], "organization": ["org-1", "org-2"]}, "your own organization"),
    ):
        identity_provider.person = {"sub": "sub-1", **person}
        answer = await there.sign_in()
        assert (answer.status_code, words in answer.text) == (403, True), person
        assert "__Host-advisorjobs" not in there.visitor.client.cookies
    assert connection.execute("SELECT count(*) FROM advisorjobs_people").fetchone() == (0,)


async def test_the_role_is_what_the_groups_say_at_each_sign_in(
    there: There, identity_provider: IdentityProvider
) -> None:
    await there.sign_in()
    identity_provider.person["groups"] = ["jobs-admins"]
    await there.sign_in()

    assert role_of(await there.visitor.get("/account")) == "admin"


async def test_whom_an_admin_deactivated_stays_out(there: There, accounts: Accounts) -> None:
    await there.sign_in()
    (person,) = await accounts.list_people()
    assert await accounts.change_person(person.id, role=Role.ADMIN, by="x") is None  # the provider decides
    await accounts.change_person(person.id, is_active=False, by="x")
    answer = await there.sign_in()

    assert (answer.status_code, "withdrawn" in answer.text) == (403, True)
    assert (await there.visitor.get("/account")).status_code == 303


async def test_groups_that_are_told_at_userinfo_count(there: There, identity_provider: IdentityProvider) -> None:
    identity_provider.person = {"sub": "sub-1"}
    identity_provider.userinfo = {"groups": ["jobs-admins"]}
    await there.sign_in()
    assert role_of(await there.visitor.get("/account")) == "admin"

    identity_provider.userinfo = {"groups": ["jobs-admins"], "sub": "another"}
    assert (await there.sign_in()).status_code == 403


Change = Callable[[dict[str, Any]], None]
CHANGES: dict[str, Change] = {
    "another issuer": lambda claims: claims.update(iss="https://evil.example"),
    "another audience": lambda claims: claims.update(aud="another client"),
    "several audiences without us as the party": lambda claims: claims.update(aud=["advisorjobs", "another"]),
    "another party": lambda claims: claims.update(azp="another"),
    "another sign-in's nonce": lambda claims: claims.update(nonce="replayed"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "expired": lambda claims: claims.update(exp=int(time.time()) - 61),
    "no end": lambda claims: claims.pop("exp"),
    "made long ago": lambda claims: claims.update(iat=int(time.time()) - 3_600),
    "made in the future": lambda claims: claims.update(iat=int(time.time()) + 3_600),
    "no subject": lambda claims: claims.pop("sub"),
    "a subject that is none": lambda claims: claims.update(sub=["sub-1"]),
}


async def test_an_id_token_that_is_not_meant_for_us_now_is_refused(
    there: There, identity_provider: IdentityProvider
) -> None:
    for what, change in CHANGES.items():
        identity_provider.change = change
        answer = await there.sign_in()
        assert (answer.status_code, "__Host-advisorjobs" in there.visitor.client.cookies) == (403, False), what
        assert "not signed in" in answer.text
    identity_provider.change = lambda claims: None
    assert (await there.sign_in()).status_code == 303


def unsigned(claims: dict[str, Any], key: Any) -> str:
    parts = ({"alg": "none"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


def with_the_public_key(claims: dict[str, Any], key: Any) -> str:
    """The classic confusion: HMAC, and its key is what everybody can fetch."""
    head, body, _ = str(jwt.encode({"alg": "HS256", "kid": key.kid}, claims, OctKey.generate_key())).split(".")
    signature = hmac.digest(key.as_pem(private=False), f"{head}.{body}".encode(), "sha256")
    return f"{head}.{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def with_the_client_secret(claims: dict[str, Any], key: Any) -> str:
    secret = OctKey.import_key(b"the secret of the client, long enough for HMAC")
    return str(jwt.encode({"alg": "HS256"}, claims, secret, algorithms=["HS256"]))


def by_another(claims: dict[str, Any], key: Any) -> str:
    return str(jwt.encode({"alg": "RS256", "kid": key.kid}, claims, RSAKey.generate_key(2048)))


def with_its_own_key(claims: dict[str, Any], key: Any) -> str:
    other = RSAKey.generate_key(2048)
    return str(jwt.encode({"alg": "RS256", "kid": "own", "jwk": other.as_dict(private=False)}, claims, other))


def altered(claims: dict[str, Any], key: Any) -> str:
    head, _, signature = str(jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)).split(".")
    body = base64.urlsafe_b64encode(json.dumps({**claims, "groups": ["jobs-admins"]}).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


@pytest.mark.filterwarnings("ignore")  # the library's, for keys that no sane program signs with
async def test_what_the_provider_did_not_sign_is_refused(there: There, identity_provider: IdentityProvider) -> None:
    ways = [unsigned, with_the_public_key, with_the_client_secret, by_another, with_its_own_key, altered]
    for way in [*ways, lambda *_: "", lambda *_: "a.b.c", lambda *_: "x" * 100]:
        identity_provider.sign = way
        answer = await there.sign_in()
        assert (answer.status_code, "__Host-advisorjobs" in there.visitor.client.cookies) == (403, False), way
    identity_provider.sign = None
    assert (await there.sign_in()).status_code == 303


async def test_keys_rotate_and_invented_ones_are_not_asked_for_again_and_again(
    there: There, identity_provider: IdentityProvider
) -> None:
    assert (await there.sign_in()).status_code == 303
    provider: Provider = there.site.state.site.identity.provider
    now = provider._clock
    provider._clock = lambda: now() + 30
    identity_provider.rotate()
    identity_provider.change = lambda claims: claims.update(iat=int(time.time()) + 30, exp=int(time.time()) + 300)
    assert (await there.sign_in()).status_code == 303
    assert identity_provider.asked.count("/jwks") == 2
    identity_provider.sign = with_its_own_key
    for _ in range(3):
        assert (await there.sign_in()).status_code == 403
    assert identity_provider.asked.count("/jwks") == 2


async def test_only_the_browser_that_began_a_sign_in_ends_it_and_once(there: There, comes: Comes) -> None:
    back = (await there.begin()).removeprefix(BASE)
    thief = comes(BASE, site=there.site)
    assert (await thief.get(back)).status_code == 403
    begun = dict(there.visitor.client.cookies)
    assert (await there.visitor.get(back)).status_code == 303
    there.visitor.client.cookies.update(begun)
    assert (await there.visitor.get(back)).status_code == 403  # the code is used up


async def test_another_state_another_issuer_and_a_refusal_are_refused(there: There) -> None:
    for change in ("state=another", "iss=https://evil.example"):
        back = (await there.begin()).removeprefix(BASE)
        name = change.partition("=")[0]
        given = {key: values[0] for key, values in parse_qs(urlsplit(back).query).items()}
        given[name] = change.partition("=")[2]
        path = f"/sign-in/provider/back?{httpx.QueryParams(given)}"
        assert (await there.visitor.get(path)).status_code == 403, change
    back = (await there.begin()).removeprefix(BASE)
    state = parse_qs(urlsplit(back).query)["state"][0]
    answer = await there.visitor.get(f"/sign-in/provider/back?error=access_denied&state={state}")
    assert (answer.status_code, "access_denied" in answer.text) == (403, False)


async def test_a_session_that_was_there_before_ends(there: There, connection: psycopg.Connection[Any]) -> None:
    await there.sign_in()
    first = there.visitor.client.cookies["__Host-advisorjobs"]
    await there.sign_in()
    assert there.visitor.client.cookies["__Host-advisorjobs"] != first
    assert connection.execute("SELECT count(*) FROM advisorjobs_sessions").fetchone() == (1,)


async def test_a_provider_that_is_away_or_describes_another_is_told_without_details(
    there: There, identity_provider: IdentityProvider
) -> None:
    for trouble in (
        {"issuer": "https://other.example"},
        {"jwks_uri": "http://keys.example/jwks"},
        {"token_endpoint": None},
    ):
        identity_provider.describe = trouble
        answer = await there.visitor.get("/sign-in/provider")
        assert (answer.status_code, "other.example" in answer.text) == (502, False)
    identity_provider.describe, identity_provider.silent = {}, True
    assert (await there.visitor.get("/sign-in/provider")).status_code == 502


async def test_without_a_provider_there_is_no_such_sign_in(comes: Comes) -> None:
    assert (await comes().get("/sign-in/provider")).status_code == 404


# --- decisions


def test_the_highest_role_counts_and_everybodys_before_ones_own(identity_provider: IdentityProvider) -> None:
    oidc = replace(
        identity_provider.settings, roles={**ROLES, "lookers": Grant("viewer"), "own-ops": Grant("operator", own=True)}
    )
    assert place_of({"groups": ["clients", "own-ops"], "organization": "o"}, oidc) == Place(Role.OPERATOR, "o")
    assert place_of({"groups": ["own-ops", "lookers"], "organization": "o"}, oidc) == Place(Role.VIEWER, None)
    assert place_of({"groups": "jobs-admins"}, oidc) == Place(Role.ADMIN, None)
    with pytest.raises(NotMapped):
        place_of({"groups": [{"jobs-admins": 1}, 7]}, oidc)


def test_claims_are_found_by_name_and_by_path() -> None:
    claims = {"https://example.com/groups": ["a"], "realm_access": {"roles": ["b"]}}
    assert claim(claims, "https://example.com/groups") == ["a"]
    assert claim(claims, "realm_access.roles") == ["b"]
    assert claim(claims, "realm_access.roles.x") is None


def test_several_audiences_are_fine_with_us_as_the_party(identity_provider: IdentityProvider) -> None:
    claims = {"iss": identity_provider.issuer, "aud": ["advisorjobs", "x"], "azp": "advisorjobs", "iat": 90, "exp": 200,
              "nonce": "n", "sub": "s"}  # fmt: skip
    check_claims(claims, identity_provider.settings, "n", 100.0)
    with pytest.raises(NotGenuine, match="audience"):
        check_claims({**claims, "aud": None}, identity_provider.settings, "n", 100.0)
