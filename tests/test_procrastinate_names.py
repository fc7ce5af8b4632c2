"""What we rely on inside procrastinate beyond its documentation. An upgrade that changes it is found here first."""

import inspect

import procrastinate
from procrastinate import connector, exceptions, jobs, manager, schema, sql, sync_psycopg_connector, tasks, utils

from advisorjobs.connector import OURS


def test_a_task_is_configured_by_an_attribute_that_can_be_covered() -> None:
    assert "self.configure()" in inspect.getsource(tasks.Task.defer_async)
    assert "self.configure()" in inspect.getsource(tasks.Task.batch_defer)
    assert "app.job_manager" in inspect.getsource(tasks.Task.configure)


def test_a_deferrer_is_made_of_three_parts_and_logs_in_two_places() -> None:
    assert list(inspect.signature(jobs.JobDeferrer).parameters) == ["job_manager", "job", "connection"]
    assert callable(jobs.JobDeferrer._log_before_defer_jobs)
    assert callable(jobs.JobDeferrer._log_after_defer_jobs)


def test_an_app_has_the_methods_that_ours_takes_over() -> None:
    for name in ("_check_stack", "_register_task", "_worker", "perform_import_paths", "configure_task"):
        assert callable(getattr(procrastinate.App, name))
    assert isinstance(inspect.getattr_static(procrastinate.App, "schema_manager"), property)
    assert "self.perform_import_paths()" in inspect.getsource(procrastinate.App.configure_task)


def test_a_replaced_connector_is_set_on_app_and_manager() -> None:
    source = inspect.getsource(procrastinate.App.replace_connector)
    assert "self.connector = connector" in source
    assert "self.job_manager.connector = connector" in source


def test_the_queries_that_we_answer_otherwise_exist_and_are_told_apart() -> None:
    assert len({sql.queries[name] for name in OURS}) == len(OURS)


def test_the_manager_speaks_to_the_connector_by_these_calls_only() -> None:
    public = {name for name, _ in inspect.getmembers(connector.BaseAsyncConnector, inspect.isfunction)}
    assert {name for name in public if not name.startswith("_")} == {
        "close", "close_async", "execute_query", "execute_query_all", "execute_query_all_async",
        "execute_query_all_async_with_connection", "execute_query_all_with_connection", "execute_query_async",
        "execute_query_one", "execute_query_one_async", "execute_query_one_async_with_connection",
        "execute_query_one_with_connection", "get_sync_connector", "listen_notify", "open", "open_async",
    }  # fmt: skip


def test_the_managers_calls_that_we_replace_keep_their_parameters() -> None:
    expected = {
        "batch_defer_jobs": ["self", "jobs", "connection"],
        "batch_defer_jobs_async": ["self", "jobs", "connection"],
        "delete_old_jobs": [
            "self", "nb_hours", "queue", "include_failed", "include_cancelled", "include_aborted",
        ],
    }  # fmt: skip
    for name, parameters in expected.items():
        assert list(inspect.signature(getattr(manager.JobManager, name)).parameters) == parameters


def test_errors_are_translated_and_printed_as_we_expect() -> None:
    assert callable(sync_psycopg_connector.wrap_exceptions)
    assert manager.QUEUEING_LOCK_CONSTRAINT == "procrastinate_jobs_queueing_lock_idx_v1"
    assert issubclass(exceptions.UniqueViolation, exceptions.ConnectorException)
    assert "__context__" in inspect.getsource(utils.causes)


def test_the_schema_manager_has_the_calls_that_ours_takes_over() -> None:
    for name in ("get_schema", "get_migrations_path", "apply_schema", "apply_schema_async"):
        assert callable(getattr(schema.SchemaManager, name))
