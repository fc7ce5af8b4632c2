"""`advisorjobs completion`: the shell completes commands, options, queues and jobs. No database is asked."""

from __future__ import annotations

from typing import Annotated

import typer

from advisorjobs.errors import AdvisorJobsError
from advisorjobs.job import JobStatus
from advisorjobs.queues import WORKER_TYPES

__all__ = ["command", "job_names", "queue_lists", "queue_names", "statuses", "worker_types"]

SHELLS = ("bash", "zsh", "fish")
command = typer.Typer(rich_markup_mode=None)


@command.command(name="completion")
def completion(
    shell: Annotated[
        str, typer.Argument(metavar="SHELL", help="bash, zsh or fish.", autocompletion=lambda: list(SHELLS))
    ],
) -> None:
    """Prints what makes a shell complete our commands.

    Commands, options, queues, jobs and statuses are completed, without asking the database.

    \b
    Examples:
      eval "$(advisorjobs completion bash)"            # in ~/.bashrc
      eval "$(advisorjobs completion zsh)"             # in ~/.zshrc
      advisorjobs completion fish | source             # in config.fish
    """
    from typer.completion import shell_complete

    from advisorjobs.cli.commands import command_line
    from advisorjobs.environment import did_you_mean
    from advisorjobs.errors import SettingsError

    if shell not in SHELLS:
        raise SettingsError("SHELL", shell, f"there is no completion for it{did_you_mean(shell, SHELLS)}")
    shell_complete(command_line(), {}, "advisorjobs", "_ADVISORJOBS_COMPLETE", f"source_{shell}")


def queue_names(incomplete: str) -> list[str]:
    """The queues of the table and the default ones."""
    return [name for name in WORKER_TYPES["all"] if name.startswith(incomplete)]


def queue_lists(incomplete: str) -> list[str]:
    """Queues with commas between: the last one is completed."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in queue_names(last)]


def worker_types(incomplete: str) -> list[str]:
    """What --type takes."""
    return [name for name in WORKER_TYPES if name.startswith(incomplete)]


def statuses(incomplete: str) -> list[str]:
    """What --status takes."""
    return [status for status in JobStatus if status.startswith(incomplete)]


def job_names(incomplete: str) -> list[str]:
    """The jobs that this program knows; none where its settings can't be understood."""
    from advisorjobs.catalogue import Catalogue
    from advisorjobs.settings import Settings

    try:
        catalogue = Catalogue.load(Settings.from_environment().imports)
    except (AdvisorJobsError, ImportError):
        return []
    return [name for name in sorted(catalogue) if name.startswith(incomplete)]
