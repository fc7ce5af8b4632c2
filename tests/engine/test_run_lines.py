"""What job functions say is kept for people: whole where it is little, bounded where it is much."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from advisorjobs.database.link import Link
from advisorjobs.engine.current import current_run
from advisorjobs.engine.run_lines import (
    LONGEST_LINE,
    MOST_LINES,
    MOST_WAITING,
    Line,
    LineHandler,
    RunLines,
    cut,
    kept_text,
)
from advisorjobs.losses import REASONS, Losses
from tests.fixtures.apps import Program
from tests.fixtures.waiting import wait_for_async

LINES = "SELECT run_no, no, level, text FROM advisorjobs_log_lines WHERE job_id = %s ORDER BY run_no, no"
WORK = """
from advisorjobs import app, get_queue_manager
app.publish()
add = get_queue_manager().sync.add_job
own = {"organization_id": "org-1"}
ids = [
    add("critical", "talking:awaited", own),
    add("critical", "talking:blocking", {**own, "lines": 203}),
    add("critical", "talking:silent", own),
    app.configure_task("talking:thread").defer(**own),
    add("critical", "talking:hanging", own),
]
print(*ids)
app.run_worker(queues=["critical"], wait=False)
"""

Connection = psycopg.Connection[Any]
NOTHING = dict.fromkeys(REASONS, 0)


def run_of(number: int = 1) -> Any:
    """As much of a run as lines are about."""
    job = SimpleNamespace(id=number, run_no=1, organization_id="org-1")
    return SimpleNamespace(job=job, said=0, handler=SimpleNamespace(module="practice.jobs"))


@pytest.fixture
async def lines(database: str) -> AsyncIterator[RunLines]:
    """Lines that are written to this test's database."""
    made = RunLines(Link(database, "test"), Losses())
    yield made
    await made.link.close()


async def kept(connection: Connection, job: int) -> list[tuple[Any, ...]]:
    async def read() -> list[tuple[Any, ...]]:
        return connection.execute(LINES, [job]).fetchall()

    return await wait_for_async(read, "the lines")


@pytest.mark.slow
def test_what_jobs_say_is_there_when_they_have_ended(run_python: Program, connection: Connection) -> None:
    done = run_python("-c", WORK, PYTHONPATH=".", ADVISORJOBS_IMPORTS="tests.engine.talking_jobs")
    assert done.returncode == 0, done.stderr
    awaited, blocking, silent, thread, hanging = map(int, done.stdout.split())

    def said(job: int) -> list[tuple[Any, ...]]:
        return connection.execute(LINES, [job]).fetchall()

    assert said(awaited) == [(1, 1, "info", "1 to go"), (1, 2, "warning", "by the module's own logger")]
    first, second = ([line[1:] for line in said(blocking) if line[0] == run] for run in (1, 2))
    assert [line[0] for line in first] == list(range(1, MOST_LINES + 2))
    assert first[0] == (1, "info", "line 0")
    assert first[-1] == (MOST_LINES + 1, "info", "… 4 lines more")  # three, and the exception's
    assert second[-1] == (MOST_LINES + 1, "info", "… 3 lines more")
    assert said(silent) == []
    assert said(thread) == [(1, 1, "info", "before")]
    assert said(hanging) == [(1, 1, "error", "last words")]  # its process was killed
    organizations = connection.execute("SELECT DISTINCT organization_id FROM advisorjobs_log_lines").fetchall()
    assert organizations == [("org-1",)]


async def test_a_run_s_end_brings_its_lines_at_once(lines: RunLines, connection: Connection) -> None:
    loop = asyncio.ensure_future(lines.loop())
    run = run_of()
    lines.keep(run, 1_800_000_000.0, "warning", "half done")
    lines.ended(run)

    assert await kept(connection, 1) == [(1, 1, "warning", "half done")]
    loop.cancel()


async def test_a_run_that_goes_on_is_heard_within_a_second_or_so(lines: RunLines, connection: Connection) -> None:
    loop = asyncio.ensure_future(lines.loop())
    await asyncio.to_thread(lines.keep, run_of(), 1_800_000_000.0, "info", "from another thread")

    assert await kept(connection, 1) == [(1, 1, "info", "from another thread")]
    loop.cancel()


async def test_nothing_is_lost_while_the_database_is_away_and_nothing_is_twice(
    lines: RunLines, connection: Connection
) -> None:
    lines.link.dsn, there = "postgresql://nobody@127.0.0.1:1/nowhere", lines.link.dsn
    run = run_of()
    for number in range(3):
        lines.keep(run, 1_800_000_000.0, "info", str(number))
    await lines.flush()
    waiting = list(lines.waiting)
    assert [line.text for line in waiting] == ["0", "1", "2"]

    lines.link.dsn = there
    await lines.flush()
    lines.waiting.extend(waiting)  # as after an answer that was lost
    await lines.flush()
    assert await kept(connection, 1) == [(1, number + 1, "info", str(number)) for number in range(3)]


async def test_lines_that_can_never_be_written_are_dropped(lines: RunLines, caplog: pytest.LogCaptureFixture) -> None:
    run = run_of()
    lines.keep(run, 1_800_000_000.0, None, "a line without a level")  # type: ignore[arg-type]
    await lines.flush()

    assert not lines.waiting
    assert "writing lines of runs failed (psycopg.errors.NotNullViolation" in caplog.text
    assert lines.losses.counts == {**NOTHING, "unwritten": 1, "error": 1}


