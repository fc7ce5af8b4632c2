"""The account of the operating system that a PostgreSQL server runs under: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisorjobs.errors import DatabaseUnavailable

__all__ = ["Account", "server_account"]


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine. `own` where it is the one that this process runs as."""

    name: str
    uid: int
    gid: int
    own: bool

    @classmethod
    def of(cls, entry: pwd.struct_passwd) -> Account:
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_uid == os.geteuid())

    @property
    def become(self) -> dict[str, Any]:
        """What subprocess needs to run a program under this account."""
        return {} if self.own else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Makes *path* this account's own, for nobody else's eyes."""
        if not self.own:
            os.chown(path, self.uid, self.gid)
        path.chmod(0o700)

    def barred_from(self, path: Path) -> Path | None:
        """The first folder on the way to *path* that this account may not pass; None where it gets there."""
        for folder in (*reversed(path.parents), path):
            if folder.exists() and not self._passes(folder):
                return folder
        return None

    def _passes(self, folder: Path) -> bool:
        """Asks the system itself, as access lists and mounts may say more than the mode does."""
        return subprocess.run(["test", "-x", str(folder)], check=False, cwd="/", **self.become).returncode == 0


def server_account(name: str = "advisorjobs") -> Account:
    """Our own account; under root the unprivileged account *name*, which is made where it is missing."""
    if os.geteuid() != 0:
        return Account.of(pwd.getpwuid(os.geteuid()))
    if not exists(name):
        make(name)
    return Account.of(pwd.getpwnam(name))


def exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def make(name: str) -> None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        raise DatabaseUnavailable(
            f"PostgreSQL doesn't run as root, and there is no user {name!r} and no useradd to make it: "
            f"make that user, start as another one, or set DATABASE_URL"
        )
    command = [
        useradd,
        "--system",
        "--no-create-home",
        "--home-dir",
        "/nonexistent",
        "--shell",
        "/usr/sbin/nologin",
        name,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and not exists(name):
        raise DatabaseUnavailable(
            f"the user {name!r}, under whom PostgreSQL would run, can't be made: {done.stderr.strip()}"
        )
