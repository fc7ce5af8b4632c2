"""One PostgreSQL server of our own: made, started, found again and stopped by its own programs.

A server is a value: where its programs and its data lie and whose it is. It keeps no state beside the data folder, so
any process can take it over. Two rules hold whoever died before: the data folder is either complete or absent, and no
server is started while a process of an earlier one still lives. The second rests on a file lock that the postmaster and
all its children inherit: the system drops it with the last of them, in whatever container they ran.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import psycopg

from advisorjobs.database.account import Account
from advisorjobs.database.statement import statement
from advisorjobs.errors import DatabaseUnavailable

__all__ = ["Server"]

SOCKET_LIMIT = 107  # bytes of a unix socket's path, the closing zero not counted: sizeof(sockaddr_un.sun_path) - 1
DATABASE = "advisorjobs"  # as sql/create_database.sql has it
START_DEADLINE = 60.0
CHILDREN_DEADLINE = 30.0
LOG_LIMIT = 8 << 20  # bytes from which on a start lays the log aside, in the place of the one before
HBA = """\
# The operating system says who asks; nobody gets in by his word alone, and nobody over the network.
local all all peer map=advisorjobs
"""


@dataclass(frozen=True, slots=True)
class Server:
    """`programs` holds initdb, pg_ctl and postgres; `data` and the socket's folder belong to `account`.

    `settings` are PostgreSQL's, given at each start. The server listens on a unix socket only, unless they say more.
    """

    programs: Path
    data: Path
    socket: Path
    account: Account
    port: int = 5432
    superuser: str = "postgres"
    roles: str = "all"  # of the database, that our accounts may take; before PostgreSQL 16 "all" is a name like others
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def dsn(self) -> str:
        """The address, in the form that every PostgreSQL library takes. It holds no secret."""
        return f"postgresql://{self.superuser}@/{DATABASE}?host={self.socket}&port={self.port}"

    @property
    def psql(self) -> str:
        """The command line with which a person gets in."""
        return f"{shlex.quote(str(self.programs / 'psql'))} {shlex.quote(self.dsn)}"

    @property
    def log(self) -> Path:
        return self.data.with_name(f"{self.data.name}.log")

    def prepare(self) -> None:
        """Makes the data folder where it is missing, complete with its database. Raises DatabaseUnavailable."""
        self.refuse_long_socket()
        for folder in (self.data.parent, self.socket):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.account.give(folder)
        if not self.data.exists():
            self._initialise(self.data.with_name(f"{self.data.name}.unfinished"))

    def refuse_long_socket(self) -> None:
        path = self.socket / f".s.PGSQL.{self.port}"
        if len(os.fsencode(path)) > SOCKET_LIMIT:
            raise DatabaseUnavailable(
                f"{path} is too long for a socket ({len(os.fsencode(path))} bytes, the system allows {SOCKET_LIMIT}): "
                f"set ADVISORJOBS_DATA_DIR to a shorter path"
            )

    def _initialise(self, unfinished: Path) -> None:
        """Builds beside the final place and renames at the end, so that dying in between leaves nothing half-made."""
        if unfinished.exists():
            shutil.rmtree(unfinished)
        self._run(
            "initdb", "--pgdata", unfinished, "--username", self.superuser, "--encoding", "UTF8", "--locale", "C.UTF-8",
            "--auth", "peer", "--data-checksums", "--no-instructions",
        )  # fmt: skip
        (unfinished / "pg_hba.conf").write_text(HBA)
        (unfinished / "pg_ident.conf").write_text(self.ident())
        self._run("postgres", "--single", "-D", unfinished, "postgres", told=statement("create_database"))
        unfinished.rename(self.data)

    def ident(self) -> str:
        """Who may be whom: root and the server's own account may be any role of the database, others none."""
        return "".join(f"advisorjobs {name} {self.roles}\n" for name in dict.fromkeys(("root", self.account.name)))

    def start(self) -> None:
        """Starts it and returns once it answers. Raises DatabaseUnavailable with what its log says."""
        options = {"listen_addresses": "", "unix_socket_directories": str(self.socket), "port": str(self.port)}
        options |= {"unix_socket_permissions": "0700", "timezone": "UTC", "log_timezone": "UTC", **self.settings}
        text = " ".join(shlex.quote(f"-c{name}={value}") for name, value in options.items())
        with self._alone() as lock:
            self._forget_dead_server()
            self._lay_log_aside()
            start = ("start", "-w", "-t", int(START_DEADLINE), "-D", self.data, "-l", self.log, "-o", text)
            self._run("pg_ctl", *start, inherited=(lock,))

    def _forget_dead_server(self) -> None:
        """Removes what names the process of a killed server; called with the lock held, so nothing of it lives.

        PostgreSQL would refuse to start while that number is somebody else's now, or a zombie that nobody buried yet.
        """
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for name in (f".s.PGSQL.{self.port}", f".s.PGSQL.{self.port}.lock"):
            (self.socket / name).unlink(missing_ok=True)

    def _lay_log_aside(self) -> None:
        """Bounds what logs take up over any number of starts: PostgreSQL appends to its log for ever."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.old"))

    def stop(self, mode: str = "fast") -> None:
        """Stops it: `fast` writes everything, `immediate` is a crash that the next start recovers from."""
        if not self.lives():
            return
        try:
            self._run("pg_ctl", "stop", "-w", "-t", int(START_DEADLINE), "-m", mode, "-D", self.data)
        except DatabaseUnavailable:
            if not wait_until(lambda: not self.lives(), CHILDREN_DEADLINE):  # else somebody killed it meanwhile
                raise

    def lives(self) -> bool:
        """Whether any process of a server is at work on the data."""
        if not self.data.exists():
            return False
        with self._lock() as lock:
            return not taken(lock)

    def await_ready_or_gone(self) -> bool:
        """True once it answers, False once nothing of it lives; waits while it starts, recovers or dies."""
        answers = False

        def settled() -> bool:
            nonlocal answers
            answers = self.lives() and self.answers()
            return answers or not self.lives()

        if not wait_until(settled, START_DEADLINE):
            raise DatabaseUnavailable(f"the embedded PostgreSQL doesn't become ready; see {self.log}")
        return answers

    def answers(self) -> bool:
        try:
            psycopg.connect(self.dsn, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """Waits until nothing lives on the data (a killed postmaster leaves children for a moment); holds the lock."""
        with self._lock() as lock:
            if not wait_until(lambda: taken(lock), CHILDREN_DEADLINE):
                raise DatabaseUnavailable(f"processes of an earlier server still work on {self.data}")
            yield lock

    @contextmanager
    def _lock(self) -> Iterator[int]:
        """The open lock file. Closing it gives the lock up only where no server inherited it."""
        lock = os.open(self.data.with_name(f"{self.data.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield lock
        finally:
            os.close(lock)

    def _run(self, program: str, *arguments: object, told: str = "", inherited: tuple[int, ...] = ()) -> None:
        """Runs one of PostgreSQL's programs under the account.

        Its output goes to a file: a pipe would be kept open by the server that pg_ctl leaves behind, and never end.
        """
        command = [str(self.programs / program), *map(str, arguments)]
        report = self.data.with_name(f"{self.data.name}.{program}.out")
        with report.open("w+") as output:
            done = subprocess.run(
                command, input=told, text=True, stdout=output, stderr=output, pass_fds=inherited, check=False, cwd="/",
                env=plain_environment(), **self.account.become,
            )  # fmt: skip
            output.seek(0)
            said = output.read().strip()
        report.unlink()
        if done.returncode:
            raise DatabaseUnavailable(f"{program} failed: {self._reason(program, said)}")

    def _reason(self, program: str, said: str) -> str:
        """The last lines that tell why: of the server's own log for a start, of the program otherwise."""
        if program == "pg_ctl" and self.log.exists():
            said = self.log.read_text(errors="replace").strip() or said
        return " / ".join(said.splitlines()[-4:]) or "it said nothing"


def plain_environment() -> dict[str, str]:
    """Without PG… variables, with which a shell that was set up for another server would lead our programs astray."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def taken(lock: int) -> bool:
    """Takes the open lock for us; False where somebody has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Waits for what nobody announces; False once *seconds* are over."""
    deadline, pause = monotonic() + seconds, threading.Event()
    while not condition():
        if monotonic() > deadline:
            return False
        pause.wait(0.02)
    return True
