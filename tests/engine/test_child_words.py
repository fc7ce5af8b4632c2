"""What child processes say of their runs is told of the right one, whatever processes a function leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from advisorjobs.database.link import Link
from advisorjobs.engine.child_telemetry import ChildTelemetry
from advisorjobs.engine.child_words import ChildWords
from advisorjobs.engine.run_lines import RunLines
from advisorjobs.losses import Losses
from tests.fixtures.children import NOWHERE, Bench
from tests.fixtures.waiting import wait_for

MakeBench = Callable[..., Bench]


@pytest.fixture
async def words() -> ChildWords:
    """Takes what children say; nothing is written."""
    losses = Losses()
    return ChildWords(RunLines(Link(NOWHERE, "test"), losses), None, losses)


def kept(words: ChildWords) -> list[tuple[int, str]]:
    return [(line.job_id, line.text) for line in words.lines.waiting]


def speaks_on(path: Path) -> None:
    """Has the process that a function left behind say one thing more."""
    Path(f"{path}.over").touch()
    wait_for(Path(f"{path}.after it").exists, seconds=5)


async def test_what_a_process_says_that_a_function_left_behind_is_told_of_no_other_run(
    make_bench: MakeBench, words: ChildWords, tmp_path: Path
) -> None:
    bench, path = make_bench(words=words), tmp_path / "fork"
    await bench.do("test:fork", path=str(path), how="stays")
    assert kept(words) == [(7, "during the run")]
    speaks_on(path)
    second = bench.run_of("test:add", number=1)
    second.job = second.job._replace(id=8)
    result = await bench.executor.run(second)

    assert (result["sum"], result["pid"]) == (2, bench.pids[0])
    assert kept(words) == [(7, "during the run")]
    assert words.losses.counts["stray"] == 1


async def test_a_later_run_of_the_same_job_is_another_run(
    make_bench: MakeBench, words: ChildWords, tmp_path: Path
) -> None:
    bench, path = make_bench(words=words), tmp_path / "fork"
    await bench.do("test:fork", path=str(path), how="stays")
    speaks_on(path)
    second = bench.run_of("test:add")
    second.job = second.job._replace(run_no=2)
    await bench.executor.run(second)

    assert words.losses.counts["stray"] == 1


async def test_a_function_that_comes_back_twice_has_one_answer(make_bench: MakeBench) -> None:
    bench = make_bench()

    for number in (3, 4, 5):
        assert await bench.do("test:fork", how="returns", number=number) == "x" * number
    assert (await bench.do("test:add", number=1))["sum"] == 2


async def test_what_several_processes_say_at_once_comes_whole(make_bench: MakeBench, words: ChildWords) -> None:
    bench = make_bench(words=words)

    for _ in range(3):
        assert await bench.do("test:fork", how="chatters", number=5_000_000) == "x" * 5_000_000
    assert {text.partition(" ")[0] for _, text in kept(words)} <= {"line"}
    assert words.losses.counts["error"] == 0


async def test_words_that_nobody_understands_fail_no_run(make_bench: MakeBench, words: ChildWords) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    words.lines.keep = broken  # type: ignore[method-assign]
    bench = make_bench(words=words)
    assert await bench.do("test:fork", how="speaks") == ""
    assert words.losses.counts["error"] == 1


async def test_a_worker_that_cant_be_told_of_a_line_fails_no_function(make_bench: MakeBench) -> None:
    sent: list[dict[str, object]] = []

    def send(**message: object) -> None:
        if "line" in message:
            raise BrokenPipeError
        sent.append(message)

    telemetry = ChildTelemetry(send, tracing=False)
    run = make_bench().run_of("test:add")
    telemetry.began(run, None)
    telemetry._keep(run, 0.0, "info", "said")
    telemetry.ended()
    telemetry.began(run, None)
    telemetry.ended()

    assert sent == [{"errors": 1}]
