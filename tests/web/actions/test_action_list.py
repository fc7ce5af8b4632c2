"""The list of actions on many jobs: how each stands, who wanted it and why, page by page, to an organization its own."""

from __future__ import annotations

import re
from typing import Any

import pytest

from advisorjobs.actions.actions import Actions
from advisorjobs.errors import SettingsError
from advisorjobs.inspector.job_filter import JobFilter
from advisorjobs.manager import QueueManager
from advisorjobs.web.access.person import Role
from tests.fixtures.deeds import Somebody
from tests.fixtures.desk import Desk
from tests.fixtures.visitors import Added, Comes, Visitor

ALL = JobFilter(queue="critical")


def failed(desk: Desk, **fields: Any) -> int:
    (job,) = desk.enqueue(**fields)
    desk.settle(*desk.claim(free=1), status="failed", final=True, error_code="network")
    return job


async def rows(visitor: Visitor, path: str = "/actions") -> dict[int, str]:
    """The text of each action's row, in the order of the page."""
    answer = await visitor.get(path)
    assert answer.status_code == 200, answer.text
    found = re.findall(r'<tr id="action-(\d+)">(.*?)</tr>', answer.text, re.DOTALL)
    return {int(number): " ".join(re.sub(r"<[^>]*>", " ", row).split()) for number, row in found}


async def test_each_action_tells_how_it_stands_who_wanted_it_and_why(
    comes: Comes, desk: Desk, ada: Actions, manager: QueueManager
) -> None:
    visitor = comes()
    assert "No actions on many jobs yet" in (await visitor.get("/actions")).text
    assert '<a href="?">The newest</a>' in (await visitor.get("/actions?before=1")).text
    job = failed(desk)
    dropped, stopped, stalled, running = [ada.sync.propose("retry", wanted=ALL) for _ in range(4)]
    done = ada.sync.propose("retry", jobs=[job, job + 1])
    looked = ada.sync.propose("cancel", wanted=ALL)
    assert ada.sync.cancel_action(dropped)
    for number in (stopped, stalled, running, done):
        assert ada.sync.confirm(number, "the bank is back")
    assert ada.sync.cancel_action(stopped)
    found = ada.sync.read_action(stalled)
    assert found is not None
    assert found.job_id is not None
    assert await manager.cancel_job(found.job_id)

    listed = await rows(visitor)
    assert list(listed) == [looked, done, running, stalled, stopped, dropped]
    states = ("proposed", "done", "running", "stalled", "stopped", "dropped")
    assert [row.split()[1] for row in listed.values()] == list(states)
    assert listed[done].split(" now")[0] == f"{done} done Retry 2 ticked 1 1 1 ada dashboard the bank is back"
    assert "Retry all jobs in critical 0 0 1 ada dashboard" in listed[running]
    assert ("the bank is back" in listed[looked], "0 of 1" in listed[running], "0 of 1" in listed[stopped]) == (
        False,
        True,
        False,
    )
    for state, numbers in (("running", [running, stalled]), ("cancelled", [stopped, dropped]), ("done", [done])):
        assert list(await rows(visitor, f"/actions?state={state}")) == numbers
    told = (await visitor.get("/api/actions?limit=3")).json()
    assert [(each["id"], each["state"]) for each in told["actions"]] == list(
        zip(list(listed)[:3], states, strict=False)
    )
    rest = (await visitor.get(f"/api/actions?limit=3&before={told['older']}")).json()
    assert ([each["id"] for each in rest["actions"]], rest["older"]) == ([stalled, stopped, dropped], None)


async def test_pages_lead_to_older_ones_and_back(comes: Comes, ada: Actions) -> None:
    some = JobFilter(queue="critical", organization="org-1", tag="year-end")
    numbers = [ada.sync.propose("cancel", wanted=some) for _ in range(51)]
    first = (await comes().get("/actions?state=proposed")).text
    assert "Cancel jobs in critical that match a search of org-1" in (await rows(comes()))[numbers[-1]]
    assert f'href="?state=proposed&amp;before={numbers[1]}"' in first
    second = (await comes().get(f"/actions?state=proposed&before={numbers[1]}")).text
    assert (f'id="action-{numbers[0]}"' in second, f'id="action-{numbers[1]}"' in second) == (True, False)
    assert ('href="?state=proposed" rel="prev"' in second, 'rel="next"' in second) == (True, False)
    assert len(await rows(comes(), "/actions?state=nonsense&before=x")) == 50
    with pytest.raises(SettingsError, match="did you mean running"):
        await ada.list_actions(state="runnin")


async def test_people_of_an_organization_see_their_own(
    comes: Comes, add_person: Added, add_token: Added, ada: Actions, somebody: Somebody
) -> None:
    ada.sync.propose("retry", wanted=JobFilter(organization="org-1"))
    theirs = somebody(by="ann", role="operator", organization_id="org-1").sync.propose("retry", wanted=JobFilter())
    somebody(by="bob", role="operator", organization_id="org-2").sync.propose("retry", wanted=JobFilter())
    await add_person("vic", Role.VIEWER, "org-1")
    visitor = comes()
    await visitor.sign_in("vic")
    assert list(await rows(visitor)) == [theirs]
    (whole,) = (await visitor.get("/api/actions")).json()["actions"]
    assert (whole["queue"], whole["narrowed"]) == (None, False)
    program = comes(token=await add_token("prog", Role.VIEWER, "org-1"))
    assert [each["id"] for each in (await program.get("/api/actions")).json()["actions"]] == [theirs]
