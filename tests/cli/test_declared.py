import sys
import types
from collections.abc import Iterator
from dataclasses import replace

import pytest

from advisorjobs import Payload
from advisorjobs.cli.declared import declared
from advisorjobs.settings import Settings
from advisorjobs.task import task


@pytest.fixture
def release() -> Iterator[str]:
    """The name of a module with a job that has no function."""
    module = types.ModuleType("a_release_without_functions")
    module.greet = task("test:greet", payload=Payload, queue="emails")  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    yield module.__name__
    del sys.modules[module.__name__]


def test_doctor_is_content_where_all_jobs_have_their_function(settings: Settings) -> None:
    finding = declared(settings)
    assert (finding.about, finding.state) == ("jobs", "ok")
    assert finding.text.endswith("have their function")


def test_doctor_names_the_jobs_that_wait_for_a_function(settings: Settings, release: str) -> None:
    finding = declared(replace(settings, imports=(release,)))
    assert (finding.about, finding.state) == ("jobs", "note")
    assert finding.text.endswith("wait for a worker with their function: test:greet")


def test_doctor_says_so_where_a_module_with_jobs_can_not_be_imported(settings: Settings) -> None:
    finding = declared(replace(settings, imports=("no_module_of_this_name",)))
    assert finding.state == "wrong"
    assert "no_module_of_this_name" in finding.text
