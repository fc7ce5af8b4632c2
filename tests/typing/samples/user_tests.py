"""A user's tests with the kit, as type checkers see them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_type

from advisorjobs import Job
from advisorjobs.testing import JobKit, Ran


async def awaited(job_kit: JobKit) -> None:
    assert_type(await job_kit.run_next(queue="emails", crash_at="before_commit"), Ran | None)
    assert_type(await job_kit.run_due(raising=False), list[Ran])
    assert_type(await job_kit.drain(until=timedelta(days=3)), list[Ran])
    assert_type(await job_kit.enqueued("email:send", payload={"to": "ada@example.com"}), list[Job])
    assert_type(await job_kit.assert_enqueued("email:send", count=1, only=True, scheduled_in=60), list[Job])
    assert_type(await job_kit.now(), datetime)
    await job_kit.travel(timedelta(hours=1))
    await job_kit.run_due(crash_at="midway")  # wrong
    await job_kit.assert_enqueued("email:send", organisation_id="org-1")  # wrong


def blocking(job_kit: JobKit) -> None:
    kit = job_kit.sync
    assert_type(kit.run_next(), Ran | None)
    assert_type(kit.drain(raising=False), list[Ran])
    assert_type(kit.assert_enqueued(count=0), list[Job])
    assert_type(kit.travel_to(datetime.now().astimezone()), None)
    assert_type(kit.run_due()[0].error, BaseException | None)
