"""The virus check: clamd by its own protocol, or the plain statement that nobody looked.

clamd's INSTREAM command: the file in pieces, each after its length as four bytes, a length of zero at the end; the
answer is `stream: OK`, `stream: <signature> FOUND` or a text that ends in ERROR (clamd's manual page, "INSTREAM").
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.settings import Clamd

__all__ = ["ClamdScanner", "NoScanner", "Scanner", "Verdict", "scanner"]

_PIECE = 64 * 1024
_LONGEST_ANSWER = 4096


@dataclass(frozen=True, slots=True)
class Verdict:
    """`signature` names what was found in an infected file; `engine` who looked, with its version."""

    scan: Literal["clean", "infected", "not_scanned"]
    engine: str
    signature: str | None = None


class Scanner(Protocol):
    def scan(self, path: Path) -> Verdict:
        """Looks at the file at *path*. Blocking; JobError where the scanner can't say."""
        ...


@dataclass(frozen=True, slots=True)
class NoScanner:
    """No clamd is configured: nothing is looked at, and nothing is called clean."""

    def scan(self, path: Path) -> Verdict:
        return Verdict("not_scanned", "none")


@dataclass(frozen=True, slots=True)
class ClamdScanner:
    """A clamd at a unix socket, or at host and port. `timeout` (seconds) is for connecting and for each answer.

    JobError: `network` where it can't be reached, `validation` for a file over its StreamMaxLength,
    `external_service` for any other error that it reports.
    """

    clamd: Clamd
    timeout: float = 120.0

    def scan(self, path: Path) -> Verdict:
        engine = f"clamd ({self.version()})"
        with self._connected() as peer, path.open("rb") as file:
            cut_off = None
            try:
                peer.sendall(b"zINSTREAM\0")
                while piece := file.read(_PIECE):
                    peer.sendall(len(piece).to_bytes(4, "big") + piece)
                peer.sendall(bytes(4))
            except (BrokenPipeError, ConnectionResetError) as error:
                cut_off = error  # clamd closes on a file that is too large, after saying so
            answer = _answer(peer, cut_off)
        return _verdict(answer, engine, path.stat().st_size)

    def version(self) -> str:
        """Engine and signatures, such as `ClamAV 1.4.3/27500`."""
        with self._connected() as peer:
            peer.sendall(b"zVERSION\0")
            return _answer(peer, None).rsplit("/", 1)[0] or "ClamAV"

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        try:
            with self._connect() as peer:
                yield peer
        except (OSError, TimeoutError) as error:
            what = error.strerror or type(error).__name__
            raise JobError(
                ErrorCode.NETWORK, f"clamd at {self._place} can't be reached or fell silent ({what}): check CLAMAV_*"
            ) from error

    def _connect(self) -> socket.socket:
        if self.clamd.socket is None:
            return socket.create_connection((self.clamd.host or "localhost", self.clamd.port), self.timeout)
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            peer.settimeout(self.timeout)
            peer.connect(str(self.clamd.socket))
        except OSError:
            peer.close()
            raise
        return peer

    @property
    def _place(self) -> str:
        return str(self.clamd.socket or f"{self.clamd.host}:{self.clamd.port}")


def scanner(clamd: Clamd | None) -> Scanner:
    """The scanner that the settings name."""
    return ClamdScanner(clamd) if clamd else NoScanner()


def _answer(peer: socket.socket, cut_off: OSError | None) -> str:
    """clamd's answer up to its closing zero. Raises *cut_off* where the connection broke before there was one."""
    answer = b""
    try:
        while not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER:
            piece = peer.recv(_LONGEST_ANSWER)
            if not piece:
                break
            answer += piece
    except ConnectionResetError as error:
        cut_off = cut_off or error
    if not answer:
        raise cut_off or ConnectionResetError("clamd closed the connection without an answer")
    return answer.rstrip(b"\0\n").decode(errors="replace")


def _verdict(answer: str, engine: str, size: int) -> Verdict:
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return Verdict("clean", engine)
    if said.endswith(" FOUND"):
        return Verdict("infected", engine, said.removesuffix(" FOUND"))
    if "size limit exceeded" in said:
        raise JobError(
            ErrorCode.VALIDATION,
            f"the file has {size} bytes, more than clamd looks at: raise its StreamMaxLength or send a smaller one",
        )
    raise JobError(ErrorCode.EXTERNAL_SERVICE, f"clamd could not scan the file: {said.removesuffix(' ERROR')[:200]}")
