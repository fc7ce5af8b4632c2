"""What is answered to a request that is refused: the status, and nothing that helps whoever guesses."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import JSONResponse, Response

__all__ = ["Refusal", "answer"]


class Refusal(Exception):
    """`reason` is for logs and counts: a few words of ours, nothing of what came."""

    def __init__(self, status: int, reason: str, *, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.retry_after = status, reason, retry_after

    def response(self) -> Response:
        """The same body for all refusals of a status."""
        headers = {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Signature"  # a 401 must name a scheme; ours is in the documentation
        if self.status in (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_TIMEOUT):
            headers["Connection"] = "close"  # what is left of the body is not read
        return answer(self.status, {"error": HTTPStatus(self.status).phrase.lower()}, headers)


def answer(status: int, content: dict[str, str], headers: dict[str, str] | None = None) -> Response:
    """A short answer in JSON that no browser or proxy keeps or guesses about."""
    safe = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return JSONResponse(content, status, headers=safe | (headers or {}))
