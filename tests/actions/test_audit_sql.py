"""The audit log as SQL writes it: by whom, through what, once and for good."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from advisorjobs.application import App

Connection = psycopg.Connection[Any]


@pytest.fixture
def base(app: App, connection: Connection) -> Connection:
    return connection


def test_plain_sql_is_noted_with_the_databases_user(base: Connection) -> None:
    base.execute("SELECT pause_queue('emails', 'the server moves')")
    row = base.execute(
        "SELECT by = session_user, via, action, subject_kind, subject, why, before, after ->> 'reason' FROM advisorjobs_audit"
    ).fetchall()
    assert row == [(True, "sql", "pause", "queue", "emails", "the server moves", None, "the server moves")]
