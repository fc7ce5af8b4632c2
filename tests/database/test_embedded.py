"""The embedded PostgreSQL: one server for all, durable, stopped by the last, found again after any death."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import psycopg
import pytest

from advisorjobs.database import embedded
from advisorjobs.database.account import server_account
from advisorjobs.database.embedded import join, resolve
from advisorjobs.errors import DatabaseUnavailable, MissingExtra, SettingsError
from advisorjobs.settings import Settings
from tests.database.joiner import joiners, started_at
from tests.fixtures.waiting import wait_for

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, who starts servers under another account")


@pytest.fixture
def here(open_folder: Path) -> Settings:
    return Settings(data_dir=open_folder / "data")


def answers(dsn: str) -> bool:
    try:
        psycopg.connect(dsn).close()
    except psycopg.OperationalError:
        return False
    return True


def postmaster(settings: Settings) -> int:
    pid_file = settings.data_dir / "embedded/18/data/postmaster.pid"
    return int(pid_file.read_text().split("\n", 1)[0])


def gone(pid: int) -> bool:
    """Whether a process is dead; one that nobody has buried yet counts."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX"
    except FileNotFoundError:
        return True


def test_it_runs_while_it_is_used_and_keeps_what_was_written(here: Settings) -> None:
    with join(here, start=True) as server, psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert not answers(server.dsn)
    with join(here, start=True) as again, psycopg.connect(again.dsn) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_its_log_starts_anew_once_it_is_long(here: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with join(here, start=True) as server:
        log = server.data.with_name("data.log")
    first = log.read_text()
    with join(here, start=True):
        assert log.read_text().startswith(first)
    second = log.read_text()
    monkeypatch.setattr("advisorjobs.database.server.LOG_LIMIT", 100)
    with join(here, start=True):
        assert not log.read_text().startswith(first)
    assert log.with_name("data.log.old").read_text() == second


def test_it_is_durable_and_lets_nobody_in_by_his_word_or_over_the_network(here: Settings) -> None:
    with join(here, start=True) as server, psycopg.connect(server.dsn) as connection:
        shown = {name: connection.execute(f"SHOW {name}").fetchone() for name in ("fsync", "synchronous_commit")}
        assert shown == {"fsync": ("on",), "synchronous_commit": ("on",)}
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        methods = connection.execute("SELECT DISTINCT type, auth_method FROM pg_hba_file_rules").fetchall()
        assert methods == [("local", "peer")]


def test_the_command_line_it_shows_leads_into_it(here: Settings) -> None:
    with join(here, start=True) as server:
        done = subprocess.run(
            f"{server.psql} -Atc 'SELECT 6 * 7'", shell=True, capture_output=True, text=True, check=True
        )
        assert done.stdout == "42\n"


def test_variables_of_another_server_lead_nobody_astray(here: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGPORT": "1", "PGHOST": "nowhere.test", "PGDATABASE": "theirs", "PGUSER": "them"}.items():
        monkeypatch.setenv(name, value)
    with join(here, start=True) as server:
        assert answers(server.dsn)


def test_who_only_joins_needs_no_programs_of_his_own(here: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with join(here, start=True) as server:
        monkeypatch.setattr(embedded.importlib.util, "find_spec", lambda name: None)
        with join(here, start=False) as joined:
            assert joined == server


def test_ten_processes_at_once_share_one_server_and_the_last_stops_it(here: Settings) -> None:
    with joiners(10, here.data_dir) as users:
        lines = {user.said() for user in users}
        assert len(lines) == 1, lines
        dsn = lines.pop().split()[0]
        for user in users[1:]:
            user.leave()
        assert answers(dsn)
        users[0].leave()
        assert not answers(dsn)


@pytest.mark.faults
def test_a_server_whose_users_were_all_killed_is_adopted_and_then_stopped(here: Settings) -> None:
    with joiners(2, here.data_dir) as users:
        (line,) = {user.said() for user in users}
        for user in users:
            user.kill()
    with join(here, start=True) as server:
        assert line == f"{server.dsn} {started_at(server.dsn)}"
    assert not answers(server.dsn)


@pytest.mark.faults
def test_a_killed_user_holds_nothing_back(here: Settings) -> None:
    with joiners(1, here.data_dir) as users, join(here, start=True) as server:
        users[0].said()
        users[0].kill()
    assert not answers(server.dsn)


@pytest.mark.faults
def test_a_server_killed_under_its_users_is_started_again_by_the_next_with_all_that_was_committed(
    here: Settings,
) -> None:
    with join(here, start=True) as server:
        with psycopg.connect(server.dsn) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        killed = postmaster(here)
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: gone(killed), "the postmaster's death")
        with join(here, start=True) as again, psycopg.connect(again.dsn) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


@pytest.mark.faults
def test_a_pid_file_whose_number_belongs_to_another_process_now_keeps_nobody_from_starting(here: Settings) -> None:
    with join(here, start=True) as server:
        pid_file = server.data / "postmaster.pid"
        stale = pid_file.read_text().split("\n", 1)[1]
    pid_file.write_text(f"{os.getpid()}\n{stale}")
    with join(here, start=True) as server:
        assert answers(server.dsn)


@pytest.mark.faults
def test_a_data_folder_that_was_never_finished_is_made_anew(here: Settings) -> None:
    unfinished = here.data_dir / "embedded/18/data.unfinished"
    unfinished.mkdir(parents=True)
    here.data_dir.chmod(0o755)
    (unfinished / "PG_VERSION").write_text("18\n")
    with join(here, start=True) as server:
        assert answers(server.dsn)
    assert not unfinished.exists()


def test_who_may_not_start_it_joins_a_running_one(here: Settings) -> None:
    with join(here, start=True) as server, join(here, start=False) as joined:
        assert joined == server


def test_who_may_not_start_it_learns_how_to(here: Settings) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"DATABASE_URL isn't set .* start it with `advisorjobs up`"):
        join(here, start=False).__enter__()
    assert not here.data_dir.exists()
    with join(here, start=True):
        pass
    with pytest.raises(DatabaseUnavailable, match="`advisorjobs up`"):
        join(here, start=False).__enter__()


def test_a_folder_that_cannot_be_written_is_named_with_the_setting_that_moves_it() -> None:
    with pytest.raises(
        DatabaseUnavailable, match=r"/proc/nowhere/embedded can't be written .* set ADVISORJOBS_DATA_DIR"
    ):
        join(Settings(data_dir=Path("/proc/nowhere")), start=True).__enter__()


@as_root
def test_a_folder_that_the_server_may_not_enter_is_named_and_its_rights_stay(open_folder: Path) -> None:
    private = open_folder / "private"
    private.mkdir(mode=0o700)
    with pytest.raises(DatabaseUnavailable, match=f"who may not enter {private}: set ADVISORJOBS_DATA_DIR"):
        join(Settings(data_dir=private / "data"), start=True).__enter__()
    assert private.stat().st_mode & 0o777 == 0o700


@as_root
def test_an_ordinary_user_runs_his_own_server_from_the_wheel(open_folder: Path) -> None:
    account = server_account()
    if barrier := account.barred_from(embedded.site_packages()):
        pytest.skip(f"an ordinary user can't reach the installed programs here: {barrier} is closed to him")
    home = open_folder / "home"
    home.mkdir()
    os.chown(home, account.uid, account.gid)
    with joiners(2, home / "data", str(account.uid)) as users:
        (line,) = {user.said() for user in users}
        assert line.startswith("postgresql://postgres@/advisorjobs?host=")
        for user in users:
            user.leave()
    assert (home / "data/embedded/18/programs").readlink() == embedded.site_packages()


def test_a_path_too_long_for_a_socket_is_refused_with_the_limit(open_folder: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"too long for a socket .* the system allows 107"):
        join(Settings(data_dir=open_folder / ("long" * 25)), start=True).__enter__()


def test_without_the_extra_the_command_that_installs_it_is_named(
    here: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'advisorjobs\[embedded\]'"):
        join(here, start=True).__enter__()


def test_a_database_url_goes_before_the_embedded_server(here: Settings) -> None:
    named = Settings(data_dir=here.data_dir, database_url="postgresql://there/db")
    with resolve(named, start=True) as dsn:
        assert dsn == "postgresql://there/db"
    assert not here.data_dir.exists()


def test_production_names_a_missing_database_url(here: Settings) -> None:
    with pytest.raises(SettingsError, match=r"DATABASE_URL=None .* ADVISORJOBS_ENV=production forbids"):
        resolve(Settings(data_dir=here.data_dir, production=True), start=True).__enter__()
