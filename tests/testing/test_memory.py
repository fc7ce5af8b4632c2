"""Where tests' data lie: in memory, in a folder that is ours, and on the disk where there is none or too little."""

from __future__ import annotations

import fcntl
import os
import pwd
import stat
from pathlib import Path
from time import time

import psycopg
import pytest

from advisorjobs.database.account import Account, server_account
from advisorjobs.testing.databases import DatabaseServer
from advisorjobs.testing.memory import (
    COPY_FILES,
    MEMORY,
    ROOM,
    free_memory,
    has_room,
    key_of,
    made_or_ours,
    memory_folder,
    remove_forgotten,
)


@pytest.fixture
def us() -> Account:
    return Account.of(pwd.getpwuid(os.geteuid()))


def test_a_folder_that_is_no_memory_is_none(tmp_path: Path) -> None:
    assert memory_folder(tmp_path / "home", tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_memory_without_room_is_none() -> None:
    assert memory_folder(Path("/nowhere"), Path("/proc")) is None


def test_memory_that_is_allowed_and_not_there_is_none(
    tmp_path: Path, memory: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "meminfo"
    told.write_text("MemTotal:       24731708 kB\nMemAvailable:    2097151 kB\nHugePages_Total:       0\n")
    assert free_memory(told) == ROOM - 1024
    monkeypatch.setattr("advisorjobs.testing.memory.MEMINFO", told)
    assert not has_room()
    told.write_text("MemAvailable:    2097152 kB\n")
    assert has_room() == (memory is not None)


def test_each_home_has_its_own_folder_by_whatever_name_it_is_called(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name / "tests").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "one")
    one, other, again = (key_of(tmp_path / name / "tests") for name in ("one", "other", "link"))
    assert one == again != other


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A folder whose server was last stopped two days ago."""
    folder = tmp_path / f"advisorjobs-tests-{os.geteuid()}-left"
    (folder / "data").mkdir(parents=True)
    two_days_ago = time() - 2 * 86400
    os.utime(folder / "data", (two_days_ago, two_days_ago))
    return folder


def test_what_nobody_came_back_to_is_removed_and_other_things_are_not(left: Path) -> None:
    used, foreign = left.with_name(f"{left.name}-used"), left.with_name("somebody-elses")
    (used / "data").mkdir(parents=True)
    left.rename(foreign)
    remove_forgotten(used, left.parent)
    foreign.rename(left)
    remove_forgotten(left, left.parent)
    assert left.exists()
    remove_forgotten(used, left.parent)
    assert list(left.parent.iterdir()) == [used]


def test_a_server_that_runs_for_days_keeps_its_data(left: Path) -> None:
    with (left / "data.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        remove_forgotten(left.parent, left.parent)
        assert (left / "data").exists()
    remove_forgotten(left.parent, left.parent)
    assert not left.exists()


def test_a_new_folder_is_for_nobody_elses_eyes_and_found_again(tmp_path: Path, us: Account) -> None:
    folder = tmp_path / "data"
    assert made_or_ours(folder, us)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert made_or_ours(folder, us)


def test_a_link_in_its_place_is_left_alone(tmp_path: Path, us: Account) -> None:
    (tmp_path / "data").symlink_to(tmp_path)
    assert not made_or_ours(tmp_path / "data", us)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, who may give folders away")
def test_another_users_folder_in_its_place_is_left_alone(tmp_path: Path) -> None:
    folder, account = tmp_path / "data", server_account()
    folder.mkdir()
    os.chown(folder, account.uid + 1, account.gid)
    assert not made_or_ours(folder, account)
    os.chown(folder, account.uid, account.gid)
    assert made_or_ours(folder, account)


def test_a_server_whose_data_are_in_memory_copies_files_and_asks_no_disk(advisorjobs_server: DatabaseServer) -> None:
    with psycopg.connect(advisorjobs_server.dsn()) as connection:
        shown = [connection.execute(f"SHOW {name}").fetchone() for name in ("fsync", "data_directory")]
    (fsync,), (data,) = (row or () for row in shown)
    in_memory = Path(data).is_relative_to(MEMORY)
    if "TEST_DATABASE_URL" not in os.environ:
        assert in_memory == has_room()
        assert (fsync, advisorjobs_server.copying) == (("off", COPY_FILES) if in_memory else ("on", "copy_database"))
