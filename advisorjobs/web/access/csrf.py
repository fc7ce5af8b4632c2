"""Whether a change was asked for by a page of ours: by what the browser says of its origin, and by the form's token."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from advisorjobs.web.access.hosts import host_name, is_loopback

__all__ = ["FIELD", "HEADER", "comes_from_us", "form_field", "is_same"]

FIELD, HEADER = "csrf", "x-csrf-token"
MOST_FIELDS = 5_000


def comes_from_us(headers: Mapping[str, str], *, public: str | None = None, asked: str = "") -> bool:
    """False where the browser says that another site asks.

    *public*: our own origin, where it is known. Else names and ports are compared, not schemes: a proxy may speak TLS.
    *asked*: the host that was asked for: past the proxy, on this machine, the pages are at home as well.
    """
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is None or origin.lower() == public:
        return True
    place = urlsplit(origin).netloc.lower()
    if public is not None:
        return is_loopback(host_name(asked)) and place == asked.lower()
    return place == headers.get("host", "").lower() != ""


def is_same(given: str | None, expected: str | None) -> bool:
    """Compares tokens in a time that tells nothing; no token is none's."""
    if not given or not expected:
        return False
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def form_field(body: bytes) -> str | None:
    """The token in a form's body, urlencoded; None without one, with two, or with more fields than a form of ours has."""
    try:
        given = parse_qs(body.decode("ascii"), max_num_fields=MOST_FIELDS).get(FIELD, [])
    except ValueError:
        return None
    return given[0] if len(given) == 1 else None
