"""Sites for the fault tests, and their figures at the end of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.scale import ENGINE, FULL
from tests.faults.site import Site, open_site
from tests.fixtures.clusters import Cluster, throwaway_cluster

FIGURES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = []


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if figures := config.stash.get(FIGURES, []):
        terminalreporter.section(f"fault tests: figures ({'full' if FULL else 'short'}, {ENGINE})")
        for line in figures:
            terminalreporter.write_line(line)


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Keeps a test's figures for the summary: figure(lost=0, rate="97 %")."""

    def keep(**values: object) -> None:
        text = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items())
        request.config.stash[FIGURES].append(f"{request.node.name}: {text}")

    return keep


@pytest.fixture(scope="session")
def steady_cluster(memory: Path | None) -> Iterator[Cluster]:
    """A server that no test stops, with a database for each."""
    with throwaway_cluster(memory=memory) as cluster:
        yield cluster


@pytest.fixture
def site(steady_cluster: Cluster, tmp_path: Path) -> Iterator[Site]:
    with open_site(steady_cluster, tmp_path) as site:
        yield site


@pytest.fixture
def shaky_site(cluster: Cluster, tmp_path: Path) -> Iterator[Site]:
    """On a server of its own, to be stopped and restarted."""
    with open_site(cluster, tmp_path) as site:
        yield site
