"""What proxies say, read: the nearest that is none of ours, the last word of each list, and nothing of strangers."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from starlette.datastructures import Headers

from advisorjobs.web.access.forwarding import Forwarded, forwarded

OURS = (ip_network("10.0.0.0/24"), ip_network("fd00::/64"))


def told(peer: str, *headers: tuple[str, str]) -> Forwarded:
    return forwarded(peer, Headers(raw=[(name.encode(), value.encode()) for name, value in headers]), OURS)


def test_a_stranger_is_told_nothing_of() -> None:
    said = (("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "jobs.example"))
    for peer in ("10.0.1.1", "203.0.113.9", "", "/run/socket", "::1"):
        assert told(peer, *said) == Forwarded(peer)
    assert told("10.0.0.1", *said) == Forwarded("1.2.3.4", "https", "jobs.example")


@pytest.mark.parametrize(
    ("peer", "value", "client"),
    [
        ("10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "6.6.6.6, unknown, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "<script>", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4:5678", "1.2.3.4"),
        ("10.0.0.1", "[2001:db8::7]:443", "2001:db8::7"),
        ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("::ffff:10.0.0.1", "1.2.3.4, ::ffff:10.0.0.2", "1.2.3.4"),
        ("fd00::1", "1.2.3.4", "1.2.3.4"),
    ],
)
def test_the_client_is_the_nearest_that_is_no_proxy_of_ours(peer: str, value: str, client: str) -> None:
    assert told(peer, ("x-forwarded-for", value)).client == client


def test_of_several_headers_and_values_the_last_is_the_proxy_s_own() -> None:
    found = told(
        "10.0.0.1",
        ("x-forwarded-for", "6.6.6.6"),
        ("x-forwarded-for", "1.2.3.4"),
        ("x-forwarded-proto", "http, HTTPS"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-host", "jobs.example:8443"),
    )
    assert found == Forwarded("1.2.3.4", "https", "jobs.example:8443")


@pytest.mark.parametrize("host", ["a b", "a/b", "x@y", "<x>", "a:b", "", "é"])
def test_what_is_no_host_or_scheme_is_nothing(host: str) -> None:
    found = told("10.0.0.1", ("x-forwarded-host", host), ("x-forwarded-proto", "gopher"))
    assert (found.scheme, found.host) == (None, None)
