import sys
import types
from collections.abc import Iterator

import pytest

from advisorjobs.catalogue import Catalogue
from advisorjobs.errors import UnknownJob
from advisorjobs.payloads import Payload
from advisorjobs.queues import QUEUES
from advisorjobs.task import task


@pytest.fixture
def module() -> Iterator[types.ModuleType]:
    """A module of the application's own, as ADVISORJOBS_IMPORTS names it."""
    module = types.ModuleType("jobs_of_an_application")
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


@task("own:job", payload=Payload, queue="emails")
def own(job: object) -> None:
    """Does nothing."""


@task("own:lost", payload=Payload)
def lost(job: object) -> None:
    """Belongs to no queue."""


def test_the_document_jobs_are_known_with_their_queue() -> None:
    catalogue = Catalogue.load()
    names = {"document:ocr", "document:classify", "document:extract", "document:virus_scan", "document:thumbnail"}
    assert names <= set(catalogue)
    assert {catalogue[name].queue for name in names} == {"document-processing"}
    assert all(catalogue[name].queue in QUEUES for name in catalogue)


def test_further_modules_bring_their_jobs(module: types.ModuleType) -> None:
    module.own = own  # type: ignore[attr-defined]
    catalogue = Catalogue.load([module.__name__])
    assert catalogue["own:job"].queue == "emails"
    assert catalogue.find("own:jab") is None


def test_a_job_without_a_queue_is_refused(module: types.ModuleType) -> None:
    module.lost = lost  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match=r"'own:lost'.* needs queue="):
        Catalogue.load([module.__name__])


def test_two_functions_of_one_name_are_refused() -> None:
    other = task("own:job", payload=Payload, queue="emails")(lambda job: None)
    with pytest.raises(ValueError, match="two functions are called 'own:job'"):
        Catalogue([own, other])
    assert len(Catalogue([own, own])) == 1


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownJob, match="did you mean 'own:job'"):
        Catalogue([own])["own:jab"]
    with pytest.raises(UnknownJob, match="the jobs are own:job"):
        Catalogue([own])["zzz"]
