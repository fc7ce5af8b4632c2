"""A child process: runs one job function at a time for its worker, and ends with it.

Started as `python -m advisorjobs.engine.child SOCKET LEASH` with two inherited descriptors. What job functions print
goes to the worker's stderr; the socket is the protocol's alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import fcntl
import json
import os
import queue
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from advisorjobs.engine.child_memory import ChildMemory
from advisorjobs.engine.child_messages import (
    HEAD,
    ChildSpec,
    claimed_from,
    failure_message,
    framed,
    length_of,
    message_from,
    outcome_message,
)
from advisorjobs.engine.child_program import Program
from advisorjobs.engine.child_telemetry import ChildTelemetry
from advisorjobs.engine.handler import Handler
from advisorjobs.engine.lease import Lease
from advisorjobs.engine.outcome import Failure, judged
from advisorjobs.engine.ports_async import AsyncPorts
from advisorjobs.engine.ports_blocking import BlockingPorts
from advisorjobs.engine.result import type_name
from advisorjobs.engine.run import Fate, Run
from advisorjobs.errors import ErrorCode
from advisorjobs.outcomes import Outcome

__all__ = ["main"]

FIRST_TO_GO = "500"
"""Added to the kernel's score: out of memory, it ends a child before a worker or the database."""


class Channel:
    """This end of the socket. Sending is for any thread, of processes that a function forks too; receiving for one."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._incoming = self._socket.makefile("rb")
        self._sending = threading.Lock()
        os.register_at_fork(after_in_child=self._forked)

    def send(self, **message: Any) -> None:
        self.send_text(to_json(message, fallback=type_name))

    def send_text(self, message: bytes) -> None:
        with self._sending, alone_with(self._socket):
            self._socket.sendall(framed(message))

    def receive(self) -> dict[str, Any] | None:
        """The next message; None once the worker has gone."""
        head = self._incoming.read(HEAD)
        if len(head) < HEAD:
            return None
        return message_from(self._incoming.read(length_of(head)))

    def _forked(self) -> None:
        """The thread that had the lock, if one had, is not in this process."""
        self._sending = threading.Lock()


class Child:
    """Answers run messages, one after the other; abort messages arrive in a thread while a function runs."""

    def __init__(self, channel: Channel, program: Program) -> None:
        self.channel = channel
        self.program = program
        self.ports = BlockingPorts(program.spec.dsn, prepare=program.spec.prepare, on_written=self._written)
        self.telemetry = ChildTelemetry(channel.send, tracing=program.spec.tracing)
        self._memory = ChildMemory()
        self._pid = os.getpid()
        self._inbox: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._run: Run | None = None
        self._told: dict[int, Fate] = {}
        self._cancel: Any = None
        threading.Thread(target=self._listen, name="advisorjobs parent", daemon=True).start()

    def serve(self) -> None:
        """Until the worker says stop."""
        while (message := self._inbox.get()) is not None:
            self.channel.send(begun=True)
            answer = self._answer(message)
            if os.getpid() != self._pid:  # forked by the function, which came back here too: the answer is another's
                os._exit(0)
            self.telemetry.ended()
            self._memory.settle()
            self.channel.send_text(answer)
            self._run = None
            self._told.clear()
            sys.stdout.flush()
        self.ports.close()

    def _listen(self) -> None:
        while (message := self.channel.receive()) is not None:
            match message:
                case {"run": _}:
                    self._inbox.put(message)
                case {"abort": why, "job": job}:
                    self._abort(Fate(why), job)
                case _:
                    self._inbox.put(None)
        os.killpg(0, signal.SIGKILL)  # nobody is left to work for, nor to end what this process started

    def _abort(self, why: Fate, job: int) -> None:
        self._told[job] = why  # first, for a run that is just about to begin
        run, cancel = self._run, self._cancel
        if run is not None and run.job.id == job:
            run.fate = why
            if cancel is not None:
                cancel()

    def _answer(self, message: dict[str, Any]) -> bytes:
        job = claimed_from(message["run"])
        handler: Handler | None = None
        try:
            handler = self.program.handler(job.name, message["module"])
            now = time.monotonic()
            run = Run(job, handler, Lease(message["worker"], "", message["timeout"], now), self.ports)
            run.started, run.deadline = now, now + message["timeout"]
            self._run = run
            self.telemetry.began(run, message["traceparent"])
            run.fate = self._told.pop(job.id, run.fate)
            if (start_by := message["start_by"]) is not None and now >= start_by:  # one clock for all processes
                return text_of({"late": True})
            result = handler.call_blocking(run) if handler.blocking else asyncio.run(self._awaited(handler, run))
            return self._result(result)
        except Outcome as outcome:
            return text_of({"outcome": outcome_message(outcome)})
        except asyncio.CancelledError:
            return text_of({"failure": failure_message(Failure(ErrorCode.CANCELLED, "the function was cancelled", ""))})
        except BaseException as error:  # sys.exit() in a job function ends the job, not the child
            return text_of({"failure": failure_message(judged(error, job, handler))})

    def _result(self, result: Any) -> bytes:
        if isinstance(result, Outcome):
            raise result
        try:
            return to_json({"result": result}, fallback=type_name)
        except (PydanticSerializationError, ValueError) as error:
            raise TypeError(f"the result can't be kept as JSON: {error}") from None

    async def _awaited(self, handler: Handler, run: Run) -> Any:
        """A coroutine function that must not run beside others: in an event loop of its own, cancelled by abort."""
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        spec = self.program.spec
        ports = AsyncPorts(spec.dsn, size=2, prepare=spec.prepare, on_written=self._written)
        run.ports = ports
        self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)  # type: ignore[union-attr]
        try:
            return await handler.call(run)
        finally:
            self._cancel = None
            await ports.close()

    def _written(self, run: Run) -> None:
        """The function's own transaction has completed the job: told at once, as this process may die any moment."""
        self.channel.send(written=True, of=[run.job.id, run.job.run_no])


