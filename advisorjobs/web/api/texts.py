"""What a caller may write into a query: values that the database can take, refused with the rule where it can't."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, StringConstraints

__all__ = ["Moment", "Text"]


def _storable(text: str) -> str:
    if "\x00" in text or (not text.isascii() and text.encode("utf-8", "replace").decode() != text):
        raise ValueError("must be text without NUL and lone surrogates")
    return text


def _in_calendar(moment: datetime) -> datetime:
    if not 1970 <= moment.year < 9000:
        raise ValueError("must lie between the years 1970 and 9000")
    return moment


Text = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_storable)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_calendar)]
