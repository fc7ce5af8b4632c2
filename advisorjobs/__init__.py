"""Background jobs for accountants' practices, on PostgreSQL alone.

Importing costs nothing: each name is fetched when it is first used, `app` is composed then.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advisorjobs.application import App
    from advisorjobs.cleanup import Cleanup as Cleanup
    from advisorjobs.documents import add_document as add_document
    from advisorjobs.durations import Durations as Durations
    from advisorjobs.enqueue import Enqueued as Enqueued
    from advisorjobs.enqueue import NewJob as NewJob
    from advisorjobs.error_group import ErrorGroup as ErrorGroup
    from advisorjobs.errors import AdvisorJobsError as AdvisorJobsError
    from advisorjobs.errors import DatabaseUnavailable as DatabaseUnavailable
    from advisorjobs.errors import ErrorCode as ErrorCode
    from advisorjobs.errors import JobError as JobError
    from advisorjobs.errors import LeaseLost as LeaseLost
    from advisorjobs.errors import NotMigrated as NotMigrated
    from advisorjobs.errors import PayloadError as PayloadError
    from advisorjobs.errors import SettingsError as SettingsError
    from advisorjobs.errors import UnknownJob as UnknownJob
    from advisorjobs.errors import UnusableConnection as UnusableConnection
    from advisorjobs.health import HealthStatus as HealthStatus
    from advisorjobs.health import QueueWorkers as QueueWorkers
    from advisorjobs.helpers.ai import queue_anomaly_detection as queue_anomaly_detection
    from advisorjobs.helpers.ai import queue_cash_flow_prediction as queue_cash_flow_prediction
    from advisorjobs.helpers.ai import queue_financial_insights as queue_financial_insights
    from advisorjobs.helpers.ai import queue_transaction_classification as queue_transaction_classification
    from advisorjobs.helpers.critical import queue_emergency_notification as queue_emergency_notification
    from advisorjobs.helpers.critical import queue_health_check as queue_health_check
    from advisorjobs.helpers.critical import queue_security_alert as queue_security_alert
    from advisorjobs.helpers.documents import queue_document_classification as queue_document_classification
    from advisorjobs.helpers.documents import queue_document_ocr as queue_document_ocr
    from advisorjobs.helpers.documents import queue_form_extraction as queue_form_extraction
    from advisorjobs.helpers.documents import queue_thumbnail as queue_thumbnail
    from advisorjobs.helpers.documents import queue_virus_scan as queue_virus_scan
    from advisorjobs.helpers.emails import queue_email as queue_email
    from advisorjobs.helpers.integrations import queue_azure_ai as queue_azure_ai
    from advisorjobs.helpers.integrations import queue_quickbooks_sync as queue_quickbooks_sync
    from advisorjobs.helpers.integrations import queue_stripe_operation as queue_stripe_operation
    from advisorjobs.helpers.reports import queue_client_overview as queue_client_overview
    from advisorjobs.helpers.reports import queue_custom_report as queue_custom_report
    from advisorjobs.helpers.reports import queue_financial_report as queue_financial_report
    from advisorjobs.helpers.reports import queue_monthly_report as queue_monthly_report
    from advisorjobs.helpers.reports import queue_tax_summary as queue_tax_summary
    from advisorjobs.helpers.webhooks import queue_custom_webhook as queue_custom_webhook
    from advisorjobs.helpers.webhooks import queue_quickbooks_webhook as queue_quickbooks_webhook
    from advisorjobs.helpers.webhooks import queue_stripe_webhook as queue_stripe_webhook
    from advisorjobs.job import Job as Job
    from advisorjobs.job import JobStatus as JobStatus
    from advisorjobs.job_execution import JobExecution as JobExecution
    from advisorjobs.job_execution import RunStatus as RunStatus
    from advisorjobs.job_run import JobRun as JobRun
    from advisorjobs.job_statistics import JobNameStatistics as JobNameStatistics
    from advisorjobs.job_statistics import JobStatistics as JobStatistics
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
    from advisorjobs.performance import PerformanceMetrics as PerformanceMetrics
    from advisorjobs.performance import Throughput as Throughput
    from advisorjobs.queues import QUEUE_NAMES as QUEUE_NAMES
    from advisorjobs.queues import QUEUES as QUEUES
    from advisorjobs.queues import RateLimit as RateLimit
    from advisorjobs.schedules import Schedule as Schedule
    from advisorjobs.schedules import ScheduleState as ScheduleState
    from advisorjobs.task import JobDeclaration as JobDeclaration
    from advisorjobs.task import JobFunction as JobFunction
    from advisorjobs.tracker import JobTracker as JobTracker
    from advisorjobs.tracker import get_job_tracker as get_job_tracker
    from advisorjobs.worker_manager import WorkerManager as WorkerManager
    from advisorjobs.worker_manager import get_worker_manager as get_worker_manager
    from advisorjobs.worker_statistics import WorkerStatistics as WorkerStatistics

    app: App

# fmt: off
_HOMES = {
    "cleanup": ("Cleanup",),
    "documents": ("add_document",),
    "durations": ("Durations",),
    "enqueue": ("Enqueued", "NewJob"),
    "error_group": ("ErrorGroup",),
    "errors": ("AdvisorJobsError", "DatabaseUnavailable", "ErrorCode", "JobError", "LeaseLost", "NotMigrated",
               "PayloadError", "SettingsError", "UnknownJob", "UnusableConnection"),
    "health": ("HealthStatus", "QueueWorkers"),
    "helpers.ai": ("queue_anomaly_detection", "queue_cash_flow_prediction", "queue_financial_insights",
                   "queue_transaction_classification"),
    "helpers.critical": ("queue_emergency_notification", "queue_health_check", "queue_security_alert"),
    "helpers.documents": ("queue_document_classification", "queue_document_ocr", "queue_form_extraction",
                          "queue_thumbnail", "queue_virus_scan"),
    "helpers.emails": ("queue_email",),
    "helpers.integrations": ("queue_azure_ai", "queue_quickbooks_sync", "queue_stripe_operation"),
    "helpers.reports": ("queue_client_overview", "queue_custom_report", "queue_financial_report",
                        "queue_monthly_report", "queue_tax_summary"),
    "helpers.webhooks": ("queue_custom_webhook", "queue_quickbooks_webhook", "queue_stripe_webhook"),
    "job": ("Job", "JobStatus"),
    "job_execution": ("JobExecution", "RunStatus"),
    "job_run": ("JobRun",),
    "job_statistics": ("JobNameStatistics", "JobStatistics"),
    "limits": ("KeyLimit", "OrganizationRule", "QueueLimits"),
    "manager": ("QueueManager", "get_queue_manager"),
    "outcomes": ("Cancel", "Fail", "Retry", "Snooze"),
    "pauses": ("Pause",),
    "payloads": ("Payload",),
    "performance": ("PerformanceMetrics", "Throughput"),
    "queues": ("QUEUES", "QUEUE_NAMES", "RateLimit"),
    "schedules": ("Schedule", "ScheduleState"),
    "task": ("JobDeclaration", "JobFunction"),
    "tracker": ("JobTracker", "get_job_tracker"),
    "worker_manager": ("WorkerManager", "get_worker_manager"),
    "worker_statistics": ("WorkerStatistics",),
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
