"""The dashboard's templates, and how moments, spans and numbers are written in them."""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from markupsafe import Markup, escape

from advisorjobs.flow.cron_words import cron_words
from advisorjobs.flow.zones import time_zone
from advisorjobs.queues import RateLimit
from advisorjobs.rates import rate_text
from advisorjobs.schedules import Schedule

__all__ = ["bounds", "duration", "number", "rate", "relative", "share", "size", "spoken", "templates", "times_in_words"]


@functools.cache
def templates() -> Any:
    """The environment of templates/dashboard/: everything escaped, unknown names refused."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("advisorjobs.templates", "dashboard"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "duration": duration,
        "number": number,
        "relative": relative,
        "share": share,
        "exact": exact,
        "size": size,
        "rate": rate,
        "zip": zip,
        "local": local,
        "spoken": spoken,
        "times_in_words": times_in_words,
        "capitalize_first": capitalize_first,
        "bounds": bounds,
    }
    environment.globals["parts"] = environment.get_template("parts.html").module
    return environment


def number(value: float | None) -> str:
    """12 345; – for None. Narrow spaces part thousands, so that a number never breaks."""
    if value is None:
        return "–"
    text = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
    return text.replace(",", "\u202f")


def share(value: float | None) -> str:
    """A share of one as per cent; – for None. What is not none is never told as none, what is not all never as all."""
    if value is None:
        return "–"
    percent = value * 100
    if percent in (0, 100) or 10 <= percent <= 90:
        return f"{percent:.0f} %"
    told = f"{percent:.1f} %"
    return {"0.0 %": "< 0.1 %", "100.0 %": "> 99.9 %"}.get(told, told)


def duration(value: float | timedelta | None) -> str:
    """Milliseconds, or a timedelta, in the two largest units that tell something: 850 ms, 3.2 s, 4 min 10 s, 3 d 4 h."""
    if value is None:
        return "–"
    seconds = value.total_seconds() if isinstance(value, timedelta) else value / 1000
    if abs(seconds) < 1:
        return f"{seconds * 1000:.0f} ms"
    if abs(seconds) < 10:
        return f"{seconds:.1f} s"
    return _units(round(seconds))


def _units(seconds: int) -> str:
    for size, name, part, part_name in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s")):
        if abs(seconds) >= size:
            whole, rest = divmod(abs(seconds), size)
            less = f" {rest // part} {part_name}" if rest // part and whole < 100 else ""
            return f"{whole} {name}{less}"
    return f"{abs(seconds)} s"


def relative(moment: datetime | None, now: datetime | None = None) -> str:
    """ "4 min ago", "in 3 h", "now"; – for None."""
    if moment is None:
        return "–"
    seconds = round((moment - (now or datetime.now(UTC))).total_seconds())
    if abs(seconds) < 2:
        return "now"
    span = _units(seconds).split(" ")
    shown = " ".join(span[:2] if abs(seconds) < 86_400 or len(span) < 4 else span)
    return f"in {shown}" if seconds > 0 else f"{shown} ago"


def exact(moment: datetime | None) -> str:
    """The moment in UTC, to the second, as `<time datetime>` has it."""
    return "" if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def size(value: float | None) -> str:
    """Bytes in the unit that fits: 512 B, 8.2 kB, 1.4 GB (decimal units, as disks and clouds count); – for None."""
    if value is None:
        return "–"
    for unit in ("B", "kB", "MB", "GB"):
        if abs(value) < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or abs(value) >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def rate(limit: RateLimit | None) -> str:
    """As rate_text: 20 / s; – for None."""
    return "–" if limit is None else rate_text(limit)


def local(moment: datetime, zone: str) -> str:
    """`Mon 2026-03-30 09:00 +02:00` by the clocks of *zone*, to the second where there are seconds."""
    there = moment.astimezone(time_zone(zone))
    seconds = f":{there:%S}" if there.second else ""
    return f"{there:%a %Y-%m-%d %H:%M}{seconds} {there.isoformat()[-6:]}"


def spoken(text: str) -> Markup:
    """*text* of ours, escaped, with what stands in `backticks` set as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def times_in_words(schedule: Schedule) -> str | None:
    """When it runs, for people: "every day at 06:00"; None where its cron expression says it shorter."""
    return schedule.times if schedule.cron is None else cron_words(schedule.cron)


def capitalize_first(text: str) -> str:
    """As at the start of a sentence; the rest stays."""
    return text[:1].upper() + text[1:]


def bounds(text: str) -> str:
    """A partition's bounds without what is the same in all of them: "2026-11-01 to 2026-12-01", "all else"."""
    days = re.findall(r"\d{4}-\d\d-\d\d", text)
    return " to ".join(days) if len(days) == 2 else "all else" if "DEFAULT" in text else text
