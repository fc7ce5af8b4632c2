"""What people set at run time binds the next claim."""

from __future__ import annotations

import pytest

from advisorjobs.manager import QueueManager
from tests.fixtures.desk import Desk


def test_a_paused_queue_gives_nothing_out_until_it_is_resumed(manager: QueueManager, desk: Desk) -> None:
    (job_id,) = desk.enqueue()
    manager.sync.pause_queue("critical")
    assert desk.claim() == []

    manager.sync.resume_queue("critical")
    assert [job.id for job in desk.claim()] == [job_id]


@pytest.mark.parametrize("everywhere", [True, False])
def test_a_paused_organization_waits_and_others_go_on(manager: QueueManager, desk: Desk, everywhere: bool) -> None:
    desk.enqueue(3, organization_id="org-7", args={"organization_id": "org-7"})
    (other,) = desk.enqueue(organization_id="org-8", args={"organization_id": "org-8"})
    if everywhere:
        manager.sync.pause_organization("org-7")
    else:
        manager.sync.pause_queue("critical", organization_id="org-7")

    assert [job.id for job in desk.claim()] == [other]


def test_a_limit_of_running_jobs_binds_until_it_is_taken_away(manager: QueueManager, desk: Desk) -> None:
    desk.enqueue(5)
    manager.sync.set_queue_limit("critical", running=2)
    assert (len(desk.claim()), len(desk.claim())) == (2, 0)

    manager.sync.set_queue_limit("critical", running="none")
    assert len(desk.claim()) == 3


def test_a_rate_binds_until_the_queue_goes_back_to_its_table(manager: QueueManager, desk: Desk) -> None:
    desk.enqueue(5)
    manager.sync.set_queue_limit("critical", rate="3/h")
    assert (len(desk.claim()), len(desk.claim())) == (3, 0)

    manager.sync.reset_queue_limit("critical")
    assert len(desk.claim()) == 2


def test_an_organizations_rule_goes_before_what_the_queue_says_of_each(manager: QueueManager, desk: Desk) -> None:
    for organization in ("org-7", "org-8"):
        desk.enqueue(4, organization_id=organization, args={"organization_id": organization})
    manager.sync.set_queue_limit("critical", organization_running=1)
    manager.sync.set_organization_rule("org-7", queue="critical", running=3)

    assert sorted(job.organization_id or "" for job in desk.claim()) == ["org-7"] * 3 + ["org-8"]


def test_a_weight_is_so_many_turns_in_a_row(manager: QueueManager, desk: Desk) -> None:
    for organization in ("org-7", "org-8"):
        desk.enqueue(10, organization_id=organization, args={"organization_id": organization})
    manager.sync.set_organization_rule("org-7", weight=4)

    assert sorted(job.organization_id or "" for job in desk.claim(free=10)) == ["org-7"] * 8 + ["org-8"] * 2


def test_jobs_behind_a_key_go_on_when_its_limit_is_removed(manager: QueueManager, desk: Desk) -> None:
    desk.enqueue(4, limit_key="stripe")
    manager.sync.set_key_limit("stripe", running=1)
    assert len(desk.claim()) == 1

    manager.sync.remove_key_limit("stripe")
    assert len(desk.claim()) == 3
