"""What is let out to addresses that a user has set, against a canary on this machine that must never be reached."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

import pytest
from standardwebhooks import Webhook

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.outbound import OUTBOUND, Outbound, Resolve, post_json, signed
from advisorjobs.services.public_addresses import is_public, literal_address
from tests.fixtures.certificates import Authority

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

# fmt: off
NOT_PUBLIC = (
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255",
    "192.0.0.8", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7",
    "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::a9fe:a9fe",
    "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1",
    "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254",
    "fe80::1", "fec0::1", "ff02::1",
)
PUBLIC = ("1.1.1.1", "8.8.8.8", "93.184.215.14", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450:4001::8a")
HOSTILE = (
    *(f"https://[{address}]/" if ":" in address else f"https://{address}/" for address in NOT_PUBLIC),
    "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/", "https://127.0.1/",
    "https://0/", "https://017700000001/", "https://0x/", "https://127.0.0.1./", "https://0300.0250.1.1/", "https://[fe80::1%25lo]/",
    "https://localhost/", "https://metadata/", "https://localhost.localdomain/", "https:///", "https://\u2460\u2461\u2466.0.0.1/",
    "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "//example.com/", "example.com",
    "https://example.com:22/", "https://example.com:80/", "https://example.com:5432/", "https://example.com:99999/", "https://example.com:x/",
    "https://user@example.com/", "https://user:password@example.com/", "https://example.com@127.0.0.1/", "https://example.com\\@127.0.0.1/",
    "https://127.0.0.1#@example.com/", "https://example.com/\r\nHost: x", "https://exa mple.com/", "https://example.com/\x00",
)
# fmt: on


@dataclass
class Canary:
    """`answer`: status line and headers, then the body; None: none at all."""

    port: int = 0
    connections: int = 0
    answer: bytes | None = b"HTTP/1.1 204 No Content\r\n\r\n"
    asked: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)


@asynccontextmanager
async def listening(tls: ssl.SSLContext) -> AsyncIterator[Canary]:
    canary = Canary()
    tls.sni_callback = lambda _socket, name, _context: canary.names.append(name)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        canary.connections += 1
        try:
            await writer.start_tls(tls)
        except (ssl.SSLError, ConnectionError):  # who came didn't trust our authority
            return
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        canary.asked.append(head + await reader.readexactly(length))
        if canary.answer is None:
            await reader.read()
        else:
            writer.write(canary.answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    canary.port = server.sockets[0].getsockname()[1]
    try:
        yield canary
    finally:
        server.close()


@pytest.fixture
async def canary(authority: Authority) -> AsyncIterator[Canary]:
    async with listening(authority.serving("hooks.example.com", "localhost")) as canary:
        yield canary


def resolver(*answers: Sequence[str]) -> Resolve:
    """A DNS server that gives one answer after the other, and the last for ever."""
    left = list(answers)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


def to_canary(authority: Authority, **more: object) -> Outbound:
    """Loopback allowed, by a parameter that only a test gives."""
    defaults = {"ports": None, "also": LOOPBACK, "tls": authority.trusting, "resolve": resolver(["127.0.0.1"])}
    return Outbound(**{**defaults, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_not_public_is_known(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_known(address: str) -> None:
    assert is_public(ip_address(address))


def test_a_name_is_no_address() -> None:
    assert literal_address("hooks.example.com") is None
    assert literal_address("3com.example") is None


async def test_no_hostile_address_reaches_anything(canary: Canary, authority: Authority) -> None:
    """Each resolves to the canary where a resolver is asked at all, at whose port it listens."""
    outbound = Outbound(ports=frozenset({443, canary.port}), resolve=resolver(["127.0.0.1"]), tls=authority.trusting)
    for url in HOSTILE:
        at_canary = url[:-1] + f":{canary.port}/" if url.endswith("/") else url
        for tried in (url, at_canary):
            with pytest.raises(JobError) as error:
                await outbound.post_json(tried, {})
            assert error.value.permanent, tried
            assert error.value.code is ErrorCode.VALIDATION, tried
    assert canary.connections == 0


@pytest.mark.parametrize(
    "answer", [["127.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["2606:4700::1", "::1"], ["64:ff9b::7f00:1"]]
)
async def test_a_name_with_any_address_that_is_not_public_is_refused(answer: list[str], canary: Canary) -> None:
    outbound = Outbound(ports=None, resolve=resolver(answer))

    with pytest.raises(JobError, match="not public"):
        await outbound.post_json(f"https://hooks.example.com:{canary.port}/", {})
    assert canary.connections == 0


async def test_a_second_answer_of_the_name_server_does_not_count(canary: Canary, authority: Authority) -> None:
    """DNS rebinding: the address that was checked is the one that is connected to, here one where nobody listens."""
    outbound = Outbound(
        ports=None,
        also=(ip_network("127.9.9.9/32"),),
        tls=authority.trusting,
        resolve=resolver(["127.9.9.9"], ["127.0.0.1"]),
    )

    with pytest.raises(JobError, match="can't be reached") as error:
        await outbound.post_json(f"https://hooks.example.com:{canary.port}/", {})
    assert error.value.code is ErrorCode.NETWORK
    assert canary.connections == 0


async def test_what_is_allowed_is_posted_with_its_name(canary: Canary, authority: Authority) -> None:
    answer = await to_canary(authority).post_json(
        f"https://hooks.example.com:{canary.port}/a?b=c", {"müde": 1}, headers={"webhook-id": "msg_1"}
    )
    head, _, body = canary.asked[0].partition(b"\r\n\r\n")

    assert answer.status == 204
    assert canary.names == ["hooks.example.com"]
    assert head.startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert f"Host: hooks.example.com:{canary.port}".encode() in head
    assert b"webhook-id: msg_1" in head
    assert json.loads(body) == {"müde": 1}


async def test_the_certificate_must_be_the_names(canary: Canary, authority: Authority) -> None:
    with pytest.raises(JobError, match="can't be reached"):
        await to_canary(authority).post_json(f"https://other.example.com:{canary.port}/", {})
    with pytest.raises(JobError, match="can't be reached"):
        await to_canary(authority, tls=None).post_json(f"https://hooks.example.com:{canary.port}/", {})
    assert canary.asked == []


async def test_the_next_address_is_asked_where_one_is_dead(canary: Canary, authority: Authority) -> None:
    outbound = to_canary(authority, resolve=resolver(["127.9.9.9", "127.0.0.1"]))

    assert (await outbound.post_json(f"https://hooks.example.com:{canary.port}/", {})).status == 204


@pytest.mark.parametrize(
    ("status", "code", "permanent"),
    [
        (301, ErrorCode.VALIDATION, True),
        (307, ErrorCode.VALIDATION, True),
        (400, ErrorCode.VALIDATION, True),
        (401, ErrorCode.AUTHENTICATION, True),
        (410, ErrorCode.NOT_FOUND, True),
        (408, ErrorCode.EXTERNAL_SERVICE, False),
        (429, ErrorCode.RATE_LIMITED, False),
        (503, ErrorCode.EXTERNAL_SERVICE, False),
    ],
)
async def test_each_answer_has_its_error(
    status: int, code: ErrorCode, permanent: bool, canary: Canary, authority: Authority
) -> None:
    target = f"https://localhost:{canary.port}/elsewhere"
    canary.answer = f"HTTP/1.1 {status} X\r\nLocation: {target}\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n".encode()

    with pytest.raises(JobError, match=f"hooks.example.com answered {status}") as error:
        await to_canary(authority).post_json(f"https://hooks.example.com:{canary.port}/secret-path", {})
    assert (error.value.code, error.value.permanent, error.value.retry_after) == (code, permanent, None)
    assert "secret-path" not in str(error.value)
    assert len(canary.asked) == 1


async def test_an_answer_without_end_is_cut(canary: Canary, authority: Authority) -> None:
    canary.answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + b"x" * (1 << 20)

    with pytest.raises(JobError, match="more than 64 kB"):
        await to_canary(authority).post_json(f"https://hooks.example.com:{canary.port}/", {})


async def test_a_server_that_says_nothing_is_left_at_the_deadline(canary: Canary, authority: Authority) -> None:
    canary.answer = None

    with pytest.raises(JobError, match=r"no answer within 0\.3 s") as error:
        await to_canary(authority, deadline=0.3).post_json(f"https://hooks.example.com:{canary.port}/", {})
    assert error.value.code is ErrorCode.TIMEOUT
    assert not error.value.permanent


async def test_no_proxy_of_the_environment_is_used(
    canary: Canary, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    assert (await to_canary(authority).post_json(f"https://hooks.example.com:{canary.port}/", {})).status == 204


async def test_what_jobs_call_lets_nothing_private_out() -> None:
    assert Outbound() == OUTBOUND
    with pytest.raises(JobError, match="not public"):
        await post_json("https://127.0.0.1/", {})


def test_the_reference_implementation_takes_our_signature() -> None:
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"a":1}'
    headers = signed(secret, body, message_id="msg_1", timestamp=int(datetime.now(UTC).timestamp()))

    assert Webhook(secret).verify(body.decode(), headers) == {"a": 1}


def test_a_secret_that_is_none_is_refused_without_showing_it() -> None:
    with pytest.raises(JobError, match="must be whsec_") as error:
        signed("whsec_not base64!", b"", message_id="m", timestamp=0)
    assert "not base64" not in str(error.value)
