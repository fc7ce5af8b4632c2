"""Signatures: what the official libraries sign is taken, and nothing that differs from it in a bit."""

from __future__ import annotations

import ast
import base64
import hashlib
import hmac
import inspect
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe
from standardwebhooks import Webhook

from advisorjobs.services.webhooks import signatures
from advisorjobs.services.webhooks.signatures import (
    Refused,
    StandardHeaders,
    check_intuit,
    check_standard,
    check_stripe,
)

NOW = 1_800_000_000
BODY = json.dumps({"id": "evt_1", "object": "event", "text": "Müller & Söhne"}, ensure_ascii=False).encode()
STRIPE_SECRET, OLD_SECRET, INTUIT_TOKEN = "whsec_" + "n" * 32, "whsec_" + "o" * 32, "intuit-verifier-token"
STANDARD_SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
Check = Callable[[bytes, str], None]


def of_stripe(body: bytes, header: str, secrets: tuple[str, ...] = (STRIPE_SECRET,), now: float = NOW) -> None:
    check_stripe(body, header, secrets, now)


def of_intuit(body: bytes, header: str) -> None:
    check_intuit(body, header, [INTUIT_TOKEN])


def of_standard(body: bytes, header: str, event_id: str = "msg_1", stamp: str = str(NOW), now: float = NOW) -> None:
    check_standard(body, StandardHeaders(event_id, stamp, header), [STANDARD_SECRET], now)


def stripe_header(body: bytes = BODY, secret: str = STRIPE_SECRET, at: int = NOW) -> str:
    header: str = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)
    return header


def intuit_header(body: bytes = BODY) -> str:
    return base64.b64encode(hmac.new(INTUIT_TOKEN.encode(), body, hashlib.sha256).digest()).decode()


def standard_header(body: bytes = BODY, event_id: str = "msg_1", at: int = NOW) -> str:
    return Webhook(STANDARD_SECRET).sign(event_id, datetime.fromtimestamp(at, UTC), body.decode())


SCHEMES: dict[str, tuple[Check, str]] = {
    "stripe": (of_stripe, stripe_header()),
    "intuit": (of_intuit, intuit_header()),
    "standard": (of_standard, standard_header()),
}
every_scheme = pytest.mark.parametrize(("check", "header"), SCHEMES.values(), ids=SCHEMES)


def refused(check: Callable[..., None], *given: Any, **more: Any) -> str:
    """Why it is refused; an error where it is taken."""
    with pytest.raises(Refused) as error:
        check(*given, **more)
    return error.value.reason


