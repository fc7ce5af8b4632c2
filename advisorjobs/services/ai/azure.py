"""Azure OpenAI's engine: chat completions with structured output, by the `openai` package.

Every question is one call: the queue retries what can be retried. A text of the service never gets into an error of ours;
it may quote the prompt. Protocol: https://learn.microsoft.com/azure/ai-services/openai/reference (chat completions).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.ai.libraries import needed
from advisorjobs.services.ai.model import Answer, Prompt, Reply, Usage
from advisorjobs.settings import AzureOpenAI

__all__ = ["AzureModel"]

CONNECT_TIMEOUT = 10.0
MOST_TOKENS = 8_000
"""Of an answer: more than any of ours needs, so that a model that goes astray doesn't cost without end."""

UNTOLD_PAUSE = 30.0
"""Seconds for which the queue closes after a 429 that doesn't say for how long."""


@dataclass(frozen=True, slots=True)
class AzureModel:
    """Asks a deployment; see `LanguageModel`.

    JobError `authentication` (401, 403), `rate_limited` (429, with Retry-After), `not_found` (no such deployment),
    `validation` (content filter, or a request that the model doesn't take), `timeout`, `network`, and
    `external_service` for what is worth another try: 5xx, a refusal, an answer that was cut off or is none.
    """

    endpoint: str
    key: str = field(repr=False)
    deployment: str
    api_version: str

    @classmethod
    def of(cls, settings: AzureOpenAI) -> AzureModel:
        return cls(settings.endpoint, settings.key, settings.deployment, settings.api_version)

    @property
    def engine(self) -> str:
        return f"azure:{self.deployment}"

    def ask(self, prompt: Prompt, form: type[Answer], *, timeout: float) -> Reply[Answer]:
        with self._errors_translated(), self._client(timeout) as client:
            completion = client.chat.completions.create(
                model=self.deployment,
                messages=[{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}],
                response_format={"type": "json_schema", "json_schema": _schema(form)},
                max_completion_tokens=MOST_TOKENS,
            )
        return Reply(_text(completion), _usage(completion, self.deployment), form)

    def _client(self, timeout: float) -> Any:
        openai = needed("openai")
        return openai.AzureOpenAI(
            azure_endpoint=self.endpoint,
            azure_deployment=self.deployment,
            api_key=self.key,
            api_version=self.api_version,
            max_retries=0,
            timeout=openai.Timeout(timeout, connect=min(CONNECT_TIMEOUT, timeout)),
        )

    @contextmanager
    def _errors_translated(self) -> Iterator[None]:
        openai = needed("openai")
        try:
            yield
        except openai.APITimeoutError as error:
            raise JobError(ErrorCode.TIMEOUT, "Azure OpenAI didn't answer in time", permanent=False) from error
        except openai.APIStatusError as error:
            raise self._job_error(error) from error
        except openai.APIConnectionError as error:
            reason = type(error.__cause__ or error).__name__
            raise JobError(ErrorCode.NETWORK, f"Azure OpenAI can't be reached ({reason})") from error
        except (openai.OpenAIError, ValueError) as error:
            raise JobError(
                ErrorCode.EXTERNAL_SERVICE, f"Azure OpenAI's answer is none ({type(error).__name__})"
            ) from error

    def _job_error(self, error: Any) -> JobError:
        status, code = error.status_code, error.code if str(error.code or "").replace("_", "").isalnum() else None
        said = f"Azure OpenAI answered {status}{f' ({code})' if code else ''}"
        if status in (401, 403):
            return JobError(ErrorCode.AUTHENTICATION, f"{said}: check AZURE_OPENAI_KEY and AZURE_OPENAI_ENDPOINT")
        if status == 429:
            pause = _retry_after(error.response.headers) or UNTOLD_PAUSE
            return JobError(ErrorCode.RATE_LIMITED, said, retry_after=pause)
        if status == 404:
            return JobError(
                ErrorCode.NOT_FOUND,
                f"{said}: there is no deployment {self.deployment!r} at the endpoint, or it doesn't know api-version"
                f" {self.api_version}: check AZURE_OPENAI_DEPLOYMENT and AZURE_OPENAI_API_VERSION",
            )
        if status == 400 and code == "content_filter":
            return JobError(ErrorCode.VALIDATION, f"{said}: the service's content filter refuses what it was asked")
        if status in (408, 409) or status >= 500:
            return JobError(ErrorCode.EXTERNAL_SERVICE, said, retry_after=_retry_after(error.response.headers))
        return JobError(
            ErrorCode.VALIDATION,
            f"{said}: the deployment doesn't take our request: it must be a chat model with structured output",
        )


def _schema(form: type[Answer]) -> dict[str, Any]:
    """The answer's form as the service wants it: strict, so that the model can't write anything else."""
    return {"name": form.__name__, "schema": form.model_json_schema(), "strict": True}


def _text(completion: Any) -> str:
    """What the model wrote; empty, which no form can be read from, where it wrote nothing of use."""
    choices = getattr(completion, "choices", None)
    return (choices[0].message.content if choices and choices[0].message else None) or ""


def _usage(completion: Any, deployment: str) -> Usage | None:
    used = getattr(completion, "usage", None)
    if used is None:
        return None
    return Usage(str(completion.model or deployment), int(used.prompt_tokens or 0), int(used.completion_tokens or 0))


def _retry_after(headers: Any) -> float | None:
    """Seconds that the service asked to be left alone: milliseconds, seconds or a date (RFC 9110, 10.2.3)."""
    for name, unit in (("retry-after-ms", 0.001), ("x-ms-retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        if value and value.strip().replace(".", "", 1).isdigit():
            return float(value) * unit
    try:
        then = parsedate_to_datetime(headers.get("retry-after") or "")
    except ValueError:
        return None
    return max(1.0, (then - datetime.now(UTC)).total_seconds())
