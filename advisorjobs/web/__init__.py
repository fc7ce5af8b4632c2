"""What AdvisorJobs answers over HTTP, as an ASGI application: run by `advisorjobs webhooks`, or mounted in one of yours."""

from advisorjobs.web.application import web_app

__all__ = ["web_app"]
