"""The one reader of the environment: what an operator may set, checked once, frozen, and handed to whoever needs it.

Nothing is read at import; `Settings.from_environment()` reads, and refuses what it can't understand with the key, the
value and the rule. An empty variable counts as unset, as container files like to write it. Secrets show in no repr
and in no error text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from advisorjobs.access_settings import Access, access
from advisorjobs.azure_settings import AzureStorage, FormRecognizer, azure_storage, form_recognizer
from advisorjobs.environment import Environment, did_you_mean
from advisorjobs.errors import SettingsError
from advisorjobs.health_settings import Health, health
from advisorjobs.integration_settings import Quickbooks, Stripe, quickbooks, secret_keys, stripe
from advisorjobs.mail_settings import Smtp, mail_from, smtp
from advisorjobs.queues import QUEUES, WORKER_TYPES, Queue, queue_settings
from advisorjobs.telemetry_settings import Telemetry, telemetry
from advisorjobs.webhook_settings import Webhooks, webhooks

__all__ = [
    "AzureOpenAI",
    "AzureStorage",
    "Clamd",
    "Concurrency",
    "FormRecognizer",
    "QueueOverride",
    "Settings",
    "Smtp",
    "effective_queue",
    "needed_services",
    "parse_concurrency",
    "require_services",
]


Concurrency = int | Mapping[str, int]
"""Slots: one number for every served queue except `scheduled`, or a number per queue."""


@dataclass(frozen=True, slots=True)
class QueueOverride:
    """What this process does differently from the queue's row; None means as in the row."""

    slots: int | None = None
    timeout: timedelta | None = None
    retries: int | None = None


@dataclass(frozen=True, slots=True)
class AzureOpenAI:
    """The language model's service. Without it: local statistics.

    `deployment`: the name that the model was deployed under; `api_version`: the protocol's, one that has structured output.
    """

    endpoint: str
    key: str = field(repr=False)
    deployment: str = "gpt-4o"
    api_version: str = "2024-10-21"


