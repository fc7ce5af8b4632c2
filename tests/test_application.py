import asyncio
from typing import Any

import psycopg
import pytest

from advisorjobs.application import App, the_app
from advisorjobs.errors import SettingsError
from advisorjobs.settings import Settings


def test_composing_reads_no_job_module_and_opens_no_connection(settings: Settings) -> None:
    app = App(Settings(database_url="postgresql://nowhere.invalid/x", data_dir=settings.data_dir))
    assert "document:ocr" not in app.tasks
    assert "catalogue" not in vars(app)


def test_job_types_are_procrastinates_tasks_beside_the_plain_ones(app: App) -> None:
    app.perform_import_paths()
    app.perform_import_paths()
    assert app.tasks["document:ocr"].queue == "document-processing"
    assert "procrastinate.builtin_tasks.remove_old_jobs" in app.tasks


def test_the_process_has_one_app_from_its_environment(the_process: App, database: str) -> None:
    assert the_app() is the_process
    assert the_process.dsn == database


def test_a_setting_that_cannot_be_used_is_said_at_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    the_app.cache_clear()
    monkeypatch.setenv("WORKER_TYPE", "everything")
    with pytest.raises(SettingsError, match="WORKER_TYPE"):
        the_app()


def test_a_worker_of_ours_runs_what_was_deferred(app: App, connection: psycopg.Connection[Any]) -> None:
    seen = []

    @app.task(name="test:seen", queue="critical")
    async def see(n: int) -> int:
        seen.append(n)
        return n

    see.batch_defer({"n": 1}, {"n": 2})
    asyncio.run(app.run_worker_async(queues=["critical"], wait=False, install_signal_handlers=False))
    assert sorted(seen) == [1, 2]
    rows = connection.execute("SELECT status, result FROM job_executions ORDER BY job_id").fetchall()
    assert rows == [("completed", 1), ("completed", 2)]
