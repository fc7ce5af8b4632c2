"""The JSON API answers as its description says, whatever is sent, whoever sends it; and never breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pytest_postgresql.executors import NoopExecutor
from schemathesis import Case, GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

from advisorjobs.application import App
from advisorjobs.settings import Settings
from advisorjobs.testing.databases import new_database
from advisorjobs.web.access.accounts import Accounts
from advisorjobs.web.access.person import Role
from advisorjobs.web.access.secrets import digest, new_token
from ops.showcase.day import fill_day
from tests.faults.scale import FULL
from tests.fixtures.browser import served
from tests.fixtures.servers import TestServer

CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
CALLERS: dict[str, dict[str, Any]] = {
    "an admin": {"role": Role.ADMIN},
    "an operator": {"role": Role.OPERATOR},
    "a viewer": {"role": Role.VIEWER},
    "an organization's viewer": {"role": Role.VIEWER, "organization_id": "practice-01"},
    "nobody": {},
}
EXAMPLES = {
    "an admin": 60 if FULL else 10,
    "an operator": 3,
    "a viewer": 2,
    "an organization's viewer": 2,
    "nobody": 1,
}
"""Of what fits the description, of each operation; half as many again of what doesn't. The same ones each time."""


@dataclass(frozen=True, slots=True)
class Served:
    """`tokens` by caller; `known`: values that lead to something, by the parameter's name.

    `operations`: those of the description; they keep what took long to derive from it, so that all callers share them.
    """

    operations: tuple[APIOperation, ...]
    tokens: dict[str, str]
    known: dict[str, list[Any]]


@pytest.fixture(scope="module")
def api(
    server: TestServer, postgresql_noproc: NoopExecutor, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The API on a day's database of its own: it is changed in every way that there is."""
    with new_database(server, postgresql_noproc.template_dbname) as dsn:
        app = App(Settings(database_url=dsn, data_dir=tmp_path_factory.mktemp("api")))
        app.publish()
        day = fill_day(dsn, app, hours=3)
        tokens = {}
        for caller, rights in CALLERS.items():
            tokens[caller] = new_token()
            if rights:
                Accounts(app).sync.add_token(
                    caller, digest(tokens[caller]), **{"organization_id": None, **rights}, by="the tests"
                )
        known = {
            "job_id": [day.failed, day.failed + 1, day.running, day.waiting, day.delayed, day.completed],
            "name": ["emails", "document-processing", "practice-01"],
            "queue": ["emails", "document-processing"],
            "organization_id": ["practice-01", "practice-02"],
            "key": ["scheduled:daily_reports", "scheduled:data_sync"],
            "action_id": [1, 2, 3],
            "audit_id": [1, 2, 3],
        }
        with served(app) as url:
            yield Served(described(url, tokens["an admin"]), tokens, known)
        app.close()


def described(url: str, token: str) -> tuple[APIOperation, ...]:
    schema = schemathesis.openapi.from_url(f"{url}/api/openapi.json", headers={"Authorization": f"Bearer {token}"})
    return tuple(found.ok() for found in schema.get_all_operations())


@pytest.mark.parametrize("caller", CALLERS)
def test_every_operation_answers_as_described(api: Served, caller: str) -> None:
    tried, wrong = attempts(api, caller, EXAMPLES[caller])
    assert not wrong, "\n\n".join(wrong)[:20_000]
    assert tried > 50


def attempts(api: Served, caller: str, count: int) -> tuple[int, list[str]]:
    """How many operations there are, and what is wrong with their answers to *count* requests, and half as many bad ones."""
    wrong: list[str] = []
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {api.tokens[caller]}"
        for operation in api.operations:
            attempt(api, operation, GenerationMode.POSITIVE, count, session, wrong)
            attempt(api, operation, GenerationMode.NEGATIVE, (count + 1) // 2, session, wrong)
    return len(api.operations), wrong


def attempt(
    api: Served, operation: APIOperation, mode: GenerationMode, count: int, session: requests.Session, wrong: list[str]
) -> None:
    """Sends *count* requests; what is wrong with the answers goes to *wrong*, as what is destroyed can't be tried again."""

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(operation, mode, api.known))
    def send(case: Case) -> None:
        answer = case.call(session=session)
        try:
            case.validate_response(answer, checks=CHECKS)
        except (Exception, BaseExceptionGroup) as error:
            wrong.append(f"{operation.label}: {error}")

    send()


@st.composite
def cases(
    draw: Callable[[st.SearchStrategy[Any]], Any],
    operation: APIOperation,
    mode: GenerationMode,
    known: dict[str, list[Any]],
) -> Case:
    """A request to *operation*; parameters that have known values take one of them most times."""
    case: Case = draw(operation.as_strategy(generation_mode=mode))
    for given_ones in (case.path_parameters, case.query, case.body):
        if isinstance(given_ones, dict):
            for name in given_ones.keys() & known.keys():
                if draw(st.integers(0, 3)):
                    given_ones[name] = draw(st.sampled_from(known[name]))
    return case