class Held(deque[Line]):
    """Lets a line in when it is told to: a thread that the system has put aside there."""

    def __init__(self) -> None:
        super().__init__(maxlen=MOST_WAITING)
        self.come, self.go_on = threading.Event(), threading.Event()

    def append(self, line: Line) -> None:
        self.come.set()
        assert self.go_on.wait(10)
        super().append(line)


async def test_a_line_that_comes_while_those_before_it_are_written_is_written_too(
    lines: RunLines, connection: Connection
) -> None:
    run = run_of()
    lines.keep(run, 1_800_000_000.0, "info", "before")
    lines.waiting, waiting = Held(), lines.waiting
    lines.waiting.extend(waiting)
    thread = threading.Thread(target=lines.keep, args=(run, 1_800_000_000.0, "info", "meanwhile"))
    thread.start()
    await asyncio.to_thread(lines.waiting.come.wait)
    await lines.flush()
    lines._said.clear()
    lines.waiting.go_on.set()
    await asyncio.to_thread(thread.join)
    loop = asyncio.ensure_future(lines.loop())

    async def written() -> bool:
        return len(connection.execute(LINES, [1]).fetchall()) == 2

    await wait_for_async(written, "the line that came meanwhile")
    loop.cancel()


async def test_a_run_s_end_has_written_what_nobody_was_told_of(lines: RunLines, connection: Connection) -> None:
    run = run_of()
    lines.keep(run, 1_800_000_000.0, "info", "left")
    await asyncio.to_thread(int)
    assert lines._said.is_set()
    lines._said.clear()
    loop = asyncio.ensure_future(lines.loop())
    lines.ended(run)

    assert await kept(connection, 1) == [(1, 1, "info", "left")]
    loop.cancel()


async def test_a_stop_while_lines_are_written_loses_none(lines: RunLines, connection: Connection) -> None:
    lines.keep(run_of(), 1_800_000_000.0, "info", "said last")
    begun = asyncio.Event()

    async def never(batch: list[Line]) -> None:
        begun.set()
        await asyncio.Event().wait()

    lines._write, write = never, lines._write  # type: ignore[method-assign]
    writing = asyncio.ensure_future(lines.flush())
    await begun.wait()
    writing.cancel()
    await asyncio.wait([writing])
    lines._write = write  # type: ignore[method-assign]
    await lines.close(5.0)

    assert await kept(connection, 1) == [(1, 1, "info", "said last")]
    assert lines.losses.counts == NOTHING


async def test_what_is_left_at_the_end_is_counted(lines: RunLines) -> None:
    lines.link.dsn = "postgresql://nobody@127.0.0.1:1/nowhere"
    for number in range(3):
        lines.keep(run_of(number), 1_800_000_000.0, "info", "left")
    await lines.close(5.0)

    assert lines.losses.counts == {**NOTHING, "unwritten": 3}


async def test_an_error_of_ours_in_writing_lines_ends_no_worker(lines: RunLines, connection: Connection) -> None:
    lines.keep(run_of(), 1_800_000_000.0, "info", "a lone \udc80 that nobody has cut")
    await lines.flush()
    lines.keep(run_of(2), 1_800_000_000.0, "info", "the next")
    await lines.flush()

    assert lines.losses.counts == {**NOTHING, "unwritten": 1, "error": 1}
    assert await kept(connection, 2) == [(1, 1, "info", "the next")]


def test_a_line_that_cant_be_kept_fails_no_function() -> None:
    def broken(run: Any, moment: float, level: str, text: str) -> None:
        raise RuntimeError

    losses = Losses()
    token = current_run.set(run_of())
    LineHandler(broken, losses).handle(logging.LogRecord("tasks.x", logging.INFO, __file__, 1, "said", None, None))
    current_run.reset(token)

    assert losses.counts == {**NOTHING, "error": 1}


async def test_what_waits_is_bounded(lines: RunLines) -> None:
    for number in range(MOST_WAITING // MOST_LINES + 1):
        run = run_of(number)
        for _ in range(MOST_LINES + 50):
            lines.keep(run, 0.0, "info", "again")

    assert len(lines.waiting) == MOST_WAITING
    assert lines.losses.counts == {**NOTHING, "overflow": MOST_LINES}


def test_lines_outside_of_runs_and_of_other_parts_are_nobody_s() -> None:
    heard: list[str] = []
    handler = LineHandler(lambda run, moment, level, text: heard.append(text), Losses())
    named = {
        "advisorjobs.job": 1,
        "advisorjobs.engine.claim": 0,
        "practice.other": 1,
        "practice2": 0,
        "advisorjobs.jobs": 0,
    }
    records = [logging.LogRecord(name, logging.INFO, __file__, 1, name, None, None) for name in named]
    for record in records:
        handler.handle(record)
    assert heard == []
    token = current_run.set(run_of())
    for record in records:
        handler.handle(record)
    current_run.reset(token)
    assert heard == [name for name, is_kept in named.items() if is_kept]


def test_a_line_is_cut_and_can_be_kept() -> None:
    assert cut("x" * (LONGEST_LINE + 1)) == "x" * (LONGEST_LINE - 1) + "…"
    assert cut("x" * LONGEST_LINE) == "x" * LONGEST_LINE
    assert cut("a\x00b\udc80") == "a\\0b\\udc80"


def test_of_an_exception_type_and_place_are_kept() -> None:
    try:
        raise LookupError("DE02120300000000202051")
    except LookupError as error:
        raised = type(error), error, error.__traceback__
    text = kept_text(logging.LogRecord("x", logging.ERROR, __file__, 1, "lost %s", ("it",), raised))

    assert text.startswith("lost it (LookupError at ")
    assert "DE02" not in text
