"""The tests' own rig: a database a test, servers that may be killed, waiting that ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from advisorjobs.settings import Settings
from tests.fixtures.clusters import Cluster
from tests.fixtures.waiting import wait_for, wait_for_async


def test_each_test_has_a_migrated_database_of_its_own(connection: psycopg.Connection[Any], settings: Settings) -> None:
    assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)
    assert connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    ).fetchone() == (1,)
    assert settings.database_url is not None
    assert settings.database_url.split("?")[0].endswith(connection.info.dbname)


async def test_an_async_connection_reaches_the_same_kind_of_database(aconnection: psycopg.AsyncConnection[Any]) -> None:
    cursor = await aconnection.execute("SELECT count(*) FROM procrastinate_jobs")
    assert await cursor.fetchone() == (0,)


def test_pytest_postgresqls_own_connection_is_to_a_migrated_database(postgresql: psycopg.Connection[Any]) -> None:
    assert postgresql.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)


@pytest.mark.faults
def test_a_cluster_comes_back_after_a_kill_and_a_restart(cluster: Cluster) -> None:
    with psycopg.connect(cluster.tcp_dsn) as connection:
        connection.execute("CREATE TABLE kept ()")
    cluster.kill()
    cluster.start()
    cluster.restart("immediate")
    with psycopg.connect(cluster.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_cluster_takes_settings_of_the_tests_choice(make_cluster: Callable[..., Cluster]) -> None:
    with psycopg.connect(make_cluster(max_connections="7", wal_level="logical").dsn) as connection:
        assert connection.execute("SHOW max_connections").fetchone() == ("7",)


def test_waiting_ends_with_what_was_waited_for_or_an_error_that_names_it() -> None:
    answers = iter([0, 0, 7])
    assert wait_for(lambda: next(answers)) == 7
    with pytest.raises(AssertionError, match="in vain for a miracle"):
        wait_for(lambda: False, "a miracle", seconds=0.1)


async def test_waiting_leaves_the_event_loop_free() -> None:
    done = asyncio.Event()
    task = asyncio.get_running_loop().create_task(wait_for_async(lambda: asyncio.sleep(0, done.is_set())))  # noqa: TID251
    done.set()
    assert await task
