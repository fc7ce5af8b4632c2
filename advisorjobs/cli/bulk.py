"""Commands that change many jobs: asked before, with a progress bar meanwhile, and one answer at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import typer

from advisorjobs.cli.completion import queue_names
from advisorjobs.cli.json_lines import JsonOption, print_json
from advisorjobs.errors import SettingsError
from advisorjobs.settings import Settings

__all__ = ["YesOption", "cancel_all", "clean", "retry_all"]

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Without asking.")]
OnProgress = Callable[[int], None]


def clean(
    queue: Annotated[
        str, typer.Argument(metavar="QUEUE", help="The queue.", show_default=False, autocompletion=queue_names)
    ],
    status: Annotated[
        str, typer.Option(metavar="STATUS", help="completed, failed, cancelled, delayed or waiting.")
    ] = "completed",
    older_than: Annotated[
        str, typer.Option(metavar="SPAN", help="Only those that are so for longer: 5s, 2h, 30d, or since a date.")
    ] = "0s",
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Takes jobs out of statistics, lists and results.

    The history of their runs stays. Delayed and waiting jobs are removed without having run.

    \b
    Examples:
      advisorjobs queues clean emails --older-than 30d
      advisorjobs queues clean webhooks --status failed --older-than 5s --yes

    --json: {"queue", "status", "cleaned"}.
    """
    from advisorjobs.bulk_calls import CLEANABLE
    from advisorjobs.cli.ground import opened
    from advisorjobs.cli.moments import ago
    from advisorjobs.environment import did_you_mean
    from advisorjobs.manager import get_queue_manager

    if status not in CLEANABLE:
        raise SettingsError("--status", status, f"is no status to clean{did_you_mean(status, CLEANABLE)}")
    since = ago(older_than, "--older-than") or datetime.now().astimezone()
    manager = get_queue_manager().sync
    with opened(Settings.from_environment()):
        most = int(getattr(manager.get_queue_stats(queue), status))
        agree(f"queue {queue} has {most:,} {status} jobs: take away those older than {older_than}?", yes=yes)
        grace = max(0, round((datetime.now().astimezone() - since).total_seconds() * 1000))
        with bar(f"cleaning {queue}", most, hidden=as_json) as told:
            done = manager.clean_queue(queue, grace, status, on_progress=told)
    answer({"queue": queue, "status": status, "cleaned": done}, f"{done:,} {status} jobs cleaned", as_json=as_json)


def retry_all(queue: str, *, yes: bool, as_json: bool) -> None:
    """Runs all failed jobs of *queue* again."""
    from advisorjobs.cli.ground import opened
    from advisorjobs.manager import get_queue_manager

    manager = get_queue_manager().sync
    with opened(Settings.from_environment()):
        most = manager.get_queue_stats(queue).failed
        agree(f"queue {queue} has {most:,} failed jobs: run them all again?", yes=yes)
        with bar(f"retrying in {queue}", most, hidden=as_json) as told:
            done = manager.retry_failed_jobs(queue, on_progress=told)
    answer({"queue": queue, "retried": done}, f"{done:,} jobs wait to run again", as_json=as_json)


def cancel_all(wanted: dict[str, str | None], *, yes: bool, as_json: bool) -> None:
    """Cancels the jobs for which all of *wanted* holds: queue, name, organization_id, tag."""
    from advisorjobs.cli.ground import opened
    from advisorjobs.manager import get_queue_manager

    given = {key: value for key, value in wanted.items() if value is not None}
    manager = get_queue_manager().sync
    with opened(Settings.from_environment()):
        said = ", ".join(f"{key} {value}" for key, value in given.items())
        agree(f"cancel all jobs that wait or run with {said}?", yes=yes)
        with bar("cancelling", None, hidden=as_json) as told:
            done = manager.cancel_jobs(**given, on_progress=told)
    answer({**wanted, "cancelled": done}, f"{done:,} jobs are cancelled, or told to stop", as_json=as_json)


def agree(question: str, *, yes: bool) -> None:
    """Asks a person; refuses where nobody can be asked and --yes was not given."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise SettingsError("--yes", yes, f"nobody can be asked here. {question} Say so with --yes")
    typer.confirm(question, abort=True, err=True)


class bar:
    """A progress bar on standard error while its block runs; gives what is to be told of jobs done so far."""

    def __init__(self, title: str, total: int | None, *, hidden: bool) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        from advisorjobs.cli.consoles import console

        output = console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self.progress = Progress(*columns, console=output, transient=True, disable=hidden or not output.is_terminal)
        self.task = self.progress.add_task(title, total=total)

    def __enter__(self) -> OnProgress:
        self.progress.start()
        return lambda done: self.progress.update(self.task, completed=done)

    def __exit__(self, *failure: object) -> None:
        self.progress.stop()


def answer(result: dict[str, Any], text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(result)
    else:
        typer.echo(text)
