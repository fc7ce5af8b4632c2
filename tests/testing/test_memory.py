"""Where tests' data lie: in memory, in a folder that is ours, and on the disk where there is none or too little."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path

import psycopg
import pytest

from advisorjobs.database.account import Account, server_account
from advisorjobs.testing.databases import DatabaseServer
from advisorjobs.testing.memory import COPY_FILES, MEMORY, made_or_ours, memory_folder


@pytest.fixture
def us() -> Account:
    return Account.of(pwd.getpwuid(os.geteuid()))


def test_a_folder_that_is_no_memory_is_none(tmp_path: Path) -> None:
    assert memory_folder(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_memory_without_room_is_none() -> None:
    assert memory_folder(Path("/proc")) is None


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
        assert in_memory == (memory_folder() is not None)
        assert (fsync, advisorjobs_server.copying) == (("off", COPY_FILES) if in_memory else ("on", "copy_database"))
