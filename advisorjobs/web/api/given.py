"""What the API's routes are given: texts and numbers that the database can keep."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = ["Body", "Id", "Name", "Number", "Text", "Why"]

PLAIN = r"^[^\x00]*$"
LARGEST = 2**63 - 1

Id = Annotated[int, Path(ge=1, le=LARGEST)]
"""A number in the address."""

Name = Annotated[str, Path(min_length=1, max_length=200, pattern=PLAIN)]
"""A queue's, an organization's or another name in the address."""

Number = Annotated[int, Field(ge=1, le=LARGEST)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=PLAIN)]
Why = Annotated[str | None, Field(max_length=500, pattern=PLAIN, description="kept in the audit log")]


class Body(BaseModel):
    """Base of what is sent: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")
