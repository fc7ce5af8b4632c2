"""Connections to one mail server, kept open from mail to mail: those of one event loop, and so of one worker process.

A connection is given to one mail at a time. One that lay idle is asked whether it still lives before it is used (RSET, which
also forgets whatever was begun), so that a mail never fails because the server hung up meanwhile.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

import aiosmtplib

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.settings import Smtp

__all__ = ["Connections"]

ANSWER = 8.0
"""Seconds for one answer of the server, and for connecting."""

IDLE = 20.0
"""Seconds after which a connection that nobody used is closed; servers hang up after some minutes by themselves."""

MAILS = 100
"""After so many mails a connection is replaced: many servers count."""


class Connections:
    """`start()` ties them to the event loop in which it is awaited: with its async generators they are closed."""

    def __init__(self, smtp: Smtp) -> None:
        self._smtp = smtp
        self._tls = ssl.create_default_context(cafile=None if smtp.ca_file is None else str(smtp.ca_file))
        self._idle: list[tuple[aiosmtplib.SMTP, int, float]] = []
        self._lifetime = self._until_loop_ends()

    async def start(self) -> None:
        await anext(self._lifetime)

    async def _until_loop_ends(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            self.close()
            await asyncio.sleep(0)  # in which the loop closes the sockets

    @asynccontextmanager
    async def one(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """A connection that was just seen alive, logged in, without a mail begun.

        After an answer with a number other than 421 it is kept; after anything else it is closed. Raises what aiosmtplib
        raises, and JobError where the server lacks what the settings ask for.
        """
        client, mails = await self._living()
        try:
            yield client
        except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused) as error:
            self._keep(client, MAILS if is_goodbye(error) else mails)
            raise
        except BaseException:
            cut(client)
            raise
        self._keep(client, mails + 1)

    def close(self) -> None:
        """Closes what is idle; in the loop's next turn the sockets are gone."""
        while self._idle:
            cut(self._idle.pop()[0])

    async def _living(self) -> tuple[aiosmtplib.SMTP, int]:
        while self._idle:
            client, mails, _ = self._idle.pop()
            if await lives(client):
                return client, mails
        return await self._connected(), 0

    def _keep(self, client: aiosmtplib.SMTP, mails: int) -> None:
        if not client.is_connected or mails >= MAILS:
            client.close()
            return
        self._idle.append((client, mails, monotonic()))
        asyncio.get_running_loop().call_later(IDLE, self._expire)

    def _expire(self) -> None:
        """Closes those that nobody has used for IDLE; the others have a call of their own to come."""
        old = [each for each in self._idle if monotonic() - each[2] >= IDLE - 0.1]
        self._idle = [each for each in self._idle if each not in old]
        for client, _, _ in old:
            client.close()

    async def _connected(self) -> aiosmtplib.SMTP:
        smtp = self._smtp
        client = aiosmtplib.SMTP(
            hostname=smtp.host,
            port=smtp.port,
            local_hostname=own_name(),
            timeout=ANSWER,
            use_tls=smtp.security == "tls",
            start_tls=False,  # done below, where its absence gets a text of its own
            tls_context=self._tls,
        )
        await client.connect()
        try:
            await self._made_ready(client)
        except BaseException:
            cut(client)
            raise
        return client

    async def _made_ready(self, client: aiosmtplib.SMTP) -> None:
        smtp = self._smtp
        await client.ehlo()
        if smtp.security == "starttls":
            if not client.supports_extension("starttls"):
                told = "offers no STARTTLS, and nothing is sent in the clear: see ADVISORJOBS_SMTP_SECURITY"
                raise JobError(ErrorCode.EXTERNAL_SERVICE, f"{smtp.place} {told}")
            await client.starttls()
            await client.ehlo()
        if smtp.user is not None:
            if not client.supports_extension("auth"):
                told = "offers no login: unset SMTP_USER and SMTP_PASS, or check SMTP_PORT"
                raise JobError(ErrorCode.AUTHENTICATION, f"{smtp.place} {told}")
            await client.login(smtp.user, smtp.password or "")


def is_goodbye(error: aiosmtplib.SMTPException) -> bool:
    """Whether the server said that it will hang up (RFC 5321 §3.8: 421, to any command)."""
    return isinstance(error, aiosmtplib.SMTPResponseException) and error.code == 421


def own_name() -> str:
    """What we call ourselves (RFC 5321 §4.1.3), without asking a name server, which nobody's deadline would bind."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


async def lives(client: aiosmtplib.SMTP) -> bool:
    """Whether the server still answers; closes what doesn't."""
    try:
        await client.rset()
    except (aiosmtplib.SMTPException, OSError):
        cut(client)
        return False
    return True


def cut(client: aiosmtplib.SMTP) -> None:
    """Ends a connection at once: TLS's own farewell waits for the other side, which may be gone."""
    abort = getattr(client.transport, "abort", None)  # None: there was no connection any more
    client.close()
    if abort is not None:
        abort()
