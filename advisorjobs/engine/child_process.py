"""The worker's handle on one child process: starting it, talking to it, its memory, and ending it for certain."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil

from advisorjobs.engine.child_messages import HEAD, ChildSpec, framed, length_of, message_from

__all__ = ["ChildBroken", "ChildGone", "ChildProcess"]

log = logging.getLogger(__name__)

START_PATIENCE = 60.0
"""Seconds that a child may take for its imports."""

STOP_PATIENCE = 2.0


class ChildBroken(Exception):
    """A child can't be made: the application can't be imported there, or the system refuses a process."""


class ChildGone(Exception):
    """The process has ended, or was killed; `why` says how."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class ChildProcess:
    """A running child, head of a process group of its own. Made by `start`.

    `jobs`: how many it has begun. `size`: what it held before the first (bytes). `idle_since`: monotonic. `doom`: why
    it was killed. `gone`: done once the process, and what else was in its group, is dead.
    """

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        leash: int,
    ) -> None:
        self.process = process
        self.pid = process.pid
        self.jobs = 0
        self.size = 0
        self.idle_since = 0.0
        self.doom: str | None = None
        self._reader, self._writer = streams
        self._leash = leash
        self._psutil: psutil.Process | None = None
        self.gone = asyncio.ensure_future(self._until_gone())

    @classmethod
    async def start(cls, spec: ChildSpec) -> ChildProcess:
        """A child that has imported the application. Raises ChildBroken with the reason."""
        ours, theirs = socket.socketpair()
        held, leash = os.pipe()  # see tie_to_worker in child.py
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "advisorjobs.engine.child", str(theirs.fileno()), str(held),
                stdin=asyncio.subprocess.DEVNULL, stdout=2, start_new_session=True,
                pass_fds=(theirs.fileno(), held),
            )  # fmt: skip
        except BaseException as error:
            ours.close()
            os.close(leash)
            if isinstance(error, OSError):
                raise ChildBroken(f"the system starts no child process: {error.strerror}") from error
            raise
        finally:
            theirs.close()
            os.close(held)
        child = cls(process, await asyncio.open_unix_connection(sock=ours), leash)
        try:
            await child._introduce(spec)
        except BaseException:
            child.kill("not wanted any more")
            await asyncio.shield(child.gone)
            raise
        return child

    @property
    def alive(self) -> bool:
        return self.doom is None and not self.gone.done() and not self._reader.at_eof()

    def tell(self, **message: Any) -> None:
        """Sends without waiting; what a dead child misses is no loss."""
        self._writer.write(framed(json.dumps(message).encode()))

    async def hear(self) -> dict[str, Any]:
        """The next message. Raises ChildGone."""
        try:
            head = await self._reader.readexactly(HEAD)
            return message_from(await self._reader.readexactly(length_of(head)))
        except (asyncio.IncompleteReadError, ConnectionError):
            self._kill_group()
            status = await asyncio.shield(self.process.wait())
            raise ChildGone(self.doom or how_ended(status)) from None

    def kill(self, why: str) -> None:
        """Ends the process and all that it started, at once."""
        if self.doom is None and not self.gone.done():
            self.doom = why
            self._kill_group()

    def dismiss(self) -> None:
        """Lets an idle child end by itself; kills it where it doesn't."""
        if self.doom is None and not self.gone.done():
            self.doom = "dismissed"
            self.tell(stop=True)
            asyncio.get_running_loop().call_later(STOP_PATIENCE, self._kill_group)

    def resident(self) -> int:
        """Bytes of memory that the child and what it started hold; 0 once it is gone."""
        try:
            if self._psutil is None:
                self._psutil = psutil.Process(self.pid)
            total: int = self._psutil.memory_info().rss
            return total + sum(map(own_memory, descendants(self.pid)))
        except psutil.Error:
            return 0

    async def _introduce(self, spec: ChildSpec) -> None:
        self.tell(spec=asdict(spec), path=sys.path)
        try:
            async with asyncio.timeout(START_PATIENCE):
                answer = await self.hear()
        except TimeoutError:
            raise ChildBroken(f"a child process was not ready after {START_PATIENCE:g} s") from None
        except ChildGone as error:
            raise ChildBroken(f"a child process ended before it was ready: {error.why}") from None
        if "broken" in answer:
            raise ChildBroken(f"a child process can't import the application: {answer['broken']}")
        self.size = self.resident()
        self.idle_since = time.monotonic()

    async def _until_gone(self) -> None:
        await self.process.wait()
        self._kill_group()
        self._writer.close()
        os.close(self._leash)

    def _kill_group(self) -> None:
        # its number can't be somebody else's while the group has members, or while we have not waited for its head
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


def how_ended(status: int) -> str:
    """A return code in words: "killed by SIGSEGV", "exited with status 3"."""
    if status >= 0:
        return f"exited with status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"


def descendants(pid: int) -> Iterator[int]:
    """What *pid* started and what that started, as the kernel lists it (nothing where it keeps no such lists)."""
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, thread.read_text().split()):
                yield child
                yield from descendants(child)


def own_memory(pid: int) -> int:
    """Bytes that only this process holds: what it shares with its parent since a fork counts once, there."""
    try:
        own: int = psutil.Process(pid).memory_full_info().uss
    except psutil.Error:
        return 0
    return own
