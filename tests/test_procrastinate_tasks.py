"""Plain procrastinate tasks in our engine: what procrastinate documents of them holds here too."""

from __future__ import annotations

import asyncio
from typing import Any

import procrastinate
import psycopg
import pytest
from procrastinate import JobContext, RetryDecision, exceptions

from advisorjobs.application import App
from advisorjobs.manager import QueueManager

QUEUE = "critical"


async def work(app: App, **options: Any) -> None:
    """A worker that ends when nothing is left to do."""
    async with asyncio.timeout(60):
        await app.run_worker_async(queues=[QUEUE], wait=False, install_signal_handlers=False, **options)


def runs(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return connection.execute("SELECT status, attempt, error_code FROM job_executions ORDER BY run_number").fetchall()


async def test_a_task_gets_its_context_and_what_the_worker_adds_to_it(app: App) -> None:
    seen: list[JobContext] = []

    @app.task(name="plain:look", queue=QUEUE, pass_context=True)
    async def look(context: JobContext, number: int) -> None:
        seen.append(context)

    job_id = await look.defer_async(number=7)
    await work(app, name="here", additional_context={"colour": "red"})

    (context,) = seen
    assert (context.job.id, context.job.task_kwargs, context.job.attempts) == (job_id, {"number": 7}, 0)
    assert (context.worker_name, context.additional_context, context.task) == ("here", {"colour": "red"}, look)
    assert context.should_abort() is False


async def test_a_retry_counts_attempts_as_procrastinate_does(app: App, connection: psycopg.Connection[Any]) -> None:
    attempts: list[int] = []

    @app.task(name="plain:flaky", queue=QUEUE, retry=3, pass_context=True)
    async def flaky(context: JobContext) -> None:
        attempts.append(context.job.attempts)
        raise ValueError("again")

    await flaky.defer_async()
    await work(app)

    assert attempts == [0, 1, 2, 3]
    assert [status for status, _, _ in runs(connection)] == ["retrying", "retrying", "retrying", "failed"]


async def test_a_task_without_retry_fails_at_once(app: App, connection: psycopg.Connection[Any]) -> None:
    @app.task(name="plain:broken", queue=QUEUE)
    async def broken() -> None:
        raise ValueError("no")

    await broken.defer_async()
    await work(app)

    assert runs(connection) == [("failed", 1, "internal")]


async def test_a_strategy_sees_the_exception_and_may_change_priority_and_lock(
    app: App, connection: psycopg.Connection[Any]
) -> None:
    class Choosy(procrastinate.BaseRetryStrategy):
        def get_retry_decision(self, *, exception: BaseException, job: Any) -> RetryDecision | None:
            if not isinstance(exception, KeyError):
                return None
            return RetryDecision(retry_in={"seconds": 3600}, priority=7, lock="changed", queue="emails")

    @app.task(name="plain:choosy", queue=QUEUE, retry=Choosy())
    async def choosy(error: str) -> None:
        raise {"key": KeyError, "value": ValueError}[error]("x")

    again, never = await choosy.defer_async(error="key"), await choosy.defer_async(error="value")
    await work(app)

    rows = connection.execute("SELECT id, status::text, priority, lock, queue_name FROM procrastinate_jobs ORDER BY id")
    assert rows.fetchall() == [(again, "todo", 7, "changed", "emails"), (never, "failed", -1, None, QUEUE)]


async def test_jobs_of_a_lock_run_one_at_a_time_and_in_order(app: App) -> None:
    running, most, order = 0, 0, []

    @app.task(name="plain:locked", queue=QUEUE, lock="client-1")
    async def locked(number: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        order.append(number)
        await asyncio.get_running_loop().run_in_executor(None, int)
        running -= 1

    await locked.batch_defer_async(*[{"number": number} for number in range(30)])
    await work(app)

    assert (most, order) == (1, list(range(30)))


async def test_a_queueing_lock_lets_one_wait(app: App) -> None:
    @app.task(name="plain:once", queue=QUEUE, queueing_lock="once")
    async def once() -> None: ...

    await once.defer_async()
    with pytest.raises(exceptions.AlreadyEnqueued):
        await once.defer_async()
    await work(app)
    await once.defer_async()


async def test_a_job_runs_under_an_alias_of_its_task(app: App, connection: psycopg.Connection[Any]) -> None:
    @app.task(name="plain:new", aliases=["plain:old"], queue=QUEUE)
    async def renamed() -> None: ...

    await app.configure_task("plain:old", queue=QUEUE).defer_async()
    await work(app)

    assert runs(connection) == [("completed", 1, None)]


async def test_tasks_of_a_blueprint_run(app: App) -> None:
    blueprint, done = procrastinate.Blueprint(), []

    @blueprint.task(name="feed", queue=QUEUE)
    async def feed(cat: str) -> None:
        done.append(cat)

    app.add_tasks_from(blueprint, namespace="cats")
    await feed.defer_async(cat="Minou")
    await work(app)

    assert done == ["Minou"]


async def test_middlewares_wrap_tasks_and_workers_in_procrastinate_s_order(app: App) -> None:
    order: list[str] = []

    def named(name: str) -> Any:
        async def middleware(call_next: Any, context: JobContext, worker: Any) -> Any:
            order.append(f"{name} before {context.job.task_name} of {worker.worker_name}")
            result = await call_next()
            order.append(f"{name} after")
            return result

        return middleware

    @app.task(name="plain:wrapped", queue=QUEUE, task_middleware=[named("own")])
    async def wrapped() -> None:
        order.append("task")

    await wrapped.defer_async()
    await work(app, name="w", task_middleware=[named("wide")], worker_middleware=[named("worker")])

    tail = "before plain:wrapped of w"
    assert order == [
        f"worker {tail}", f"wide {tail}", f"own {tail}", "task", "own after", "wide after", "worker after",
    ]  # fmt: skip


async def test_a_blocking_task_that_no_child_can_find_runs_in_a_thread(
    app: App, connection: psycopg.Connection[Any], caplog: pytest.LogCaptureFixture
) -> None:
    done: list[int] = []

    @app.task(name="plain:blocking", queue=QUEUE)
    def blocking(number: int) -> None:
        done.append(number)

    await blocking.defer_async(number=3)
    await work(app)

    assert (done, runs(connection)) == ([3], [("completed", 1, None)])
    assert "plain:blocking" in caplog.text


async def test_a_task_that_was_aborted_ends_as_cancelled(app: App, connection: psycopg.Connection[Any]) -> None:
    begun = asyncio.Event()

    @app.task(name="plain:long", queue=QUEUE)
    async def long() -> None:
        begun.set()
        await asyncio.Event().wait()

    job_id = await long.defer_async()
    working = asyncio.ensure_future(work(app))
    await begun.wait()
    assert await app.job_manager.cancel_job_by_id_async(job_id, abort=True)
    await working

    assert runs(connection) == [("cancelled", 1, "cancelled")]
    assert (await app.job_manager.get_job_status_async(job_id)).value in ("cancelled", "aborted")


async def test_job_aborted_ends_a_task_as_cancelled(app: App, connection: psycopg.Connection[Any]) -> None:
    @app.task(name="plain:gives_up", queue=QUEUE, retry=True)
    async def gives_up() -> None:
        raise exceptions.JobAborted

    await gives_up.defer_async()
    await work(app)

    assert runs(connection) == [("cancelled", 1, "cancelled")]


async def test_the_task_that_removes_old_jobs_works(app: App, connection: psycopg.Connection[Any]) -> None:
    @app.task(name="plain:done", queue=QUEUE)
    async def done() -> None: ...

    job_id = await done.defer_async()
    await work(app)
    assert [job.id for job in await app.job_manager.list_jobs_async(status="succeeded")] == [job_id]
    await app.configure_task("builtin:procrastinate.builtin_tasks.remove_old_jobs", queue="builtin").defer_async(
        max_hours=0
    )
    async with asyncio.timeout(60):
        await app.run_worker_async(queues=["builtin"], wait=False, install_signal_handlers=False)

    assert job_id not in [job.id for job in await app.job_manager.list_jobs_async(status="succeeded")]
    assert connection.execute("SELECT count(*) FROM job_executions WHERE job_id = %s", [job_id]).fetchone() == (1,)


async def test_an_organization_argument_is_the_job_s_organization(app: App, manager: QueueManager) -> None:
    @app.task(name="plain:of_org", queue=QUEUE)
    async def of_org(organization_id: str) -> None: ...

    job = await manager.get_job(await of_org.defer_async(organization_id="org456"))

    assert job is not None
    assert job.organization_id == "org456"


@pytest.mark.parametrize("value", ["[" * 300 + "]" * 300, "1" + "0" * 5000])
async def test_arguments_that_python_cannot_read_fail_their_own_job_only(
    app: App, connection: psycopg.Connection[Any], value: str
) -> None:
    seen: list[int] = []

    @app.task(name="plain:take", queue=QUEUE)
    async def take(number: int) -> None:
        seen.append(number)

    connection.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES (%s, 'plain:take', %s)",
        [QUEUE, f'{{"number": {value}}}'],
    )
    await take.defer_async(number=7)
    await work(app)

    assert seen == [7]
    assert sorted(row[0] for row in runs(connection)) == ["completed", "failed"]
