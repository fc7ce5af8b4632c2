"""How a mail leaves: by the SMTP server that the settings name, or, without one, as a file in a folder."""

from __future__ import annotations

import asyncio
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from weakref import WeakKeyDictionary

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.mail.connections import Connections
from advisorjobs.services.mail.message import harmless, is_address
from advisorjobs.services.mail.replies import job_error
from advisorjobs.settings import Settings, Smtp

__all__ = ["Delivered", "Post", "post", "sender"]

LONGEST_ANSWER = 300
NOBODY = "advisorjobs@localhost"
"""Who mails in the folder are from when nobody said."""

POOLS: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Smtp, Connections]] = WeakKeyDictionary()
"""The connections of each event loop."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """Who took the mail: `engine` is "smtp" or "folder"; `answer` the server's words, or the file's place."""

    engine: str
    answer: str


class Post(Protocol):
    """`deliver` hands one mail over. Raises JobError; what it means is in replies.py."""

    async def deliver(
        self, data: bytes, *, sender: str, recipient: str, message_id: str, within: float
    ) -> Delivered: ...


def post(settings: Settings) -> Post:
    """The way that *settings* name."""
    return Server(settings.smtp) if settings.smtp else Folder(settings.data_dir / "mails")


def sender(settings: Settings) -> str:
    """Who mails are from: ADVISORJOBS_MAIL_FROM, else SMTP_USER where that is an address.

    JobError `validation` where neither is: it stays so, however often the mail is tried.
    """
    if settings.mail_from is not None:
        return settings.mail_from
    if settings.smtp is None:
        return NOBODY
    if is_address(settings.smtp.user):
        return str(settings.smtp.user)
    told = "nobody to send mails from: set ADVISORJOBS_MAIL_FROM, as SMTP_HOST is set and SMTP_USER is no address"
    raise JobError(ErrorCode.VALIDATION, told, permanent=True)


@dataclass(frozen=True, slots=True)
class Server:
    """An SMTP server."""

    smtp: Smtp

    async def deliver(self, data: bytes, *, sender: str, recipient: str, message_id: str, within: float) -> Delivered:
        """Hands the mail to the server; *within* so many seconds, after which the connection is given up.

        When that happens, or the connection is lost, after the last line was sent, nobody knows whether the server has
        the mail: the next run sends it again with the same Message-ID.
        """
        try:
            async with asyncio.timeout(within), (await connections(self.smtp)).one() as client:
                refused, answer = await client.sendmail(sender, [recipient], data)
        except JobError:
            raise
        except Exception as error:
            told = job_error(error, self.smtp.place)
            if told is None:
                raise
            raise told from error
        if refused:
            raise JobError(ErrorCode.EXTERNAL_SERVICE, f"{self.smtp.place} took the mail for nobody")
        return Delivered("smtp", harmless(answer)[:LONGEST_ANSWER])


async def connections(smtp: Smtp) -> Connections:
    """Those of the running loop."""
    pools = POOLS.setdefault(asyncio.get_running_loop(), {})
    if smtp not in pools:
        pools[smtp] = made = Connections(smtp)
        await made.start()
    return pools[smtp]


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of .eml files, which mail programs open."""

    folder: Path

    async def deliver(self, data: bytes, *, sender: str, recipient: str, message_id: str, within: float) -> Delivered:
        """Writes the mail, whole or not at all. A second one with the same Message-ID takes the first one's place."""
        return Delivered(
            "folder", await asyncio.to_thread(self._write, f"{message_id.strip('<>').partition('@')[0]}.eml", data)
        )

    def _write(self, name: str, data: bytes) -> str:
        place = self.folder / name
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as file:
                file.write(data)
            os.replace(file.name, place)
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise JobError(ErrorCode.INTERNAL, f"a mail can't be written into {self.folder}: {reason}") from error
        return str(place)
