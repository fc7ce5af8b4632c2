"""Memory to keep the data of tests in: what is dropped within a second needn't reach a disk first.

Making and dropping a database costs hundreds of files each; on a disk, most of a test's time. Nothing there outlives the
machine's next start, so that PostgreSQL may forgo what it does for the case of a power cut.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from advisorjobs.database.account import Account, server_account
from advisorjobs.database.embedded import SIZES

__all__ = ["COPY_FILES", "FLEETING", "memory_folder"]

MEMORY = Path("/dev/shm")  # Linux has it
ROOM = 2 << 30  # bytes free; containers often allow 64 MB
COPY_FILES = "copy_database_files"
FLEETING = {
    **SIZES,
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    "fsync": "off",
    "full_page_writes": "off",
}
"""PostgreSQL's settings for data that no crash of the machine leaves behind. What a killed process committed is there."""


def memory_folder(memory: Path = MEMORY) -> Path | None:
    """A folder of this user's in memory, where PostgreSQL's account gets to. None where there is none, or too little."""
    if not memory.is_mount() or room_in(memory) < ROOM:
        return None
    account = server_account()
    folder = memory / f"advisorjobs-tests-{os.geteuid()}"
    return folder if made_or_ours(folder, account) and account.barred_from(memory) is None else None


def room_in(place: Path) -> int:
    """Bytes that a user may still write there."""
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


def made_or_ours(folder: Path, account: Account) -> bool:
    """Everybody may write there: what another user put in our folder's place, a link even, is left alone."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        return stat.S_ISDIR(found.st_mode) and found.st_uid in (os.geteuid(), account.uid)
    return True
