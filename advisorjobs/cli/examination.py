"""What `doctor` looks at, in the order in which it says it: each finding says of one thing whether it is well, and if not,
what to do. One check that can't be made keeps no other from being made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

from advisorjobs.cli import machine, rights, serving
from advisorjobs.cli.cleaning import cleaning
from advisorjobs.cli.declared import declared
from advisorjobs.cli.failure import failure_of
from advisorjobs.cli.pooler import pooler
from advisorjobs.cli.rights import Purpose
from advisorjobs.cli.schedule_finding import schedules
from advisorjobs.database.address import connect, parse
from advisorjobs.database.embedded import resolve
from advisorjobs.database.migrate import check_migrated, unknown_here
from advisorjobs.errors import AdvisorJobsError
from advisorjobs.finding import Finding
from advisorjobs.queues import WORKER_TYPES
from advisorjobs.settings import Settings, needed_services

__all__ = ["encryption", "examine"]

OLDEST_POSTGRES = 14
VERIFIED = ("verify-ca", "verify-full")
LOCAL = ("localhost", "127.0.0.1", "::1")


def examine(settings: Settings, purpose: Purpose = "worker") -> Iterator[Finding]:
    """Looks at everything that *purpose* needs, one finding after the other."""
    if purpose == "worker":
        yield from machine.extras(settings)
        yield from machine.folder(settings)
    yield from database(settings, purpose)
    if purpose == "worker":
        yield declared(settings)
        yield from services(settings)


def database(settings: Settings, purpose: Purpose) -> Iterator[Finding]:
    with ExitStack() as stack:
        try:
            dsn = stack.enter_context(resolve(settings, start=False))
            connection = stack.enter_context(connect(dsn, autocommit=True))
        except AdvisorJobsError as error:
            yield Finding("database", "wrong", str(error))
            return
        checks: dict[str, Callable[[], Iterable[Finding]]] = {
            "database": lambda: [version(connection)],
            "encryption": lambda: encryption({**parse(dsn), **connection.info.get_parameters()}),
            "pooler": lambda: pooler(dsn, settings, connection),
            "clock": lambda: [machine.clock(connection)],
            "rights": lambda: rights.rights(connection, purpose, embedded=settings.database_url is None),
        }
        if purpose == "worker":
            checks |= {"isolation": lambda: rights.isolation(connection)}
        for about, check in checks.items():
            yield from made(about, check)
        yield from contents(settings, purpose, connection)


def contents(settings: Settings, purpose: Purpose, connection: Any) -> Iterator[Finding]:
    """What is to be said of our tables, where there are any."""
    if purpose == "enqueuer":
        return
    state = list(made("migrations", lambda: migrations(connection)))
    yield from state
    if any(each.state == "wrong" for each in state):
        return
    yield from made("workers", lambda: serving.workers(connection, settings.lease.total_seconds()))
    yield from made("queues", lambda: serving.queues(connection))
    yield from made("unknown jobs", lambda: serving.unknown_jobs(connection))
    yield from made("schedules", lambda: schedules(connection))
    yield from made("cleaning", lambda: cleaning(connection))


def made(about: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """What *check* finds; that it can't be made is a finding too."""
    try:
        yield from check()
    except Exception as error:
        failure = failure_of(error)
        if failure is None:
            raise
        yield Finding(about, "wrong", failure.text)


def version(connection: Any) -> Finding:
    number = connection.info.server_version
    what = f"PostgreSQL {number // 10_000}.{number % 10_000}"
    if number // 10_000 < OLDEST_POSTGRES:
        return Finding("database", "wrong", f"{what} is too old", f"{OLDEST_POSTGRES} or newer is needed", number)
    return Finding("database", "ok", what, value=number)


def encryption(parameters: Mapping[str, Any]) -> Iterator[Finding]:
    """*parameters*: the connection's, by libpq's names."""
    places = str(parameters.get("hostaddr") or parameters.get("host") or "").split(",")
    far = [place for place in places if place and not place.startswith("/") and place not in LOCAL]
    if far and parameters.get("sslmode") not in VERIFIED:
        cure = "add sslmode=verify-full and sslrootcert=… to DATABASE_URL"
        yield Finding("encryption", "note", f"{far[0]} is reached without verified TLS", cure, far[0])


def migrations(connection: Any) -> Iterator[Finding]:
    """Missing, changed by hand, or newer than this program."""
    try:
        check_migrated(connection)
    except AdvisorJobsError as error:
        what, _, cure = str(error).rpartition(": ")
        yield Finding("migrations", "wrong", what, cure)
        return
    newer = unknown_here(connection)
    if newer:
        what = f"the database is newer than this program (it has {', '.join(newer)})"
        yield Finding("migrations", "note", what, "roll the new release out here too", newer)
    else:
        yield Finding("migrations", "ok", "the database is up to date")


def services(settings: Settings) -> Iterator[Finding]:
    """Which outside services are used, and what stands in for those that aren't."""
    local = {
        "AZURE_STORAGE_*": (settings.storage, "documents are kept in a local folder"),
        "AZURE_FORM_RECOGNIZER_*": (settings.form_recognizer, "documents are read by the local engine"),
        "AZURE_OPENAI_*": (settings.openai, "no language model is asked"),
        "SMTP_*": (settings.smtp, "mails become files"),
    }
    for keys, (service, instead) in local.items():
        if service is not None:
            yield Finding("services", "ok", f"{keys} are set", value=keys)
        elif not settings.production:
            yield Finding("services", "note", f"{keys} are not set: {instead}", value=keys)
    if settings.production:
        yield from keys_of_served_queues(settings)
    yield from clamd(settings)


def keys_of_served_queues(settings: Settings) -> Iterator[Finding]:
    """In production no local engine stands in: what the queues of this WORKER_TYPE lack."""
    for queue in WORKER_TYPES[settings.worker_type]:
        for key in needed_services(settings, queue):
            what = f"{key} is not set, and queue {queue} needs it"
            cure = "set it (ADVISORJOBS_ENV=production forbids the local engine), or serve other queues here"
            yield Finding("services", "wrong", what, cure, key)


def clamd(settings: Settings) -> Iterator[Finding]:
    from advisorjobs.services.scanning import ClamdScanner

    if settings.clamd is None:
        yield Finding("services", "note", "no CLAMAV_* is set: documents are reported as not scanned", value="CLAMAV_*")
        return
    try:
        yield Finding("services", "ok", f"clamd answers: {ClamdScanner(settings.clamd, timeout=5).version()}")
    except AdvisorJobsError as error:
        yield Finding("services", "wrong", str(error))