@dataclass(frozen=True, slots=True)
class Clamd:
    """Where clamd answers: a unix socket, or host and port. Without it documents are reported as not scanned."""

    host: str | None
    port: int
    socket: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that may be set from outside. The default of each stands beside it.

    database_url: the application's PostgreSQL (DATABASE_URL); None: the embedded one.
    direct_url: a way past a transaction-pooling pooler, for LISTEN and the heartbeat (ADVISORJOBS_DIRECT_URL).
    production: ADVISORJOBS_ENV=production forbids every fall-back, the embedded PostgreSQL among them.
    data_dir: the embedded PostgreSQL, local documents and mails (ADVISORJOBS_DATA_DIR).
    worker_type, worker_id, concurrency: WORKER_TYPE, WORKER_ID (None: host and process number), WORKER_CONCURRENCY.
    imports: modules with further jobs (ADVISORJOBS_IMPORTS=module,module).
    overrides: ADVISORJOBS_<QUEUE>_SLOTS, _TIMEOUT (seconds), _RETRIES; the queue in capitals, with _ for -.
    lease: a process that was silent for that long is taken for dead (ADVISORJOBS_LEASE, seconds). Raise it where
        machines or the database freeze for longer; rescue waits as long.
    grace: what running jobs get at stop before they are given back (ADVISORJOBS_GRACE, seconds); keep it below what
        the container's manager waits before it kills.
    processes: worker processes under one supervisor (ADVISORJOBS_PROCESSES).
    children: child processes for blocking job functions (ADVISORJOBS_CHILDREN; default one per processor).
    child_memory: bytes, resident, that a child may take unless its job says otherwise (ADVISORJOBS_CHILD_MEMORY,
        with K, M or G).
    prepared_statements: switch off behind poolers that can't (ADVISORJOBS_PREPARED_STATEMENTS).
    mail_from: the address that mails are from (ADVISORJOBS_MAIL_FROM; default SMTP_USER where that is an address).
    audit_days: how long the audit log is kept (ADVISORJOBS_AUDIT_DAYS), a month at least.
    health: see advisorjobs/health_settings.py.
    log_format, log_level: text or json; debug, info, warning or error.
    secret_keys: what secrets of connected services are sealed with, the first seals (ADVISORJOBS_SECRET_KEYS=id:base64,…).
    """

    database_url: str | None = field(default=None, repr=False)
    direct_url: str | None = field(default=None, repr=False)
    redis_url: str | None = field(default=None, repr=False)
    production: bool = False
    data_dir: Path
    worker_type: str = "all"
    worker_id: str | None = None
    concurrency: Concurrency | None = None
    imports: tuple[str, ...] = ()
    overrides: Mapping[str, QueueOverride] = field(default_factory=lambda: MappingProxyType({}))
    lease: timedelta = timedelta(seconds=15)
    grace: timedelta = timedelta(seconds=25)
    processes: int = 1
    children: int = 1
    child_memory: int = 1 << 30
    prepared_statements: bool = True
    audit_days: int = 730
    log_format: str = "text"
    log_level: str = "info"
    storage: AzureStorage | None = None
    form_recognizer: FormRecognizer | None = None
    openai: AzureOpenAI | None = None
    smtp: Smtp | None = None
    mail_from: str | None = None
    clamd: Clamd | None = None
    webhooks: Webhooks = field(default_factory=Webhooks)
    access: Access = field(default_factory=Access)
    health: Health = field(default_factory=Health)
    secret_keys: Mapping[str, bytes] | None = field(default=None, repr=False)
    quickbooks: Quickbooks | None = None
    stripe: Stripe | None = None
    telemetry: Telemetry = field(default_factory=Telemetry)

    @property
    def heartbeat(self) -> timedelta:
        """How often a process says that it lives: five times in a lease, so that four may be lost."""
        return self.lease / 5

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Reads *environ* (default: the process's own). Raises SettingsError for the first value that can't be used."""
        env = Environment(os.environ if environ is None else environ)
        settings = cls(
            database_url=env.database_url("DATABASE_URL"),
            direct_url=env.database_url("ADVISORJOBS_DIRECT_URL"),
            redis_url=env.secret("REDIS_URL"),
            production=env.choice("ADVISORJOBS_ENV", ("development", "production"), "development") == "production",
            data_dir=env.path("ADVISORJOBS_DATA_DIR") or default_data_dir(env),
            worker_type=env.choice("WORKER_TYPE", tuple(WORKER_TYPES), "all"),
            worker_id=env.text("WORKER_ID"),
            concurrency=parse_concurrency(env.text("WORKER_CONCURRENCY")),
            imports=env.names("ADVISORJOBS_IMPORTS"),
            overrides=MappingProxyType(dict(queue_overrides(env))),
            lease=env.duration("ADVISORJOBS_LEASE", 15, least=1),
            grace=env.duration("ADVISORJOBS_GRACE", 25, least=0),
            processes=env.count("ADVISORJOBS_PROCESSES", 1),
            children=env.count("ADVISORJOBS_CHILDREN", len(os.sched_getaffinity(0))),
            child_memory=env.size("ADVISORJOBS_CHILD_MEMORY", 1 << 30),
            prepared_statements=env.switch("ADVISORJOBS_PREPARED_STATEMENTS", default=True),
            audit_days=env.count("ADVISORJOBS_AUDIT_DAYS", 730, least=30),
            log_format=env.choice("ADVISORJOBS_LOG_FORMAT", ("text", "json"), "text"),
            log_level=env.choice("ADVISORJOBS_LOG_LEVEL", ("debug", "info", "warning", "error"), "info"),
            storage=azure_storage(env),
            form_recognizer=form_recognizer(env),
            openai=azure_openai(env),
            smtp=smtp(env),
            mail_from=mail_from(env),
            clamd=clamd(env),
            webhooks=webhooks(env),
            access=access(env),
            health=health(env),
            secret_keys=secret_keys(env),
            quickbooks=quickbooks(env),
            stripe=stripe(env),
            telemetry=telemetry(env),
        )
        env.refuse_unknown("ADVISORJOBS_")
        return settings


def default_data_dir(env: Environment) -> Path:
    """Where a program of this user keeps its data: the system's place for root, the XDG one for everybody else."""
    if os.geteuid() == 0:
        return Path("/var/lib/advisorjobs")
    home = env.path("XDG_DATA_HOME") or (env.path("HOME") or Path.home()) / ".local" / "share"
    return home / "advisorjobs"


def queue_overrides(env: Environment) -> Iterable[tuple[str, QueueOverride]]:
    for name in WORKER_TYPES["all"]:
        prefix = f"ADVISORJOBS_{name.upper().replace('-', '_')}_"
        override = QueueOverride(
            slots=env.optional_count(f"{prefix}SLOTS"),
            timeout=env.optional_duration(f"{prefix}TIMEOUT"),
            retries=env.optional_count(f"{prefix}RETRIES", least=0),
        )
        if override != QueueOverride():
            yield name, override


