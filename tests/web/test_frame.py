"""The frame that all pages have: shared reads, the pulse, moments and numbers, the mount."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from advisorjobs.application import App
from advisorjobs.web import web_app
from advisorjobs.web.pulse import Pulse
from advisorjobs.web.rendering import duration, number, relative, share
from advisorjobs.web.shared import Shared

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "now"), (-45, "45 s ago"), (-250, "4 min ago"), (7_300, "in 2 h"), (-100_000, "1 d 3 h ago"), (None, "–")],
)
def test_a_moment_is_told_in_words(seconds: int | None, words: str) -> None:
    moment = None if seconds is None else NOW + timedelta(seconds=seconds)
    assert relative(moment, NOW) == words


def test_numbers_are_written_for_people() -> None:
    assert [number(12_345), number(None), number(2.5)] == ["12\u202f345", "–", "2.5"]
    assert [duration(850), duration(3_200), duration(250_000), duration(None)] == ["850 ms", "3.2 s", "4 min 10 s", "–"]
    assert [share(0), share(0.0001), share(0.99999)] == ["0 %", "< 0.1 %", "> 99.9 %"]
    assert [share(1), share(0.987), share(0.5), share(None)] == ["100 %", "98.7 %", "50 %", "–"]


async def test_one_read_serves_all_who_look() -> None:
    reads = []
    clock = [0.0]
    shared = Shared(lambda: clock[0])

    async def read() -> int:
        reads.append(1)
        await asyncio.get_running_loop().run_in_executor(None, lambda: None)
        return len(reads)

    assert await asyncio.gather(*(shared.get("key", 1, read) for _ in range(10))) == [1] * 10
    assert await shared.get("key", 1, read) == 1
    clock[0] = 1.5
    assert await shared.get("key", 1, read) == 2


async def test_an_error_is_not_kept() -> None:
    shared = Shared()

    async def fails() -> int:
        raise ValueError("away")

    async def works() -> int:
        return 1

    with pytest.raises(ValueError, match="away"):
        await shared.get("key", 60, fails)
    assert await shared.get("key", 60, works) == 1


async def test_the_pulse_tells_what_changed_and_when_the_database_is_away() -> None:
    answers = iter([{"jobs": "1", "workers": "1"}, {"jobs": "2", "workers": "1"}, OSError("away"), {"jobs": "3"}])

    async def read(_: Collection[int]) -> dict[str, str]:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    pulse = Pulse(read, interval=0.001)
    stream = pulse.changes()
    assert [set(await anext(stream)) for _ in range(4)] == [
        {"tick"}, {"tick", "jobs", "jobs:slow"}, {"tick", "away"}, {"tick", "jobs", "workers", "jobs:slow", "workers:slow"},
    ]  # fmt: skip
    pulse.stop()


async def test_who_does_not_listen_gets_all_of_it_together_and_takes_no_room() -> None:
    seconds = itertools.count()
    enough = asyncio.Event()

    async def read(jobs: Collection[int]) -> dict[str, str]:
        second = next(seconds)
        if second == 100:
            enough.set()
        return {f"rare:{second % 3}": str(second)}

    pulse = Pulse(read, interval=0)
    stream = pulse.changes()
    await anext(stream)
    await enough.wait()
    (listener,) = pulse._listeners
    assert len(listener._topics) <= 7
    assert await anext(stream) >= {"tick", "rare:0", "rare:1", "rare:2"}
    pulse.stop()
    assert [topics async for topics in stream] == []


async def test_a_job_is_told_of_to_those_who_watch_it() -> None:
    asked: list[set[int]] = []
    answers = iter(["waiting", "waiting", "running", "running"])

    async def read(jobs: Collection[int]) -> dict[str, str]:
        asked.append(set(jobs))
        return {"jobs": "1", "job:7": next(answers)}

    pulse = Pulse(read, interval=0.001)
    watching, other = pulse.changes(7), pulse.changes(8)
    waiting = asyncio.ensure_future(anext(other))
    told = [set(await anext(watching)) - {"tick"} for _ in range(4)]
    assert told == [{"job:7"}, set(), {"job:7"}, set()]  # at first: it may have changed before
    assert not any("job" in topic for topic in await waiting)
    assert {7, 8} in asked
    pulse.stop()


async def test_what_is_kept_for_longer_survives_a_change_that_somebody_else_made() -> None:
    reads: list[str] = []
    shared = Shared(lambda: 0.0)

    async def read() -> int:
        reads.append("read")
        return len(reads)

    assert [await shared.get("now", 0.9, read), await shared.get("charts", 20, read)] == [1, 2]
    shared.forget(1.0)
    assert [await shared.get("now", 0.9, read), await shared.get("charts", 20, read)] == [3, 2]
    shared.forget()
    assert await shared.get("charts", 20, read) == 4


async def test_the_pulse_lets_go_of_what_was_read_before_it_tells_of_a_change() -> None:
    answers, told = iter([{"jobs": "1"}, {"jobs": "1"}, {"jobs": "2"}]), []

    async def read(_: Collection[int]) -> dict[str, str]:
        return next(answers)

    pulse = Pulse(read, interval=0.001, changed=lambda: told.append("changed"))
    stream = pulse.changes()
    assert [(await anext(stream) - {"tick"}, list(told)) for _ in range(3)] == [
        (set(), []), (set(), []), ({"jobs", "jobs:slow"}, ["changed"]),
    ]  # fmt: skip
    pulse.stop()


async def test_whoever_changed_something_sees_it_so_at_once(app: App, mounted: httpx.AsyncClient) -> None:
    async def paused() -> bool:
        return bool((await mounted.get("/jobs/api/queues/emails")).json()["overview"]["stats"]["is_paused"])

    assert not await paused()
    page = await mounted.get("/jobs/queues/emails")
    token = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    form = {"csrf": token, "why": "the mail server moves"}
    assert (await mounted.post("/jobs/queues/emails/pause", data=form)).status_code == 303
    assert await paused()


async def test_what_changes_all_the_time_is_told_at_a_pace_and_what_is_rare_at_once() -> None:
    seconds = itertools.count()
    pauses = {9: "2"}

    async def read(_: Collection[int]) -> dict[str, str]:
        second = next(seconds)
        return {"jobs": str(min(second, 15)), "queue:emails": str(min(second, 15)), "pauses": pauses.get(second, "1")}

    clock = itertools.count()
    pulse = Pulse(read, interval=0, clock=lambda: next(clock) / 2)  # it is asked twice a look
    stream = pulse.changes()
    told = [set(await anext(stream)) for _ in range(40)]
    pulse.stop()
    jobs = [second for second, topics in enumerate(told) if "jobs" in topics]
    assert jobs[:3] == [1, 2, 3]
    assert all(2 <= after - before <= 3 for before, after in itertools.pairwise(jobs[5:]))
    assert jobs == [second for second, topics in enumerate(told) if "queue:emails" in topics]
    assert [second for second, topics in enumerate(told) if "pauses" in topics] == [9, 10]
    assert jobs[-1] >= 15  # what it became at last is told
    slow = [second for second, topics in enumerate(told) if "jobs:slow" in topics]
    assert len(slow) < len(jobs)
    assert slow[-1] >= 15


@pytest.fixture
async def mounted(app: App) -> AsyncIterator[httpx.AsyncClient]:
    """The application under a prefix of somebody else's."""
    outer = Starlette(routes=[Mount("/jobs", web_app(app))])
    transport = httpx.ASGITransport(app=outer)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def test_mounted_under_a_prefix_every_link_has_it(mounted: httpx.AsyncClient) -> None:
    page = await mounted.get("/jobs/")
    assert page.status_code == 200
    assert 'href="/jobs/static/style.css"' in page.text
    assert (await mounted.get("/jobs/static/style.css")).status_code == 200
    queues = (await mounted.get("/jobs/api/queues")).json()
    assert {"queue": "emails", "waiting": 0}.items() <= next(
        each for each in queues if each["queue"] == "emails"
    ).items()
    assert (await mounted.get("/jobs/api/openapi.json")).json()["info"]["title"] == "AdvisorJobs"