def flipped_signatures(header: str) -> Iterator[str]:
    """The header with each of the signature's 256 bits turned, written as the service writes it."""
    mark = "v1=" if header.startswith("t=") else "v1,"
    head, mark, text = header.rpartition(mark)
    digest = bytes.fromhex(text) if mark == "v1=" else base64.b64decode(text)
    assert len(digest) == 32
    for bit in range(256):
        turned = bytearray(digest)
        turned[bit // 8] ^= 1 << bit % 8
        yield head + mark + (turned.hex() if mark == "v1=" else base64.b64encode(turned).decode())


@every_scheme
def test_what_the_sender_signed_is_taken(check: Check, header: str) -> None:
    check(BODY, header)


@every_scheme
def test_of_the_256_signatures_that_differ_in_a_bit_none_is_taken(check: Check, header: str) -> None:
    reasons = [refused(check, BODY, forged) for forged in flipped_signatures(header)]

    assert reasons == ["wrong signature"] * 256


@every_scheme
def test_no_body_that_differs_in_a_bit_is_taken(check: Check, header: str) -> None:
    for bit in range(8 * len(BODY)):
        turned = bytearray(BODY)
        turned[bit // 8] ^= 1 << bit % 8
        assert refused(check, bytes(turned), header) == "wrong signature"


@every_scheme
def test_a_body_that_was_written_anew_is_refused(check: Check, header: str) -> None:
    for body in (
        json.dumps(json.loads(BODY)).encode(),
        BODY + b"\n",
        b"\xef\xbb\xbf" + BODY,
        BODY.decode().encode("utf-16"),
        BODY.replace(b": ", b":"),
    ):
        assert refused(check, body, header) == "wrong signature"


@every_scheme
def test_no_character_of_the_header_can_be_another(check: Check, header: str) -> None:
    for place, old in enumerate(header):
        for new in ("A", "b", "0", "=", " ", ",", "é", "\x7f", old.upper()):
            if new != old:
                refused(check, BODY, header[:place] + new + header[place + 1 :])


@every_scheme
def test_odd_headers_are_refused(check: Check, header: str) -> None:
    for odd in (
        "",
        " ",
        ",",
        "=",
        "t=",
        "v1=",
        "t=,v1=",
        "v1,",
        "é" * 40,
        header[:-1],
        header + "\n",
        "x" * 5_000,
        header * 200,
    ):
        refused(check, BODY, odd)


@pytest.mark.parametrize("seconds", [-301, -300, 0, 300, 301])
def test_times_lie_within_five_minutes_before_and_after(seconds: int) -> None:
    at = NOW + seconds
    for check in (
        lambda: of_stripe(BODY, stripe_header(at=at)),
        lambda: of_standard(BODY, standard_header(at=at), stamp=str(at)),
    ):
        if abs(seconds) <= 300:
            check()
        else:
            assert refused(check) == "outside the time window"


def test_stripes_library_alone_would_take_a_signature_from_the_future() -> None:
    """Which is why ours looks at both sides: it held until somebody's clock got there."""
    import time

    header = stripe_header(at=int(time.time()) + 86_400)

    assert stripe.WebhookSignature.verify_header(BODY, header, STRIPE_SECRET, 300)
    assert refused(of_stripe, BODY, header, now=time.time()) == "outside the time window"


@pytest.mark.parametrize(
    "stamp", ["", "0", "-1", "+5", " 1800000000", "1800000000.0", "1_800_000_000", "१८००००००००", "9" * 13, "1e9"]
)
def test_a_time_is_plain_digits(stamp: str) -> None:
    signature = stripe_header().partition(",")[2]

    assert refused(of_stripe, BODY, f"t={stamp},{signature}") == "malformed time"
    assert refused(of_standard, BODY, standard_header(), stamp=stamp) == "malformed time"


def test_several_signatures_are_tried_and_two_times_are_not() -> None:
    time, _, signature = stripe_header().partition(",")
    other = "v1=" + "0" * 64

    of_stripe(BODY, f"{time},{other},{signature}")
    of_stripe(BODY, f"{time},v0={'1' * 64},{signature},{other}")
    assert refused(of_stripe, BODY, f"{time},{signature},t={NOW - 1}") == "malformed signature"
    assert refused(of_stripe, BODY, f"{time},v0={signature[3:]}") == "malformed signature"
    of_standard(BODY, f"v1,AAAA v1a,BBBB {standard_header()}")
    assert refused(of_standard, BODY, standard_header().replace("v1,", "v1a,")) == "malformed signature"


def test_while_a_secret_is_rolled_both_hold() -> None:
    for secret in (STRIPE_SECRET, OLD_SECRET):
        of_stripe(BODY, stripe_header(secret=secret), (OLD_SECRET, STRIPE_SECRET))
    assert refused(of_stripe, BODY, stripe_header(), (OLD_SECRET,)) == "wrong signature"
    assert refused(of_stripe, BODY, stripe_header(), ()) == "wrong signature"


def test_what_parts_the_signed_text_cant_be_moved() -> None:
    """`id.time.body`: an id with a full stop could borrow from the time, or the time from the body."""
    header = standard_header(event_id="a.b")

    assert refused(of_standard, BODY, header, event_id="a.b") == "malformed signature"
    assert refused(of_standard, BODY, header, event_id="x" * 201) == "malformed signature"


def test_the_standards_own_vector_is_taken() -> None:
    """From the specification's repository, libraries/python/tests."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", '{"test": 2432232314}'
    headers = StandardHeaders(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )

    check_standard(body.encode(), headers, [secret], 1_614_265_330)


def test_signatures_are_compared_in_constant_time_only() -> None:
    """No ==, != or `in` between strings that come from outside and from a secret: only compare_digest tells them apart."""
    tree = ast.parse(inspect.getsource(signatures))
    secrets = {"expected", "ours", "theirs", "digest", "given", "secret", "token", "key", "keys", "secrets", "tokens"}
    compared = [
        {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
    ]
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]

    assert [names & (secrets - {"key"}) for names in compared if names & (secrets - {"key"})] == []
    assert calls.count("hmac.compare_digest") == 1
    assert "_check_any" in calls
    assert calls.count("_check_any") == 3  # each of the three schemes ends there
