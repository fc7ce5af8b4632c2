"""What a browser calls itself, in words that its owner knows again. No I/O."""

from __future__ import annotations

import re

__all__ = ["browser_words"]

BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
           ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip


def browser_words(agent: str | None) -> str:
    """ "Firefox on Windows"; for anything else the first word of what it says of itself."""
    text = agent or ""
    browser = next((name for mark, name in BROWSERS if mark in text), None)
    if browser is None:
        first = re.match(r"[\w.-]{1,40}", text)
        return first[0] if first else "unknown browser"
    system = next((name for mark, name in SYSTEMS if mark in text), None)
    return f"{browser} on {system}" if system else browser
