"""What is said on the next page about what was just done: kept by the browser in a cookie, shown once."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

__all__ = ["Said", "say", "take_said"]

COOKIE = "advisorjobs-said"
LONGEST = 400
SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """`kind`: good, warn or bad. `undo`: the row of the audit log that a button offers to take back. `action`: see there."""

    text: str
    kind: str = "good"
    undo: int | None = None
    action: int | None = None


def say(response: Response, request: Request, said: Said) -> Response:
    """*response*, which leads to the page where *said* is shown. It names jobs and queues, and nothing of a payload."""
    shortened = {**asdict(said), "text": said.text[:LONGEST]}
    response.set_cookie(
        COOKIE,
        quote(json.dumps(shortened)),
        max_age=SECONDS,
        path=request.scope.get("root_path") or "/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return response


def take_said(request: Request, response: Response | None = None) -> Said | None:
    """What is to be said; with *response*, not again afterwards. None: nothing, or nothing of ours."""
    kept = request.cookies.get(COOKIE)
    if kept is None:
        return None
    if response is not None:
        response.delete_cookie(COOKIE, path=request.scope.get("root_path") or "/")
    try:
        given = json.loads(unquote(kept))
        said = Said(**given)
    except (ValueError, TypeError):
        return None
    numbers = all(number is None or isinstance(number, int) for number in (said.undo, said.action))
    return said if numbers and isinstance(said.text, str) and said.kind in ("good", "warn", "bad") else None
