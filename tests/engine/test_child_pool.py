"""Who gets a child process when, and that there are never more than allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from advisorjobs.engine.child_pool import ChildPool
from tests.fixtures.children import Bench

ROOM = 1 << 30


async def test_those_who_wait_are_served_by_rank_and_then_by_arrival(make_bench: Callable[..., Bench]) -> None:
    pool = make_bench().executor.pool
    child = await pool.acquire(0, ROOM)
    served: list[str] = []

    async def ask(rank: float, name: str) -> None:
        await pool.acquire(rank, ROOM)
        served.append(name)
        pool.release(child)

    waiting = [asyncio.ensure_future(ask(rank, name)) for rank, name in [(5, "a"), (1, "b"), (5, "c"), (2, "d")]]
    await asyncio.sleep(0)  # noqa: TID251 - lets them queue up
    pool.release(child)
    await asyncio.gather(*waiting)
    assert served == ["b", "d", "a", "c"]


async def test_who_gives_up_waiting_holds_nobody_up(make_bench: Callable[..., Bench]) -> None:
    pool = make_bench().executor.pool
    child = await pool.acquire(0, ROOM)
    leaving, staying = (asyncio.ensure_future(pool.acquire(rank, ROOM)) for rank in (1, 2))
    await asyncio.sleep(0)  # noqa: TID251 - lets them queue up

    leaving.cancel()
    pool.release(child)
    assert await staying is child


async def test_who_gives_up_at_the_moment_of_being_served_passes_the_child_on(
    make_bench: Callable[..., Bench],
) -> None:
    pool = make_bench().executor.pool
    child = await pool.acquire(0, ROOM)
    leaving, staying = (asyncio.ensure_future(pool.acquire(rank, ROOM)) for rank in (1, 2))
    await asyncio.sleep(0)  # noqa: TID251 - lets them queue up

    pool.release(child)
    leaving.cancel()
    assert await staying is child


async def test_a_child_that_has_grown_is_replaced_for_a_job_with_little_room(make_bench: Callable[..., Bench]) -> None:
    pool = make_bench().executor.pool
    child = await pool.acquire(0, ROOM)
    child.size = 0  # as if it had been small at its start
    pool.release(child)

    fresh = await pool.acquire(0, room=32 << 20)
    assert fresh is not child
    assert len(pool.children) == 1


async def test_a_big_child_ends_when_its_job_does(make_bench: Callable[..., Bench]) -> None:
    pool: ChildPool = make_bench(size=1 << 20).executor.pool
    child = await pool.acquire(0, ROOM)
    pool.release(child)

    assert await pool.acquire(0, ROOM) is not child
