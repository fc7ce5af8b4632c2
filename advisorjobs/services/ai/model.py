"""What a language model is to the rest: something that is asked with a prompt and answers in a given form, for money."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import pydantic

__all__ = ["Answer", "AnswerForm", "LanguageModel", "Prompt", "Reply", "Usage"]


class AnswerForm(pydantic.BaseModel):
    """Base of what a model may answer: nothing beside the fields, and none of them left out."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


Answer = TypeVar("Answer", bound=AnswerForm)


@dataclass(frozen=True, slots=True)
class Prompt:
    """`name` with the version of its template ("classify-1"); `system`: the instructions, `user`: the data."""

    name: str
    system: str
    user: str

    def key(self, model: str, form: type[AnswerForm]) -> str:
        """The same for the same question to the same model, whoever asks when."""
        asked = [model, self.name, self.system, self.user, form.model_json_schema()]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Usage:
    """What a call used up; `model` as the service names it."""

    model: str
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Reply(Generic[Answer]):
    """`text` is the answer as it came; `read()` checks it. `usage` is there whether it can be read or not."""

    text: str
    usage: Usage | None
    form: type[Answer]

    def read(self) -> Answer:
        """The answer in its form. Raises pydantic.ValidationError for any other."""
        return self.form.model_validate_json(self.text)


class LanguageModel(Protocol):
    """`engine` is what results call it: "azure:gpt-4o"."""

    @property
    def engine(self) -> str: ...

    def ask(self, prompt: Prompt, form: type[Answer], *, timeout: float) -> Reply[Answer]:
        """Asks once, and waits up to *timeout* seconds. Raises JobError; retries are the queue's affair."""
        ...
