"""Where somebody goes after signing in: where they wanted to, if that is a page of ours."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

__all__ = ["is_way", "way_back"]


def way_back(request: Request, asked: str) -> str:
    """*asked* if it leads to a page of this application, else the overview."""
    here = request.url_for("overview").path
    return asked if is_way(asked, here) else here


def is_way(asked: str, root: str) -> bool:
    """Whether *asked* is a path below *root*. Browsers read // and /\\ as another host, and leave out tabs and line ends."""
    if not asked.startswith(root) or len(asked) > 2_000 or "\\" in asked or not asked.isprintable() or " " in asked:
        return False
    parts = urlsplit(asked)
    return not parts.scheme and not parts.netloc and not asked.startswith("//") and "/../" not in f"{parts.path}/"
