"""Background jobs for accountants' practices, on PostgreSQL alone.

Importing costs nothing: each name is fetched when it is first used, `app` is composed then.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advisorjobs.application import App
    from advisorjobs.documents import add_document as add_document
    from advisorjobs.enqueue import Enqueued as Enqueued
    from advisorjobs.enqueue import NewJob as NewJob
    from advisorjobs.errors import AdvisorJobsError as AdvisorJobsError
    from advisorjobs.errors import DatabaseUnavailable as DatabaseUnavailable
    from advisorjobs.errors import ErrorCode as ErrorCode
    from advisorjobs.errors import JobError as JobError
    from advisorjobs.errors import LeaseLost as LeaseLost
    from advisorjobs.errors import NotMigrated as NotMigrated
    from advisorjobs.errors import PayloadError as PayloadError
    from advisorjobs.errors import SettingsError as SettingsError
    from advisorjobs.errors import UnknownJob as UnknownJob
    from advisorjobs.helpers import queue_document_classification as queue_document_classification
    from advisorjobs.helpers import queue_document_ocr as queue_document_ocr
    from advisorjobs.helpers import queue_form_extraction as queue_form_extraction
    from advisorjobs.helpers import queue_thumbnail as queue_thumbnail
    from advisorjobs.helpers import queue_virus_scan as queue_virus_scan
    from advisorjobs.job import Job as Job
    from advisorjobs.job import JobStatus as JobStatus
    from advisorjobs.job_run import JobRun as JobRun
    from advisorjobs.limits import KeyLimit as KeyLimit
    from advisorjobs.limits import OrganizationRule as OrganizationRule
    from advisorjobs.limits import QueueLimits as QueueLimits
    from advisorjobs.manager import QueueManager as QueueManager
    from advisorjobs.manager import get_queue_manager as get_queue_manager
    from advisorjobs.outcomes import Cancel as Cancel
    from advisorjobs.outcomes import Fail as Fail
    from advisorjobs.outcomes import Retry as Retry
    from advisorjobs.outcomes import Snooze as Snooze
    from advisorjobs.pauses import Pause as Pause
    from advisorjobs.payloads import Payload as Payload
    from advisorjobs.queues import QUEUE_NAMES as QUEUE_NAMES
    from advisorjobs.queues import QUEUES as QUEUES
    from advisorjobs.queues import RateLimit as RateLimit
    from advisorjobs.schedules import Schedule as Schedule
    from advisorjobs.schedules import ScheduleState as ScheduleState

    app: App

# fmt: off
_HOMES = {
    "documents": ("add_document",),
    "enqueue": ("Enqueued", "NewJob"),
    "errors": ("AdvisorJobsError", "DatabaseUnavailable", "ErrorCode", "JobError", "LeaseLost", "NotMigrated",
               "PayloadError", "SettingsError", "UnknownJob"),
    "helpers": ("queue_document_classification", "queue_document_ocr", "queue_form_extraction", "queue_thumbnail",
                "queue_virus_scan"),
    "job": ("Job", "JobStatus"),
    "job_run": ("JobRun",),
    "limits": ("KeyLimit", "OrganizationRule", "QueueLimits"),
    "manager": ("QueueManager", "get_queue_manager"),
    "outcomes": ("Cancel", "Fail", "Retry", "Snooze"),
    "pauses": ("Pause",),
    "payloads": ("Payload",),
    "queues": ("QUEUES", "QUEUE_NAMES", "RateLimit"),
    "schedules": ("Schedule", "ScheduleState"),
}
# fmt: on
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "app":
        from advisorjobs.application import the_app

        return the_app()
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF, "app"})
