"""The few exceptions of AdvisorJobs, and the error codes that job_executions knows.

* AdvisorJobsError
  - SettingsError          a setting that can't be understood: key, value, rule
  - DatabaseUnavailable    no database to talk to, and how to get one
  - NotMigrated            the database lacks our tables or is older than the program
  - PayloadError           a payload that is refused at the moment of enqueueing, naming the field
  - UnknownJob             no job, or no queue, of this name ("did you mean …")
  - UnusableConnection     the connection that was passed is closed, has no transaction, or its transaction has failed
  - MissingExtra           a library of an optional extra isn't installed
  - NotAllowed             who acts may not do that
  - ActionRefused          what somebody wants to do isn't possible (any more), and why
  - LeaseLost              this process no longer owns the run: what it did was rolled back
  - JobError               raised by job functions and services, carries an ErrorCode
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

__all__ = [
    "ActionRefused",
    "AdvisorJobsError",
    "DatabaseUnavailable",
    "ErrorCode",
    "JobError",
    "LeaseLost",
    "MissingExtra",
    "NotAllowed",
    "NotMigrated",
    "PayloadError",
    "SettingsError",
    "UnknownJob",
    "UnusableConnection",
]


class ErrorCode(StrEnum):
    """Why a run failed: the fixed set that job_executions.error_code holds."""

    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    NETWORK = "network"
    AUTHENTICATION = "authentication"
    VALIDATION = "validation"
    NOT_FOUND = "not_found"
    EXTERNAL_SERVICE = "external_service"
    DATABASE = "database"
    CANCELLED = "cancelled"
    CRASHED = "crashed"
    INTERNAL = "internal"


class AdvisorJobsError(Exception):
    """Base of everything that AdvisorJobs raises on purpose."""


class SettingsError(AdvisorJobsError):
    """A setting that can't be understood. The text names key, value and rule."""

    def __init__(self, key: str, value: Any, rule: str) -> None:
        super().__init__(f"{key}={value!r} can't be used: {rule}")
        self.key, self.value, self.rule = key, value, rule


class DatabaseUnavailable(AdvisorJobsError):
    """There is no database to talk to. The text says how to get one."""


class NotMigrated(AdvisorJobsError):
    """The database lacks AdvisorJobs' tables, or they are older than this program."""


class PayloadError(AdvisorJobsError, ValueError):
    """A payload is refused; nothing was enqueued. `fields` maps each field's name to what is wrong with it."""

    def __init__(self, job: str, fields: dict[str, str]) -> None:
        super().__init__(f"{job}: " + "; ".join(f"{name}: {why}" for name, why in fields.items()))
        self.job, self.fields = job, fields


class UnknownJob(AdvisorJobsError, LookupError):
    """No job or queue has this name. The text offers the nearest that exists."""


class NotAllowed(AdvisorJobsError):
    """Whoever acts may not do that: their role, or whose it is."""


class ActionRefused(AdvisorJobsError):
    """What somebody wants to do isn't possible, or not any more. The text says why."""


class UnusableConnection(AdvisorJobsError):
    """The connection that was passed can't be used as it is: closed, no transaction, a failed one. Nothing was done."""


class MissingExtra(AdvisorJobsError, ImportError):
    """A library of an optional extra isn't installed. The text gives the command that installs it."""

    def __init__(self, extra: str, library: str) -> None:
        super().__init__(f"{library} is needed for this and isn't installed: pip install 'advisorjobs[{extra}]'")
        self.extra, self.library = extra, library


class LeaseLost(AdvisorJobsError):
    """This process no longer owns the run (it was given up for dead, or the job was taken back): nothing was written."""


class JobError(AdvisorJobsError):
    """A job can't do its work, for a reason of the fixed set; `permanent` ones are not retried.

    Raised by services and job functions; `validation`, `not_found` and `authentication` are permanent unless said
    otherwise. `retry_after` (seconds) is what a service asked for with its 429 or 503.
    """

    def __init__(
        self, code: ErrorCode, message: str, *, permanent: bool | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.permanent = (
            permanent
            if permanent is not None
            else code in (ErrorCode.VALIDATION, ErrorCode.NOT_FOUND, ErrorCode.AUTHENTICATION)
        )
        self.retry_after = retry_after
