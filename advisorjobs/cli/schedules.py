"""`advisorjobs schedules`: jobs that return, seen and changed while everything runs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from advisorjobs.cli.completion import queue_names
from advisorjobs.cli.json_lines import JsonOption, print_json
from advisorjobs.cli.person import ByOption, person
from advisorjobs.cli.schedule_defaults import defaults
from advisorjobs.cli.schedule_options import add
from advisorjobs.cli.schedule_texts import json_of, print_schedule, print_schedules
from advisorjobs.errors import UnknownJob
from advisorjobs.manager import BlockingQueueManager, get_queue_manager
from advisorjobs.schedules import Schedule
from advisorjobs.settings import Settings

__all__ = ["command"]

command = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
Key = Annotated[str, typer.Argument(metavar="KEY", help="The schedule's key.", show_default=False)]
Organization = Annotated[
    str | None,
    typer.Option("--organization", metavar="ID", help="Needed where several organizations have the key."),
]


@command.callback()
def group() -> None:
    """Shows and changes schedules, by which jobs return.

    \b
    Examples:
      advisorjobs schedules list
      advisorjobs schedules show nightly
      advisorjobs schedules pause nightly --reason "the office is closed"
    """


command.command(name="add")(add)
command.command(name="defaults")(defaults)


@command.command(name="list")
def list_schedules(
    queue: Annotated[
        str | None,
        typer.Option("--queue", "-q", metavar="QUEUE", help="Of this queue only.", autocompletion=queue_names),
    ] = None,
    organization: Annotated[
        str | None, typer.Option("--organization", metavar="ID", help="Its schedules only.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Lists schedules, with their next and last runs.

    The next run is in the local time of the schedule's zone, the last one in this machine's.

    \b
    Examples:
      advisorjobs schedules list
      advisorjobs schedules list --queue emails --json

    --json: the schedule's values; spans in seconds, payload_fields for the payload.
    """
    from advisorjobs.cli.ground import opened

    with opened(Settings.from_environment()):
        found = get_queue_manager().sync.list_repeatable_jobs(queue=queue, organization_id=organization)
    if as_json:
        print_json(*map(json_of, found))
    else:
        print_schedules(found)


@command.command(name="show")
def show(
    key: Key,
    organization: Organization = None,
    runs: Annotated[
        int, typer.Option("--runs", min=0, max=1000, metavar="NUMBER", help="How many coming and past runs.")
    ] = 5,
    as_json: JsonOption = False,
) -> None:
    """Shows a schedule, its coming runs and its last ones.

    Coming runs are in the local time of its zone, with the offset from UTC. The payload's fields are named, their
    values stay in the database.

    \b
    Examples:
      advisorjobs schedules show nightly
      advisorjobs schedules show nightly --organization org-7 --runs 20

    --json: as schedules list has it, and {"upcoming", "past"}.
    """
    from advisorjobs.application import the_app
    from advisorjobs.cli.ground import opened
    from advisorjobs.inspector.inspector import BlockingInspector

    with opened(Settings.from_environment()):
        schedule = known(get_queue_manager().sync, key, organization)
        past = BlockingInspector(the_app()).get_schedule_runs(key, schedule.organization_id, runs)
    if as_json:
        print_json({**json_of(schedule), "upcoming": schedule.upcoming(runs), "past": list(map(asdict, past))})
    else:
        print_schedule(schedule, schedule.upcoming(runs), past)


@command.command(name="remove")
def remove(key: Key, organization: Organization = None) -> None:
    """Removes a schedule. Jobs that it has created stay.

    \b
    Example:
      advisorjobs schedules remove nightly
    """
    from advisorjobs.cli.ground import opened

    with opened(Settings.from_environment()):
        manager = get_queue_manager().sync
        schedule = known(manager, key, organization)
        manager.remove_repeatable_job(key, organization_id=schedule.organization_id or "")
    typer.echo(f"schedule {key} is removed")
    if schedule.periodic_id is not None:
        typer.echo(
            "a program that has its @app.periodic puts it again when its worker starts: pause it instead", err=True
        )


@command.command(name="pause")
def pause(
    key: Key,
    organization: Organization = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Kept for whoever looks.")] = None,
    by: ByOption = None,
) -> None:
    """Lets a schedule rest until it is resumed.

    Runs that fall into the pause are not made up for.

    \b
    Example:
      advisorjobs schedules pause nightly --reason "the office is closed"
    """
    from advisorjobs.cli.ground import opened

    with opened(Settings.from_environment()):
        get_queue_manager().sync.pause_repeatable_job(
            key, organization_id=organization, reason=reason, paused_by=person(by)
        )
    typer.echo(f"schedule {key} is paused until it is resumed")


@command.command(name="resume")
def resume(key: Key, organization: Organization = None) -> None:
    """Lets a paused schedule go on with its next run.

    \b
    Example:
      advisorjobs schedules resume nightly
    """
    from advisorjobs.cli.ground import opened

    with opened(Settings.from_environment()):
        ended = get_queue_manager().sync.resume_repeatable_job(key, organization_id=organization)
    typer.echo(f"schedule {key} goes on" if ended else f"schedule {key} was not paused")


@command.command(name="run")
def run(key: Key, organization: Organization = None) -> None:
    """Runs a schedule's job once, now, beside its times.

    Paused or not, and not counted in its limit.

    \b
    Example:
      advisorjobs schedules run nightly
    """
    from advisorjobs.cli.ground import opened

    with opened(Settings.from_environment()):
        job = get_queue_manager().sync.run_repeatable_job(key, organization_id=organization)
    if job is None:
        raise UnknownJob(f"the last job of schedule {key} still waits or runs, and its overlap policy is skip")
    typer.echo(f"job {job} waits to run")


def known(manager: BlockingQueueManager, key: str, organization: str | None) -> Schedule:
    """The schedule. Raises UnknownJob with the nearest key."""
    from advisorjobs.environment import did_you_mean

    schedule = manager.get_repeatable_job(key, organization_id=organization)
    if schedule is None:
        keys = [each.key for each in manager.list_repeatable_jobs(organization_id=organization)]
        raise UnknownJob(f"there is no schedule {key!r}{did_you_mean(key, keys) if keys else ': there are none'}")
    return schedule
