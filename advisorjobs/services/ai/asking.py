"""Asking a language model for a job: never twice for the same answer, and never without writing down what it cost."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pydantic

from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.job_run import JobRun
from advisorjobs.services.ai.model import Answer, LanguageModel, Prompt, Reply
from advisorjobs.services.ai.prices import cost_of

__all__ = ["PATIENCE", "Asking"]

PATIENCE = 120.0
"""Seconds that one answer may take: far below the queue's limit, so that the job ends with our error and not by force."""

RESERVE = 15.0
"""Seconds of the job's time that are kept for writing what came of it."""

KEPT = timedelta(days=30)
"""How long an answer stands for the same question."""


@dataclass(slots=True)
class Asking:
    """A blocking job's questions to *model*. `paid`, `kept`: how many were asked, and how many had an answer already."""

    job: JobRun[Any]
    model: LanguageModel
    paid: int = 0
    kept: int = 0

    @property
    def engine(self) -> str:
        return self.model.engine

    def ask(self, prompt: Prompt, form: type[Answer]) -> Answer:
        """The answer to *prompt*. Raises what the model raises, and JobError `external_service` for one that is none."""
        key = prompt.key(self.engine, form)
        kept = self._find(key, form)
        if kept is not None:
            self.kept += 1
            return kept
        reply = self.model.ask(prompt, form, timeout=self._patience())
        self.paid += 1
        self._record_usage(reply)
        try:
            answer = reply.read()
        except pydantic.ValidationError as error:
            kind = error.errors(include_input=False, include_url=False)[0]["type"]
            raised = JobError(ErrorCode.EXTERNAL_SERVICE, f"{self.engine} gave no answer of the wanted form ({kind})")
        else:
            self._keep(key, answer)
            return answer
        raise raised  # out here: the validator's text would quote the answer

    def _patience(self) -> float:
        left = (self.job.deadline - datetime.now(UTC)).total_seconds() - RESERVE
        if left < 1:
            raise JobError(
                ErrorCode.TIMEOUT, "no time is left to ask the model; what it answered is kept", permanent=False
            )
        return min(PATIENCE, left)

    def _find(self, key: str, form: type[Answer]) -> Answer | None:
        with self.job.connection() as connection:
            row = connection.execute(statement("find_cached_answer"), self._place(key)).fetchone()
        try:
            return None if row is None else form.model_validate(row[0])
        except pydantic.ValidationError:
            return None  # kept in a form that we no longer have: as good as none

    def _keep(self, key: str, answer: Answer) -> None:
        values = {
            **self._place(key),
            "value": json.dumps(answer.model_dump(mode="json")),
            "seconds": KEPT.total_seconds(),
        }
        with self.job.connection() as connection:
            connection.execute(statement("record_cached_answer"), values)

    def _record_usage(self, reply: Reply[Any]) -> None:
        """In a transaction of its own: it was used, whatever becomes of the job."""
        if reply.usage is None:
            return
        cost = cost_of(reply.usage)
        values = {
            "organization": self.job.organization_id,
            "job": self.job.id,
            "run": self.job.run,
            "job_name": self.job.name,
            "model": reply.usage.model,
            "prompt_tokens": reply.usage.prompt_tokens,
            "completion_tokens": reply.usage.completion_tokens,
            "cost": cost and cost.amount,
            "currency": cost and cost.currency,
        }
        with self.job.connection() as connection:
            connection.execute(statement("record_ai_usage"), values)

    def _place(self, key: str) -> dict[str, Any]:
        return {"organization": self.job.organization_id, "key": key}
