"""procrastinate's worker options and our settings: what each comes to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from advisorjobs.engine.options import plan_worker, share
from advisorjobs.errors import SettingsError, UnknownJob
from advisorjobs.settings import Settings

SETTINGS = Settings(data_dir=Path("/nonexistent"))


def plan(settings: Settings = SETTINGS, plain: tuple[str, ...] = (), **options: Any) -> Any:
    return plan_worker(settings, options, plain)


def test_a_worker_without_queues_serves_all_and_those_of_plain_tasks() -> None:
    slots = plan(plain=("reports", "mine")).slots

    assert {"critical", "scheduled", "default", "builtin", "mine"} <= set(slots)
    assert (slots["critical"], slots["document-processing"], slots["scheduled"]) == (10, 8, 1)


def test_a_worker_type_names_its_queues() -> None:
    assert list(plan(replace(SETTINGS, worker_type="document"), ("mine",)).slots) == ["document-processing"]


def test_one_number_sets_every_queue_but_scheduled() -> None:
    slots = plan(concurrency=20).slots

    assert (slots["emails"], slots["scheduled"]) == (20, 1)


def test_an_unknown_queue_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownJob, match="did you mean 'document-processing'"):
        plan(queues=["document-procesing"])


def test_procrastinate_s_options_say_the_same_in_our_words() -> None:
    made = plan(queues=["emails"], name="w", shutdown_graceful_timeout=3, update_heartbeat_interval=2, wait=False)

    assert (made.name, made.grace, made.lease, made.wait) == ("w", 3, 10, False)


def test_deleting_failed_jobs_is_refused_in_one_line() -> None:
    with pytest.raises(SettingsError, match="delete_jobs='always'"):
        plan(delete_jobs="always")


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        plan(colour="red")


def test_processes_divide_the_slots_and_nothing_is_lost() -> None:
    slots = {"emails": 10, "reports": 5, "scheduled": 1}
    parts = [share(slots, index, 3) for index in range(3)]

    assert [part.get("emails") for part in parts] == [4, 3, 3]
    assert [part.get("scheduled") for part in parts] == [1, None, None]
    assert sum(part.get("reports", 0) for part in parts) == 5
