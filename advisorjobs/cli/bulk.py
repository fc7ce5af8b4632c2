"""Commands that change many jobs: asked before, with a progress bar meanwhile, and one answer at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisorjobs.cli.completion import queue_names
from advisorjobs.cli.json_lines import JsonOption, print_json
from advisorjobs.errors import SettingsError
from advisorjobs.settings import Settings

if TYPE_CHECKING:
    from advisorjobs.actions.bulk_actions import BulkAction
    from advisorjobs.application import App
    from advisorjobs.inspector.job_filter import JobFilter

__all__ = ["ChangeAll", "YesOption", "change_all", "clean"]

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Without asking.")]
OnProgress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAll:
    """How a change of all that fit is spoken of. `given`: the conditions, for the answer; `key`: of how many, in JSON."""

    question: str
    title: str
    outcome: str
    key: str
    given: dict[str, Any]
    yes: bool
    as_json: bool
    priority: int | None = None


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


def change_all(what: str, wanted: JobFilter, told: ChangeAll) -> None:
    """Changes all jobs that are *wanted*, after a look at how many there are.

    The steps are taken here and by any worker of the queue maintenance, so that it goes on should this process be
    killed or meet an error; broken off by a person, it is stopped.
    """
    from advisorjobs.actions.actions import Actions
    from advisorjobs.actor import acting
    from advisorjobs.application import the_app
    from advisorjobs.cli.ground import opened

    with opened(Settings.from_environment()):
        actions = Actions(the_app(), acting()).sync
        number = actions.propose(what, wanted=wanted, priority=told.priority)
        found = actions.read_action(number)
        with stopped_at(BaseException, number, actions.cancel_action):
            if found is None or found.expected or found.expected_more:
                agree(f"{number_of(found)}: {told.question}?", yes=told.yes)
                actions.confirm(number)
        with stopped_at(KeyboardInterrupt, number, actions.cancel_action):
            changed, refused = carried_out(the_app(), number, found, told)
    left = f", {refused:,} could not be: see action {number}" if refused else ""
    result = {**told.given, told.key: changed}
    answer(result, f"{changed:,} {told.outcome}{left}", as_json=told.as_json)


@contextmanager
def stopped_at(kind: type[BaseException], number: int, cancel: Callable[[int], bool]) -> Iterator[None]:
    """Cancels an action where its block ends with an error of *kind*; of other errors, says that it goes on.

    What the block raised is what is raised, whatever becomes of the cancelling.
    """
    try:
        yield
    except kind:
        try:
            cancel(number)
        except Exception as error:
            typer.echo(f"action {number} may go on, as cancelling it failed too ({type(error).__name__})", err=True)
        raise
    except Exception:
        typer.echo(f"action {number} is not stopped: the job maintenance:bulk_action goes on with it", err=True)
        raise


def number_of(found: BulkAction | None) -> str:
    """How many jobs fit, for whoever is asked."""
    number = found.expected if found else 0
    fit = "1 job fits" if number == 1 else f"{number:,} jobs fit"
    if found is None or not found.expected_more:
        return fit
    return f"at least {fit}, of the first {found.looked:,} that were looked at"


def carried_out(app: App, number: int, found: BulkAction | None, told: ChangeAll) -> tuple[int, int]:
    """Takes steps until nothing is left; how many jobs were changed, and how many could not be."""
    from advisorjobs.upkeep.bulk_action import action_step

    if found is None or not (found.expected or found.expected_more):
        return 0, 0
    with bar(told.title, None if found.expected_more else found.expected, hidden=told.as_json) as tell:
        while True:
            step = app.run(action_step(number))
            tell(step["done"] + step["refused"])
            if step["finished"]:
                return step["done"], step["refused"]


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