def parse_concurrency(text: str | None, key: str = "WORKER_CONCURRENCY") -> Concurrency | None:
    """`10`, or `emails=20,reports=2`. *key* is what an error names, for the command line's `-c` too."""
    if text is None:
        return None
    if "=" not in text:
        return slots(key, text, text)
    given: dict[str, int] = {}
    for part in text.split(","):
        queue, _, number = (piece.strip() for piece in part.partition("="))
        if queue not in WORKER_TYPES["all"]:
            raise SettingsError(key, text, f"there is no queue {queue!r}{did_you_mean(queue, QUEUES)}")
        if queue in given:
            raise SettingsError(key, text, f"names the queue {queue} twice")
        given[queue] = slots(key, text, number)
    return MappingProxyType(given)


def slots(key: str, text: str, number: str) -> int:
    if not number.isascii() or not number.isdigit() or not int(number):
        raise SettingsError(key, text, "must be a number of slots (1 or more), or one per queue: emails=20,reports=2")
    return int(number)


def azure_openai(env: Environment) -> AzureOpenAI | None:
    given = env.service("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_KEY")
    deployment, api_version = env.text("AZURE_OPENAI_DEPLOYMENT"), env.text("AZURE_OPENAI_API_VERSION")
    if deployment and not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", deployment):
        raise SettingsError(
            "AZURE_OPENAI_DEPLOYMENT", deployment, "must be a deployment's name: letters, digits, . _ -"
        )
    if api_version and not re.fullmatch(r"\d{4}-\d\d-\d\d(-preview)?", api_version):
        raise SettingsError("AZURE_OPENAI_API_VERSION", api_version, "must be like 2024-10-21 or 2025-04-01-preview")
    named = {"deployment": deployment, "api_version": api_version}
    return AzureOpenAI(*given, **{key: value for key, value in named.items() if value}) if given else None


def clamd(env: Environment) -> Clamd | None:
    host, port, socket = env.text("CLAMAV_HOST"), env.port("CLAMAV_PORT", 3310), env.path("CLAMAV_SOCKET")
    if host and socket:
        raise SettingsError("CLAMAV_SOCKET", str(socket), f"CLAMAV_HOST={host!r} is set too: name one of them")
    return Clamd(host, port, socket) if host or socket else None


def effective_queue(settings: Settings, name: str, concurrency: Concurrency | None = None) -> Queue:
    """The row of queue *name* as this process works it.

    Slots, the first that is given: *concurrency* (the command line's `-c`), WORKER_CONCURRENCY where it names the
    queue, ADVISORJOBS_<QUEUE>_SLOTS, WORKER_CONCURRENCY as one number, the table. One number never reaches `scheduled`.
    """
    row = queue_settings(name)
    override = settings.overrides.get(name, QueueOverride())
    candidates = (
        chosen_slots(concurrency, name),
        None if isinstance(settings.concurrency, int) else chosen_slots(settings.concurrency, name),
        override.slots,
        chosen_slots(settings.concurrency, name),
        row.slots,
    )
    return replace(
        row,
        slots=next(slots for slots in candidates if slots is not None),
        timeout=row.timeout if override.timeout is None else override.timeout,
        retries=row.retries if override.retries is None else override.retries,
    )


def chosen_slots(concurrency: Concurrency | None, name: str) -> int | None:
    if isinstance(concurrency, int):
        return None if name == "scheduled" else concurrency
    return concurrency.get(name) if concurrency else None


def require_services(settings: Settings, queues: Iterable[str]) -> None:
    """Refuses to start a production worker whose *queues* would fall back on a local engine, naming what is missing."""
    if not settings.production:
        return
    for queue in queues:
        for key in needed_services(settings, queue):
            rule = f"must be set: queue {queue} needs it, and ADVISORJOBS_ENV=production forbids the local engine"
            raise SettingsError(key, None, rule)


def needed_services(settings: Settings, queue: str) -> Iterable[str]:
    """The variables that aren't set and without which *queue* works with a local engine."""
    needed: Mapping[str, Mapping[str, object]] = {
        "document-processing": {
            "AZURE_FORM_RECOGNIZER_KEY": settings.form_recognizer,
            "AZURE_STORAGE_ACCOUNT_KEY": settings.storage,
        },
        "reports": {"AZURE_STORAGE_ACCOUNT_KEY": settings.storage},
        "ai-processing": {"AZURE_OPENAI_KEY": settings.openai},
        "emails": {"SMTP_HOST": settings.smtp, "ADVISORJOBS_MAIL_FROM": settings.mail_from},
    }
    return (key for key, value in needed.get(queue, {}).items() if value is None)
