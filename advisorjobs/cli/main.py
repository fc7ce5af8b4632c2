"""The entry of `advisorjobs`: runs a command and turns what goes wrong into one line and an exit status."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

from advisorjobs.cli.failure import INTERRUPTED, Failure, failure_of
from advisorjobs.errors import MissingExtra

__all__ = ["main", "run"]


STOPPED = Failure("interrupted; jobs that were queued stay queued", INTERRUPTED)


def main() -> None:
    """Runs the command that the process was called with, and ends the process."""
    signal.signal(signal.SIGTERM, interrupt)
    sys.exit(run(sys.argv[1:]))


def interrupt(number: int, frame: object) -> None:
    """SIGTERM ends a command as ctrl-c does: what it started is stopped."""
    raise KeyboardInterrupt


def run(arguments: Sequence[str]) -> int:
    """Runs one command; returns the exit status: 0 well, 1 failed, 2 wrong use, 130 interrupted."""
    try:
        try:
            from advisorjobs.cli.commands import command_line
        except ModuleNotFoundError as error:
            raise MissingExtra("worker", error.name or "typer") from error
        status = command_line().main(list(arguments), prog_name="advisorjobs", standalone_mode=False)
        if status == INTERRUPTED:  # the parser's word for a KeyboardInterrupt that it has caught
            return say(STOPPED)
        return status if isinstance(status, int) else 0
    except KeyboardInterrupt:
        return say(STOPPED)
    except BrokenPipeError:  # the reader of our output, such as `head`, has seen enough
        sys.stderr.close()
        return 1
    except Exception as error:
        failure = failure_of(error)
        if failure is None:
            raise
        return say(failure)


def say(failure: Failure) -> int:
    if failure.text:
        print(failure.text if failure.is_help else f"advisorjobs: {failure.text}", file=sys.stderr)
    return failure.status
