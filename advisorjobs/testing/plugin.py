"""Fixtures for pytest: `pytest_plugins = ["advisorjobs.testing.plugin"]` in your conftest.py.

The server and the template live as long as the session; each test that asks has a database of its own, a copy of the
template. To have your application's tables in it, override `advisorjobs_schema`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from advisorjobs.testing import JobKit
from advisorjobs.testing.databases import DatabaseServer, migrated_template, new_database, session_server
from advisorjobs.testing.process import process_on

__all__ = ["advisorjobs_database", "advisorjobs_schema", "advisorjobs_server", "advisorjobs_template", "job_kit"]


@pytest.fixture(scope="session")
def advisorjobs_server() -> Iterator[DatabaseServer]:
    """The PostgreSQL server of this session: TEST_DATABASE_URL's, or the embedded one."""
    with session_server(os.environ) as server:
        yield server


@pytest.fixture(scope="session")
def advisorjobs_schema() -> Callable[[str], None]:
    """Makes your application's own tables in the template, whose address it is called with. Override it; does nothing."""
    return lambda dsn: None


@pytest.fixture(scope="session")
def advisorjobs_template(
    advisorjobs_server: DatabaseServer, advisorjobs_schema: Callable[[str], None]
) -> Iterator[str]:
    """The name of the migrated database that tests get copies of."""
    with migrated_template(advisorjobs_server, advisorjobs_schema) as name:
        yield name


@pytest.fixture
def advisorjobs_database(advisorjobs_server: DatabaseServer, advisorjobs_template: str) -> Iterator[str]:
    """The address of a migrated database that only this test has."""
    with new_database(advisorjobs_server, advisorjobs_template) as dsn:
        yield dsn


@pytest.fixture
def job_kit(advisorjobs_database: str) -> Iterator[JobKit]:
    """The testing kit on `advisorjobs_database`, where helpers and managers of this process work too during the test.

    The jobs are those of ADVISORJOBS_IMPORTS, beside the shipped ones.
    """
    with process_on(advisorjobs_database) as app:
        app.publish()
        yield JobKit(app)
