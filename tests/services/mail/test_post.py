"""Handing mails over: TLS or nothing, one connection for many, deadlines, and what each of a server's answers means."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.mail import connections
from advisorjobs.services.mail.message import built
from advisorjobs.services.mail.post import Delivered, Server, post, sender
from advisorjobs.services.mail.samples import letter
from advisorjobs.settings import Settings, Smtp
from tests.fixtures.clusters import free_port
from tests.fixtures.mail_servers import PASSWORD, USER, Authority, MailServer, StartServer
from tests.fixtures.waiting import wait_for_async

SAMPLE = letter("welcome", "en")
DATA = built(SAMPLE)


def smtp_of(server: MailServer, authority: Authority, security: str = "starttls") -> Smtp:
    return Smtp("localhost", server.port, USER, PASSWORD, security, authority.file)


async def deliver(smtp: Smtp, *, within: float = 20) -> Delivered:
    return await Server(smtp).deliver(
        DATA, sender=SAMPLE.sender, recipient=SAMPLE.recipient, message_id=SAMPLE.message_id, within=within
    )


async def error_of(smtp: Smtp, *, within: float = 20) -> JobError:
    with pytest.raises(JobError) as caught:
        await deliver(smtp, within=within)
    assert SAMPLE.recipient not in str(caught.value)
    assert PASSWORD not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
async def test_a_mail_arrives_byte_by_byte(start_mail_server: StartServer, authority: Authority, security: str) -> None:
    server = start_mail_server(security)
    delivered = await deliver(smtp_of(server, authority, security))

    assert delivered.engine == "smtp"
    assert "queued as 000001" in delivered.answer
    assert server.mails[0].data == DATA
    assert server.mails[0].by_tls == (security != "none")
    assert server.mails[0].user == USER


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_server_of_another_authority_is_refused_and_gets_nothing(
    start_mail_server: StartServer, authority: Authority, tmp_path: Path, security: str
) -> None:
    server = start_mail_server(security)
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    error = await error_of(replace(smtp_of(server, authority, security), ca_file=tmp_path / "other.pem"))

    assert (error.code, error.permanent) == (ErrorCode.NETWORK, False)
    assert "can't be trusted" in str(error)
    assert "ADVISORJOBS_SMTP_CA_FILE" in str(error)
    assert server.mails == []


async def test_a_certificate_for_another_name_is_refused(start_mail_server: StartServer, authority: Authority) -> None:
    server = start_mail_server("starttls", name="elsewhere.example")

    assert "can't be trusted" in str(await error_of(smtp_of(server, authority)))


async def test_a_server_that_offers_no_starttls_gets_neither_mail_nor_password(
    start_mail_server: StartServer, authority: Authority
) -> None:
    server = start_mail_server("none")
    error = await error_of(smtp_of(server, authority, "starttls"))

    assert error.code is ErrorCode.EXTERNAL_SERVICE
    assert "offers no STARTTLS" in str(error)
    assert server.mails == []


async def test_a_wrong_password_is_permanent_and_said(start_mail_server: StartServer, authority: Authority) -> None:
    server = start_mail_server("starttls")
    error = await error_of(replace(smtp_of(server, authority), password="wrong"))

    assert (error.code, error.permanent) == (ErrorCode.AUTHENTICATION, True)
    assert "535" in str(error)
    assert "check SMTP_USER and SMTP_PASS" in str(error)


async def test_a_login_that_the_server_wants_and_nobody_set_is_said(
    start_mail_server: StartServer, authority: Authority
) -> None:
    server = start_mail_server("starttls")
    error = await error_of(replace(smtp_of(server, authority), user=None, password=None))

    assert (error.code, error.permanent) == (ErrorCode.AUTHENTICATION, True)


async def test_a_login_that_the_server_doesnt_offer_is_said(
    start_mail_server: StartServer, authority: Authority
) -> None:
    server = start_mail_server("none", auth_require_tls=True)
    error = await error_of(smtp_of(server, authority, "none"))

    assert error.code is ErrorCode.AUTHENTICATION
    assert "offers no login" in str(error)


REPLIES = [
    ("MAIL", "421 4.3.2 closing", ErrorCode.RATE_LIMITED, False, 60.0),
    ("DATA", "421 4.7.0 try again later", ErrorCode.RATE_LIMITED, False, 60.0),
    ("RCPT", "450 4.7.1 rate limit exceeded", ErrorCode.RATE_LIMITED, False, 60.0),
    ("DATA", "452 4.3.1 too many messages in this session", ErrorCode.RATE_LIMITED, False, 60.0),
    ("RCPT", "450 4.2.0 greylisted: too fast, come back", ErrorCode.EXTERNAL_SERVICE, False, None),
    ("RCPT", "450 4.2.1 mailbox busy", ErrorCode.EXTERNAL_SERVICE, False, None),
    ("DATA", "451 4.3.0 local error", ErrorCode.EXTERNAL_SERVICE, False, None),
    ("RCPT", "550 5.1.1 <ada@larkspur.example> unknown", ErrorCode.VALIDATION, True, None),
    ("MAIL", "553 5.7.1 not your address", ErrorCode.VALIDATION, True, None),
    ("MAIL", "530 5.7.0 log in first", ErrorCode.AUTHENTICATION, True, None),
    ("DATA", "554 5.7.1 that is spam", ErrorCode.EXTERNAL_SERVICE, True, None),
    ("DATA", "die", ErrorCode.NETWORK, False, None),
    ("354", "die", ErrorCode.NETWORK, False, None),
    ("MAIL", "die", ErrorCode.NETWORK, False, None),
]


@pytest.mark.parametrize(
    ("command", "text", "code", "permanent", "retry_after"), REPLIES, ids=[f"{row[0]} {row[1]}" for row in REPLIES]
)
async def test_what_an_answer_means(
    start_mail_server: StartServer,
    authority: Authority,
    command: str,
    text: str,
    code: ErrorCode,
    permanent: bool,
    retry_after: float | None,
) -> None:
    server = start_mail_server("starttls")
    server.answer(command, text, times=1)
    error = await error_of(smtp_of(server, authority))

    assert (error.code, error.permanent, error.retry_after) == (code, permanent, retry_after)
    assert server.mails == []
    await deliver(smtp_of(server, authority))  # the next mail isn't spoilt by the one before
    assert len(server.mails) == 1
    assert server.connections == (2 if text.startswith(("421", "die")) else 1)


async def test_a_server_that_says_nothing_is_given_up(
    start_mail_server: StartServer, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_mail_server("none")
    server.answer("DATA", "hang")
    error = await error_of(smtp_of(server, authority, "none"), within=0.3)
    monkeypatch.setattr(connections, "ANSWER", 0.3)
    other = await error_of(smtp_of(server, authority, "none"))

    for each in (error, other):
        assert (each.code, each.permanent) == (ErrorCode.NETWORK, False)
        assert "didn't answer in time" in str(each)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Where somebody listens who never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


async def test_one_that_never_greets_is_given_up(silent_port: int) -> None:
    error = await error_of(Smtp("127.0.0.1", silent_port, None, None, "none"), within=0.3)

    assert (error.code, error.permanent) == (ErrorCode.NETWORK, False)


async def test_nobody_there_is_temporary() -> None:
    error = await error_of(Smtp("127.0.0.1", free_port(), None, None, "none"))

    assert (error.code, error.permanent) == (ErrorCode.NETWORK, False)
    assert "can't be reached" in str(error)


async def test_many_mails_go_over_one_connection_and_as_many_as_are_sent_at_once(
    start_mail_server: StartServer, authority: Authority
) -> None:
    server = start_mail_server("starttls")
    smtp = smtp_of(server, authority)
    for _ in range(10):
        await deliver(smtp)
    assert server.connections == 1

    await asyncio.gather(*(deliver(smtp) for _ in range(4)))
    await asyncio.gather(*(deliver(smtp) for _ in range(4)))
    assert len(server.mails) == 18
    assert server.connections <= 4


async def test_a_connection_that_the_server_closed_meanwhile_costs_no_mail(
    start_mail_server: StartServer, authority: Authority
) -> None:
    server = start_mail_server("starttls", timeout=0.2)
    smtp = smtp_of(server, authority)
    await deliver(smtp)
    pool = await connections_of(smtp)
    client = pool._idle[0][0]

    async def closed() -> bool:
        return not client.is_connected

    await wait_for_async(closed, "the server's hanging up")
    await deliver(smtp)
    assert len(server.mails) == 2
    assert server.connections == 2


async def test_a_connection_is_replaced_after_its_share_of_mails(
    start_mail_server: StartServer, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAILS", 2)
    server = start_mail_server("none")
    for _ in range(4):
        await deliver(smtp_of(server, authority, "none"))

    assert server.connections == 2


async def test_an_idle_connection_is_closed_after_a_while(
    start_mail_server: StartServer, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE", 0.05)
    server = start_mail_server("none")
    smtp = smtp_of(server, authority, "none")
    await deliver(smtp)
    pool = await connections_of(smtp)

    async def gone() -> bool:
        return pool._idle == []

    await wait_for_async(gone, "the end of the idle connection")


def test_each_event_loop_has_connections_of_its_own_and_leaves_none(
    start_mail_server: StartServer, authority: Authority
) -> None:
    server = start_mail_server("starttls")
    for _ in range(2):
        asyncio.run(deliver(smtp_of(server, authority)))

    assert server.connections == 2


async def connections_of(smtp: Smtp) -> connections.Connections:
    from advisorjobs.services.mail.post import connections as of_loop

    return await of_loop(smtp)


async def test_the_folder_keeps_a_mail_whole_and_once(tmp_path: Path) -> None:
    way = post(Settings(data_dir=tmp_path))
    for _ in range(2):
        delivered = await way.deliver(
            DATA, sender=SAMPLE.sender, recipient=SAMPLE.recipient, message_id=SAMPLE.message_id, within=1
        )

    (file,) = (tmp_path / "mails").iterdir()
    assert delivered == Delivered("folder", str(file))
    assert file.read_bytes() == DATA
    assert file.stat().st_mode & 0o077 == 0


async def test_a_folder_that_cant_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "mails").write_text("in the way")
    with pytest.raises(JobError, match="can't be written") as caught:
        await post(Settings(data_dir=tmp_path)).deliver(DATA, sender="a", recipient="b", message_id="<c@d>", within=1)
    assert caught.value.code is ErrorCode.INTERNAL


def test_who_mails_are_from(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    server = Smtp("mail.example", 587, "office@firm.example", "x")

    assert sender(settings) == "advisorjobs@localhost"
    assert sender(replace(settings, smtp=server)) == "office@firm.example"
    assert sender(replace(settings, smtp=server, mail_from="mail@firm.example")) == "mail@firm.example"
    with pytest.raises(JobError, match="set ADVISORJOBS_MAIL_FROM") as caught:
        sender(replace(settings, smtp=replace(server, user="apikey")))
    assert caught.value.permanent
