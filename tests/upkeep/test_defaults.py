"""The default schedules: put once, and never against an operator's will."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from advisorjobs.application import App
from advisorjobs.manager import QueueManager
from advisorjobs.upkeep.defaults import DEFAULTS, put_defaults
from tests.fixtures.firms import Firms

JOBS = {each.job for each in DEFAULTS}


def listed(manager: QueueManager) -> dict[str, str]:
    return {each.key: str(each.state) for each in manager.sync.list_repeatable_jobs(organization_id="system")}


def test_each_job_of_the_system_has_its_schedule_and_a_payload_that_it_takes(app: App, manager: QueueManager) -> None:
    assert app.run(put_defaults(app)) == dict.fromkeys(JOBS, "created")
    assert listed(manager) == dict.fromkeys(JOBS, "active")
    prefixes = ("scheduled:", "maintenance:")
    found = {name for name in app.catalogue if name.startswith(prefixes)}
    assert found - {"maintenance:bulk_action"} == JOBS - {"critical:health_check"}  # people ask for that one
    assert app.run(put_defaults(app)) == {}


def test_what_operators_did_is_kept(app: App, manager: QueueManager) -> None:
    app.run(put_defaults(app))
    calls = manager.sync
    calls.remove_repeatable_job("maintenance:clear_cache")
    calls.pause_repeatable_job("scheduled:data_sync")
    calls.add_repeatable_job(None, "scheduled:daily_reports", {"organization_id": "system"}, "0 6 * * *")
    before = listed(manager)

    assert app.run(put_defaults(app)) == {}
    assert listed(manager) == before
    changed = calls.get_repeatable_job("scheduled:daily_reports")
    assert changed is not None
    assert changed.cron == "0 6 * * *"


def test_one_that_was_there_before_is_left_as_it_is(app: App, manager: QueueManager) -> None:
    manager.sync.add_repeatable_job(None, "scheduled:daily_reports", {"organization_id": "system"}, "0 9 * * *")
    assert "scheduled:daily_reports" not in app.run(put_defaults(app))
    assert "scheduled:daily_reports" not in app.run(put_defaults(app))
    kept = manager.sync.get_repeatable_job("scheduled:daily_reports")
    assert kept is not None
    assert kept.cron == "0 9 * * *"


def test_restore_puts_all_again_and_leaves_a_pause(app: App, manager: QueueManager) -> None:
    app.run(put_defaults(app))
    manager.sync.remove_repeatable_job("maintenance:clear_cache")
    manager.sync.pause_repeatable_job("scheduled:data_sync")
    outcomes = app.run(put_defaults(app, restore=True))

    assert {key: outcome for key, outcome in outcomes.items() if outcome != "unchanged"} == {
        "maintenance:clear_cache": "created"
    }
    assert listed(manager) == {**dict.fromkeys(JOBS, "active"), "scheduled:data_sync": "paused"}


def test_the_command_says_what_it_did(run_python: Callable[..., Any], app: App) -> None:
    first = run_python("-m", "advisorjobs", "schedules", "defaults", "--json")
    again = run_python("-m", "advisorjobs", "schedules", "defaults")

    assert {json.loads(line)["outcome"] for line in first.stdout.splitlines()} == {"created"}, first.stderr
    assert {line.split()[0] for line in again.stdout.splitlines()} == {"kept"}
    assert len(again.stdout.splitlines()) == len(DEFAULTS)


def test_a_day_of_schedules_runs_every_system_job_without_failure(firms: Firms) -> None:
    firms.firm(time_zone="America/New_York")
    firms.invoice("i", overdue=5)
    app = firms.kit.app
    app.run(put_defaults(app))
    firms.connection.execute("DELETE FROM advisorjobs_schedules WHERE key = 'critical:health_check'")
    ran = firms.kit.drain(until=86_400, queue="maintenance")

    assert {each.name for each in ran} == {name for name in JOBS if name.startswith("maintenance:")}
    assert {each.status for each in ran} == {"completed"}
