"""Memory to keep the data of tests in: what is dropped within a second needn't reach a disk first.

Making and dropping a database costs hundreds of files each; on a disk, most of a test's time. Nothing there outlives the
machine's next start, so that PostgreSQL may forgo what it does for the case of a power cut. The server's data stay for
the next session, some 50 MB, as making them anew costs each half a second; what nobody came back to for a day is removed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path
from time import time

from advisorjobs.database.account import Account, server_account
from advisorjobs.database.embedded import MAJOR, SIZES, make_home

__all__ = ["COPY_FILES", "FLEETING", "has_room", "memory_folder", "remove_forgotten"]

MEMORY = Path("/dev/shm")  # Linux has it
MEMINFO = Path("/proc/meminfo")
ROOM = 2 << 30  # bytes free; containers often allow 64 MB
FORGOTTEN = 86400.0  # seconds since its server was last started or stopped
COPY_FILES = "copy_database_files"
FLEETING = {
    **SIZES,
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    "log_checkpoints": "off",
    "fsync": "off",
    "full_page_writes": "off",
}
"""PostgreSQL's settings for data that no crash of the machine leaves behind. What a killed process committed is there."""


def has_room(memory: Path = MEMORY) -> bool:
    """Whether data of tests may lie in *memory*: it allows as much, the machine has it, and PostgreSQL gets there."""
    roomy = memory.is_mount() and min(room_in(memory), free_memory(MEMINFO)) >= ROOM
    return roomy and server_account().barred_from(memory) is None


def memory_folder(home: Path, memory: Path = MEMORY) -> Path | None:
    """The folder in memory for the server that is kept at *home*. None where there is none, or too little.

    What else belongs to that server, its locks and its socket, lies at *home*: one home, one folder. Who has another home,
    or shares the memory with another container, gets another. Raises DatabaseUnavailable where *home* can't be made.
    """
    if not has_room(memory):
        return None
    account = server_account()
    make_home(home / "embedded", account)
    folder = memory / f"{ours()}-{key_of(home)}"
    return folder if made_or_ours(folder, account) else None


def ours() -> str:
    """How names of this user's folders begin."""
    return f"advisorjobs-tests-{os.geteuid()}"


def key_of(home: Path) -> str:
    """The same however *home* is named and whoever looks, and another for another PostgreSQL."""
    found = home.stat()
    return f"{found.st_dev:x}-{found.st_ino:x}-{MAJOR}"


def room_in(place: Path) -> int:
    """Bytes that a user may still write there. For memory it is what is allowed, which may be more than there is."""
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


def free_memory(told: Path) -> int:
    """Bytes that the machine can still give without swapping, by the system's own account of it."""
    lines = dict(line.split(":", 1) for line in told.read_text().splitlines())
    return int(lines["MemAvailable"].split()[0]) << 10


def remove_forgotten(kept: Path, memory: Path = MEMORY) -> None:
    """Gives back the memory of servers that nobody used for a day. *kept*: the folder of the one that is used next."""
    account = server_account()
    for folder in memory.glob(f"{ours()}*"):
        with suppress(FileNotFoundError):  # another session was first, or there never were data
            if folder != kept and is_ours(folder, account) and unused_for(folder) > FORGOTTEN:
                remove_unless_running(folder)


def unused_for(folder: Path) -> float:
    """Seconds since the server there was last started or stopped, which makes and removes a file among its data."""
    return time() - (folder / "data").stat().st_mtime


def remove_unless_running(folder: Path) -> None:
    """Removes a server's folder. A running server's processes hold the lock."""
    with (folder / "data.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        shutil.rmtree(folder)


def made_or_ours(folder: Path, account: Account) -> bool:
    """Everybody may write there: what another user put in our folder's place, a link even, is left alone."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return is_ours(folder, account)
    return True


def is_ours(folder: Path, account: Account) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid in (os.geteuid(), account.uid)
