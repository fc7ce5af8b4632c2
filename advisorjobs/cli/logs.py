"""What a process writes to its terminal: a line per event, as text or JSON, and of a job's run who it is about.

structlog's formatter stands behind the standard library's loggers, so that libraries, the modules of jobs and uvicorn
come by the same pipe. What is printed of a line is decided in advisorjobs/spoken.py.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Collection, MutableMapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

import structlog

from advisorjobs.engine.current import current_run, is_of_run
from advisorjobs.engine.run_lines import LineHandler
from advisorjobs.spoken import OWN, error_of, is_own, one_line, words_of
from advisorjobs.tracing.context import current_ids

if TYPE_CHECKING:
    from advisorjobs.settings import Settings

__all__ = ["log_to_terminal"]

log = logging.getLogger(__name__)

WHO = ("job_id", "job", "queue", "organization_id", "attempt")
"""What JobRun.log says of a run, also where the line is said outside of it."""

REQUEST = ("method", "route", "status", "ms", "person")
"""What a line of the web process says of a request."""

Event = MutableMapping[str, Any]
Processor = Callable[[Any, str, Event], Event]


def log_to_terminal(settings: Settings, stream: TextIO | None = None) -> None:
    """Sends what is logged to *stream* (standard error), by ADVISORJOBS_LOG_FORMAT and _LEVEL; of libraries what is a
    warning or worse."""
    stream = sys.stderr if stream is None else stream
    level = getattr(logging, settings.log_level.upper())
    own = {name.partition(".")[0] for name in settings.imports}
    handler = logging.StreamHandler(stream)
    handler.setLevel(level)
    handler.setFormatter(formatter(settings.log_format, own, colours=stream.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler, *(each for each in root.handlers if isinstance(each, LineHandler))]
    root.setLevel(max(level, logging.WARNING))
    for name in (OWN | own) - {"uvicorn"}:  # what it says of starting and ending, we say in a line of our own
        # a run's lines are kept from "info" on, whatever is printed
        logging.getLogger(name).setLevel(min(level, logging.INFO))
    threading.excepthook = of_thread
    sys.unraisablehook = of_nobody


def of_thread(raised: threading.ExceptHookArgs) -> None:
    """What Python would print with the error's message."""
    if raised.exc_value is not None and not isinstance(raised.exc_value, SystemExit):
        log.error("a thread ended by an error", exc_info=(raised.exc_type, raised.exc_value, raised.exc_traceback))


def of_nobody(raised: sys.UnraisableHookArgs) -> None:
    """The same, where nobody could be told: in a destructor, say."""
    if raised.exc_value is not None:
        log.error("an error that nobody heard", exc_info=(raised.exc_type, raised.exc_value, raised.exc_traceback))


def formatter(form: str, own: Collection[str], *, colours: bool) -> logging.Formatter:
    """How a record becomes a line: *form* "json" or "text"; *own*: packages that jobs are written in."""
    last: list[Any]
    if form == "json":
        last = [structlog.processors.JSONRenderer(ensure_ascii=False, default=str)]
    else:
        renderer = structlog.dev.ConsoleRenderer(
            colors=colours, timestamp_key="at", pad_level=True, pad_event_to=0, sort_keys=False
        )
        last = [for_reading, renderer]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[event_of(own)],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        use_get_message=False,
        pass_foreign_args=True,
    )


def event_of(own: Collection[str]) -> Processor:
    """The processor that makes an event of a record: when, how grave, by whom, what, about which run or request."""

    def processor(logger: Any, method: str, event: Event) -> Event:
        record: logging.LogRecord = event["_record"]
        record.args = event.pop("positional_args")
        said = words_of(record, own=is_own(record.name, own) or is_of_run(record.name))
        record.args = ()
        found = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": said,
            **who(record),
            **current_ids(),
            **error_of(event.pop("exc_info", None)),
        }
        event.pop("stack_info", None)
        event.update(found)
        return event

    return processor


def who(record: logging.LogRecord) -> dict[str, Any]:
    """The run, or the request, that a line is about."""
    run = current_run.get()
    if run is None:
        return {name: getattr(record, name) for name in (*WHO, *REQUEST) if hasattr(record, name)}
    job = run.job
    return {
        "job_id": job.id,
        "job": job.name,
        "queue": job.queue,
        "organization_id": job.organization_id,
        "attempt": job.attempt,
        "run": job.run_no,
        "worker": run.lease.worker,
    }


def for_reading(logger: Any, method: str, event: Event) -> Event:
    """A line for people: this machine's time of day, one line, nothing that is empty."""
    moment = datetime.fromisoformat(event["at"]).astimezone()
    shown = {name: one_line(value) if isinstance(value, str) else value for name, value in event.items()}
    return {**{name: value for name, value in shown.items() if value is not None}, "at": f"{moment:%H:%M:%S}"}
