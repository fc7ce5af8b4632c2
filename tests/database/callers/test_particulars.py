"""What only some kinds of connections have: codecs, pools, scoped sessions, other databases."""

from __future__ import annotations

import json
from typing import Any

import asyncpg
import psycopg
import pytest
import sqlalchemy
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, async_sessionmaker, create_async_engine

from advisorjobs import get_queue_manager, queue_email
from advisorjobs.application import App
from advisorjobs.errors import UnusableConnection
from tests.fixtures.apps import Program, last_json

MAIL: dict[str, Any] = {"organization_id": "o", "type": "welcome", "to": "ada@example.com", "template_data": {}}
LOADED = """
import json, sys
import advisorjobs.database.adapters
print(json.dumps(sorted({"asyncpg", "sqlalchemy", "psycopg2", "django"} & set(sys.modules))))
"""


def jobs(connection: psycopg.Connection[Any]) -> list[int]:
    return [row[0] for row in connection.execute("SELECT id FROM procrastinate_jobs ORDER BY id").fetchall()]


def test_no_library_is_imported_for_the_sake_of_its_connections(run_python: Program) -> None:
    assert last_json(run_python("-c", LOADED)) == []


async def test_an_application_may_have_asyncpg_decode_its_json(the_process: App, database: str) -> None:
    connection = await asyncpg.connect(database)
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    async with connection.transaction():
        job_id = await queue_email(**MAIL, connection=connection)
        job = await get_queue_manager().get_job(job_id, connection=connection)
    await connection.close()
    assert job is not None
    assert MAIL.items() <= job.payload.items()


async def test_a_connection_that_went_back_to_its_pool_is_refused(the_process: App, database: str) -> None:
    async with asyncpg.create_pool(database, min_size=1, max_size=1) as pool:
        async with pool.acquire() as connection:
            pass
        with pytest.raises(UnusableConnection, match="is closed"):
            await queue_email(**MAIL, connection=connection)


def test_a_scoped_session_is_its_thread_s_session(
    the_process: App, database: str, connection: psycopg.Connection[Any]
) -> None:
    engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(database))
    session = orm.scoped_session(orm.sessionmaker(engine))
    kept = queue_email.sync(**MAIL, connection=session)
    session.commit()
    queue_email.sync(**MAIL, connection=session)
    session.remove()
    engine.dispose()
    assert jobs(connection) == [kept]


async def test_an_async_scoped_session_is_its_tasks_session_and_run_sync_works_on_it(
    the_process: App, database: str, connection: psycopg.Connection[Any]
) -> None:
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(database))
    session = async_scoped_session(async_sessionmaker(engine), scopefunc=lambda: 1)
    first = await queue_email(**MAIL, connection=session)
    second = await session().run_sync(lambda inner: queue_email.sync(**MAIL, connection=inner))
    await session.commit()
    await session.remove()
    await engine.dispose()
    assert jobs(connection) == [first, second]


async def test_a_session_whose_flush_failed_is_refused(the_process: App, database: str) -> None:
    class Base(orm.DeclarativeBase):
        """The application's own."""

    class Client(Base):
        __tablename__ = "clients_of_mine"
        name: orm.Mapped[str] = orm.mapped_column(primary_key=True)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(database))
    async with engine.begin() as made:
        await made.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        session.add_all([Client(name="a")])
        await session.flush()
        session.expunge_all()
        session.add(Client(name="a"))
        with pytest.raises(sqlalchemy.exc.IntegrityError):
            await session.flush()
        with pytest.raises(UnusableConnection, match="has failed before"):
            await queue_email(**MAIL, connection=session)
        await session.rollback()
        assert await queue_email(**MAIL, connection=session)
    await engine.dispose()


def test_a_connection_to_another_kind_of_database_is_refused_by_name(the_process: App) -> None:
    from django.db.backends.sqlite3.base import DatabaseWrapper

    engine = sqlalchemy.create_engine("sqlite://")
    with engine.connect() as connection, pytest.raises(TypeError, match=r"on sqlite\+pysqlite: it takes postgresql\+"):
        queue_email.sync(**MAIL, connection=connection)
    engine.dispose()
    with pytest.raises(TypeError, match="to SQLite: the jobs are in PostgreSQL"):
        queue_email.sync(**MAIL, connection=DatabaseWrapper({"NAME": ":memory:"}))
    with pytest.raises(TypeError, match=r"queue_email can't use a sqlalchemy.engine.base.Engine as its connection"):
        queue_email.sync(**MAIL, connection=engine)
