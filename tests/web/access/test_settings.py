"""The settings of who may come: what can't be used is refused, by name, and secrets are not shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from advisorjobs.access_settings import Access, Grant, access, is_trusted_address
from advisorjobs.environment import Environment
from advisorjobs.errors import SettingsError

OIDC = {
    "ADVISORJOBS_OIDC_ISSUER": "https://login.example/realms/a",
    "ADVISORJOBS_OIDC_CLIENT_ID": "jobs",
    "ADVISORJOBS_OIDC_CLIENT_SECRET": "the secret",
    "ADVISORJOBS_OIDC_ROLES": "jobs-admins=admin, cn=ops=operator",
}


NO_URLS = (
    "jobs.example", "ftp://jobs.example", "https://", "https://jobs.example?x=1", "https://jobs.example#x", "https://a@jobs.example",
    "https://jobs.example/a/../b", "https://jobs.example//a", "https://jobs.example/a b", "https://jobs.example:0",
    "https://jobs.example:65536", "https://-jobs.example", "https://jobs.example:x",
)  # fmt: skip


@pytest.mark.parametrize(
    ("url", "shown", "origin"),
    [
        ("https://jobs.example", "https://jobs.example/", "https://jobs.example"),
        ("HTTPS://Jobs.Example:443/", "https://jobs.example/", "https://jobs.example"),
        ("http://jobs.example:80", "http://jobs.example/", "http://jobs.example"),
        ("https://jobs.example:80/x", "https://jobs.example:80/x/", "https://jobs.example:80"),
        (
            "https://[2001:db8::7]:8443/Back-ground/jobs/",
            "https://[2001:db8::7]:8443/Back-ground/jobs/",
            "https://[2001:db8::7]:8443",
        ),
    ],
)
def test_a_public_url_is_read_as_browsers_write_it(url: str, shown: str, origin: str) -> None:
    found = access(Environment({"ADVISORJOBS_WEB_PUBLIC_URL": url})).public
    assert found is not None
    assert (str(found), found.origin) == (shown, origin)


def test_proxies_are_addresses_and_networks() -> None:
    found = access(Environment({"ADVISORJOBS_WEB_TRUSTED_PROXIES": "10.0.0.7, 10.42.0.0/16,fd00::/8"})).proxies
    assert [str(each) for each in found] == ["10.0.0.7/32", "10.42.0.0/16", "fd00::/8"]
    assert [str(each) for each in access(Environment({})).proxies] == ["127.0.0.0/8", "::1/128"]


def test_without_any_there_are_passwords_alone() -> None:
    assert access(Environment({})) == Access(idle=timedelta(hours=2), limit=timedelta(hours=12))


def test_a_provider_with_its_groups() -> None:
    found = access(Environment({**OIDC, "ADVISORJOBS_WEB_HOSTS": "Jobs.example, 10.0.0.7"}))
    assert found.hosts == ("jobs.example", "10.0.0.7")
    assert found.oidc is not None
    assert found.oidc.roles == {"jobs-admins": Grant("admin"), "cn=ops": Grant("operator")}
    assert (found.oidc.role_claim, found.oidc.scope) == ("groups", "openid profile email")
    assert "the secret" not in repr(found)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"ADVISORJOBS_OIDC_CLIENT_SECRET": ""}, "ADVISORJOBS_OIDC_CLIENT_SECRET"),
        ({"ADVISORJOBS_OIDC_ISSUER": "http://login.example"}, "ADVISORJOBS_OIDC_ISSUER"),
        ({"ADVISORJOBS_OIDC_ISSUER": "https://login.example?x=1"}, "ADVISORJOBS_OIDC_ISSUER"),
        ({"ADVISORJOBS_OIDC_ROLES": ""}, "ADVISORJOBS_OIDC_ROLES"),
        ({"ADVISORJOBS_OIDC_ROLES": "a=chief"}, "ADVISORJOBS_OIDC_ROLES"),
        ({"ADVISORJOBS_OIDC_ROLES": "a=admin:own"}, "ADVISORJOBS_OIDC_ROLES"),
        ({"ADVISORJOBS_OIDC_ROLES": "=admin"}, "ADVISORJOBS_OIDC_ROLES"),
        ({"ADVISORJOBS_OIDC_ROLES": "a=viewer:all"}, "ADVISORJOBS_OIDC_ROLES"),
        ({"ADVISORJOBS_OIDC_ROLES": "a=viewer:own"}, "ADVISORJOBS_OIDC_ORGANIZATION_CLAIM"),
        ({"ADVISORJOBS_OIDC_SCOPE": "profile email"}, "ADVISORJOBS_OIDC_SCOPE"),
        ({"ADVISORJOBS_WEB_HOSTS": "jobs.example:443"}, "ADVISORJOBS_WEB_HOSTS"),
        ({"ADVISORJOBS_WEB_TRUSTED_PROXIES": "10.0.0.7/8"}, "ADVISORJOBS_WEB_TRUSTED_PROXIES"),
        ({"ADVISORJOBS_WEB_TRUSTED_PROXIES": "10.0.0.7, nginx"}, "ADVISORJOBS_WEB_TRUSTED_PROXIES"),
        ({"ADVISORJOBS_WEB_TRUSTED_PROXIES": "0.0.0.0/0"}, "ADVISORJOBS_WEB_TRUSTED_PROXIES"),
        ({"ADVISORJOBS_WEB_TRUSTED_PROXIES": "::/0"}, "ADVISORJOBS_WEB_TRUSTED_PROXIES"),
        *(({"ADVISORJOBS_WEB_PUBLIC_URL": url}, "ADVISORJOBS_WEB_PUBLIC_URL") for url in NO_URLS),
        ({"ADVISORJOBS_SESSION_IDLE": "50000"}, "ADVISORJOBS_SESSION_IDLE"),
        ({"ADVISORJOBS_SESSION_LIMIT": "5"}, "ADVISORJOBS_SESSION_LIMIT"),
    ],
)
def test_what_cant_be_used_is_refused_by_name(change: dict[str, str], key: str) -> None:
    with pytest.raises(SettingsError) as refused:
        access(Environment({**OIDC, **change}))
    assert refused.value.key == key
    assert "the secret" not in str(refused.value)


def test_plain_http_is_for_this_machine_alone() -> None:
    assert all(
        map(
            is_trusted_address,
            ("https://a.example/x?y=1", "http://127.0.0.1:80", "http://localhost/", "http://[::1]:8/"),
        )
    )
    assert not any(
        map(is_trusted_address, ("http://a.example", "http://localhost@evil.example/", "ftp://a", "", "https://a b/#"))
    )
