"""What every job is given: a pydantic model that is checked when the job is enqueued and again when it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import pydantic
from pydantic.alias_generators import to_camel

from advisorjobs.errors import PayloadError

__all__ = ["Payload", "PayloadPart", "chosen_part", "parse_payload", "payload_error"]

P = TypeVar("P", bound="Payload")
Part = TypeVar("Part", bound="PayloadPart")


class PayloadPart(pydantic.BaseModel):
    """Base of what payloads are made of. Unknown fields are refused; camelCase keys are understood too."""

    model_config = pydantic.ConfigDict(
        extra="forbid",
        frozen=True,
        loc_by_alias=False,
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
    )


class Payload(PayloadPart):
    """Base of all payloads: who the job is for."""

    organization_id: str = pydantic.Field(min_length=1, max_length=200)


def chosen_part(value: Any, choice: str | None, models: Mapping[str, type[Part]], base: type[Part]) -> Part:
    """*value* as the model that *choice*, another field, stands for; *base* is empty, for a choice that was refused itself.

    For validators: what is wrong is named by its place in the payload.
    """
    model = models.get(choice or "")
    return base() if model is None else model.model_validate(value)


def parse_payload(job: str, model: type[P], fields: Mapping[str, Any]) -> P:
    """*fields* as a *model*; raises PayloadError that names each wrong field, never its value (it is a client's data)."""
    try:
        return model.model_validate(dict(fields))
    except pydantic.ValidationError as error:
        refused = payload_error(job, error)
    raise refused  # out here it carries no context, which command lines would print too


def payload_error(job: str, error: pydantic.ValidationError) -> PayloadError:
    """pydantic's verdict as ours: field -> what is wrong with it, without the value."""
    fields = {
        ".".join(map(str, each["loc"])) or "payload": each["msg"]
        for each in error.errors(include_input=False, include_url=False, include_context=False)
    }
    return PayloadError(job, fields)