@contextlib.contextmanager
def alone_with(connection: socket.socket) -> Iterator[None]:
    """While no other process sends by *connection*: a message may go in pieces, and another's would get in between."""
    if sys.platform != "linux":
        yield
        return
    fcntl.lockf(connection, fcntl.LOCK_EX)  # each process's own, and gone with it
    try:
        yield
    finally:
        fcntl.lockf(connection, fcntl.LOCK_UN)


def text_of(message: dict[str, Any]) -> bytes:
    """*message* in ASCII: an error may quote what is no text, such as a file's name in another encoding."""
    return json.dumps(message, default=type_name).encode()


def tie_to_worker(leash: int) -> None:
    """Lets the kernel kill this process and all that it starts when the worker dies, even by kill -9.

    The worker holds the only writing end of the pipe *leash* and never writes; when it is closed, the kernel signals
    the owner of the reading end, our process group. No thread has to wake up for that: a function that holds the GIL
    can't prevent it.
    """
    fcntl.fcntl(leash, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(leash, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(leash, fcntl.F_SETFL, fcntl.fcntl(leash, fcntl.F_GETFL) | os.O_ASYNC)


def prepare_process(leash: int) -> None:
    if sys.platform == "linux":
        tie_to_worker(leash)
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO)
    faulthandler.enable(file=sys.__stderr__ or sys.stderr)
    # the worker decides when a child ends; a handler, because what is ignored would be ignored by what functions start
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stay)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]


def _stay(number: int, frame: object) -> None:
    """Asked to end by somebody else than the worker."""


def main() -> None:
    channel = Channel(int(sys.argv[1]))
    prepare_process(int(sys.argv[2]))
    start = channel.receive()
    if start is None:
        return
    sys.path[:] = start["path"]
    try:
        program = Program(ChildSpec(**start["spec"]))
    except BaseException as error:
        channel.send(broken=f"{type(error).__name__}: {error}")
        raise
    child = Child(channel, program)
    try:
        channel.send(ready=True)
    except BrokenPipeError:  # the worker has gone while this process read the program
        return
    child.serve()


if __name__ == "__main__":
    main()
