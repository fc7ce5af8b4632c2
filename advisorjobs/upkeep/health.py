"""Whether everything is well, part by part: what was found, how long it took, and what to do about it.

Each part is really used: a query, a file written and read, a login at the mail server, a call of the model's service. Each
has a deadline of its own, so that one that hangs is reported and holds up no other; all are looked at at the same time.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import Any

from advisorjobs.choices import HealthPart
from advisorjobs.database.statement import statement
from advisorjobs.errors import AdvisorJobsError, ErrorCode, JobError
from advisorjobs.job_run import JobRun
from advisorjobs.settings import AzureOpenAI, Settings, Smtp
from advisorjobs.upkeep.found import WORST, Found
from advisorjobs.upkeep.queue_health import queues

__all__ = ["examine"]

DEADLINE = 10.0
"""Seconds for a part."""

PROBE = b"advisorjobs health probe"
MODELS_API = "2024-10-21"
"""The version of Azure OpenAI's protocol by which its models are listed."""


async def examine(job: JobRun[Any], parts: Sequence[HealthPart], settings: Settings) -> dict[str, Any]:
    """All *parts* at once: {"status": the worst, "parts": {part: {"status", "what", "cure", "latency_ms", "figures"}}}."""
    await _refuse_stranger(job)
    looks: Mapping[HealthPart, Callable[[], Awaitable[Found]]] = {
        "database": lambda: database(job),
        "storage": lambda: storage(job, settings),
        "mail": lambda: mail(settings),
        "ai": lambda: language_model(settings),
        "queues": lambda: queues(figures=job.organization_id == "system"),
    }
    found = await asyncio.gather(*(_looked_at(looks[part]) for part in parts))
    status = max((each["status"] for each in found), key=WORST.index)
    return {"status": status, "parts": dict(zip(parts, found, strict=True))}


async def _refuse_stranger(job: JobRun[Any]) -> None:
    if job.organization_id == "system":
        return
    async with job.connection() as connection:
        cursor = await connection.execute(statement("own_firm"))
        if await cursor.fetchone() is None:
            raise JobError(ErrorCode.NOT_FOUND, "the job's organization is no firm of this database")


async def _looked_at(look: Callable[[], Awaitable[Found]]) -> dict[str, Any]:
    started = monotonic()
    try:
        async with asyncio.timeout(DEADLINE):
            found = await look()
    except TimeoutError:
        found = Found(
            status="failing", what=f"no answer within {DEADLINE:g} s", cure="see whether it runs and is reached"
        )
    except AdvisorJobsError as error:
        what, _, cure = str(error).rpartition(": ")
        found = Found(status="failing", what=what or str(error), cure=cure if what else None)
    except Exception as error:  # any library's; its text may quote what it was given
        found = Found(status="failing", what=f"it failed with {type(error).__name__}", cure="see the worker's log")
    return {**asdict(found), "latency_ms": round((monotonic() - started) * 1000, 1)}


async def database(job: JobRun[Any]) -> Found:
    """A transaction as job functions have it."""
    async with job.connection() as connection:
        cursor = await connection.execute(statement("server_clock"))
        await cursor.fetchone()
    return Found(what="it answers", figures={"server": str(connection.info.server_version)})


async def storage(job: JobRun[Any], settings: Settings) -> Found:
    """A file of the organization's is written, read and removed."""
    from advisorjobs.services.storage import storage as place

    def probe() -> str:
        shelf = place(settings).shelf(str(job.organization_id))
        key = shelf.key("health", f"probe-{job.id}")
        shelf.put(key, PROBE)
        try:
            if shelf.get(key) != PROBE:
                raise JobError(ErrorCode.EXTERNAL_SERVICE, "a file came back other than it was written")
        finally:
            shelf.remove(key)
        return shelf.storage.kind

    kind = await _in_thread(probe)
    return Found(what=f"a file was written, read and removed ({kind})", figures={"engine": kind})


async def mail(settings: Settings) -> Found:
    """A login at the mail server, or a file in the folder."""
    if settings.smtp is None:
        await _in_thread(lambda: _write_into(settings.data_dir / "mails"))
        return Found(what="mails become files, and the folder can be written", figures={"engine": "folder"})
    await _greet(settings.smtp)
    return Found(what=f"{settings.smtp.place} takes mails", figures={"engine": "smtp"})


async def _greet(smtp: Smtp) -> None:
    """By a connection of those that mails go by, which is kept for them."""
    from advisorjobs.services.mail.post import connections
    from advisorjobs.services.mail.replies import job_error

    try:
        async with (await connections(smtp)).one() as client:
            await client.noop()
    except JobError:
        raise
    except Exception as error:
        told = job_error(error, smtp.place)
        if told is None:
            raise
        raise told from error


async def language_model(settings: Settings) -> Found:
    """The list of the service's models, which takes the key and costs nothing."""
    if settings.openai is None:
        return Found(what="no service is set: the local statistics do the work", figures={"engine": "local"})
    models = await _models(settings.openai)
    return Found(what="the service takes our key", figures={"engine": "azure", "models": models})


async def _models(service: AzureOpenAI) -> int:
    import openai

    client = openai.AsyncAzureOpenAI(
        azure_endpoint=service.endpoint,
        api_key=service.key,
        api_version=MODELS_API,
        timeout=DEADLINE,
        max_retries=0,
    )
    async with client:
        try:
            return len((await client.models.list()).data)
        except openai.APIStatusError as error:
            if error.status_code in (401, 403):
                raise JobError(ErrorCode.AUTHENTICATION, "it refuses our key: check AZURE_OPENAI_KEY") from None
            said = f"it answered {error.status_code}: check AZURE_OPENAI_ENDPOINT, or wait"
            raise JobError(ErrorCode.EXTERNAL_SERVICE, said) from None
        except openai.APIConnectionError:
            raise JobError(ErrorCode.NETWORK, "it can't be reached: check AZURE_OPENAI_ENDPOINT") from None


def _write_into(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(PROBE)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise JobError(
            ErrorCode.INTERNAL, f"{folder} can't be written ({reason}): check ADVISORJOBS_DATA_DIR"
        ) from error


async def _in_thread(work: Callable[[], Any]) -> Any:
    """What *work* returns, from a thread that nobody waits for: a disk that hangs must not keep the worker from stopping."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[Any] = loop.create_future()

    def tell(value: Any, error: BaseException | None) -> None:
        if result.done():  # the deadline was first
            return
        if error is None:
            result.set_result(value)
        else:
            result.set_exception(error)

    def run() -> None:
        try:
            value, error = work(), None
        except Exception as failure:  # told to whoever waits
            value, error = None, failure
        loop.call_soon_threadsafe(tell, value, error)

    threading.Thread(target=run, name="health probe", daemon=True).start()
    return await result
