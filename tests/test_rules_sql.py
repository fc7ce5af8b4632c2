"""Limits, rules and pauses by SQL, as any client in any language changes them."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from advisorjobs.application import App

Connection = psycopg.Connection[Any]
QUEUE = "SELECT {} FROM advisorjobs_queues WHERE name = %s"


@pytest.fixture
def base(app: App, connection: Connection) -> Connection:
    """A connection to a database that knows the queue table."""
    return connection


def row(connection: Connection, columns: str, queue: str = "emails") -> tuple[Any, ...] | None:
    return connection.execute(QUEUE.format(columns).encode(), [queue]).fetchone()


def refusal(connection: Connection, call: str) -> str:
    """What the database says to a call that it refuses with SQLSTATE 22023."""
    with pytest.raises(psycopg.errors.InvalidParameterValue) as caught:
        connection.execute(f"SELECT {call}".encode())
    return str(caught.value.diag.message_primary)


def test_a_limit_says_who_changed_it_when_and_why(base: Connection) -> None:
    base.execute("SELECT set_queue_limit('emails', rate => '200/min', running => 20, why => 'newsletter')")

    assert row(
        base, "rate, rate_window::text, running, changed_at <= now(), changed_by = session_user, changed_why"
    ) == (
        200,
        "00:01:00",
        20,
        True,
        True,
        "newsletter",
    )


def test_what_is_left_out_stays_and_what_is_named_in_remove_goes(base: Connection) -> None:
    base.execute(
        "SELECT set_queue_limit('emails', running => 20, organization_rate => '20 / 10 s', organization_running => 3)"
    )
    base.execute("SELECT set_queue_limit('emails', fair => false, remove => '{rate,running}', changed_by => 'ada')")

    assert row(base, "rate, rate_window, running, organization_rate, organization_rate_window::text") == (
        None,
        None,
        None,
        20,
        "00:00:10",
    )
    assert row(base, "organization_running, fair, changed_by, changed_why") == (3, False, "ada", None)


def test_remove_may_be_null(base: Connection) -> None:
    base.execute("SELECT set_queue_limit('emails', running => 20, remove => NULL)")

    assert row(base, "rate, running") == (100, 20)


def test_a_queue_goes_back_to_its_table_and_follows_it_again(base: Connection, app: App) -> None:
    base.execute("SELECT set_queue_limit('emails', rate => '7/h', running => 1, fair => false)")

    assert base.execute("SELECT reset_queue_limit('emails')").fetchone() == (True,)
    assert row(base, "rate, rate_window::text, running, fair, changed_at, changed_by") == (
        100,
        "00:01:00",
        None,
        True,
        None,
        None,
    )
    assert base.execute("SELECT reset_queue_limit('emails')").fetchone() == (False,)


def test_a_queue_outside_the_table_gets_a_row_when_it_is_limited(base: Connection) -> None:
    base.execute("INSERT INTO job_types (name, queue, fields) VALUES ('practice:post', 'letters', '{}')")
    base.execute("SELECT set_queue_limit('letters', rate => '5/s')")

    assert row(base, "priority, rate", "letters") == (3, 5)


def test_a_queue_in_which_a_job_waits_is_known(base: Connection) -> None:
    base.execute("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('stray', 'x')")

    assert base.execute("SELECT pause_queue('stray')").fetchone() == (True,)
    base.execute("DELETE FROM procrastinate_jobs")
    assert base.execute("SELECT resume_queue('stray')").fetchone() == (True,)


@pytest.mark.parametrize(
    ("text", "starts", "window"),
    [
        ("20/s", 20, 1),
        ("5/10s", 5, 10),
        (" 7 / 2.5 min ", 7, 150),
        ("1000 / Hours", 1000, 3600),
        ("1/31 days", 1, 2678400),
    ],
)
def test_a_rate_is_a_number_of_starts_per_time(base: Connection, text: str, starts: int, window: int) -> None:
    base.execute("SELECT set_queue_limit('emails', rate => %s)", [text])

    assert row(base, "rate, extract(epoch FROM rate_window)::integer") == (starts, window)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("set_queue_limit('emials', running => 1)", "queue: there is no queue 'emials': did you mean 'emails'?"),
        ("set_queue_limit('xyz', running => 1)", "queue: there is no queue 'xyz': the queues are ai-processing, "),
        ("set_queue_limit(NULL, running => 1)", "queue: there is no queue without a name"),
        ("set_queue_limit('emails')", "nothing is to be changed"),
        ("set_queue_limit('emails', rate => 'fast')", "rate: must be starts per time, such as 20/s, 200/min"),
        ("set_queue_limit('emails', rate => '20/month')", "got '20/month'"),
        ("set_queue_limit('emails', rate => '0/s')", "rate: must allow 1 start or more, got '0/s'"),
        (
            "set_queue_limit('emails', organization_rate => '5/0.2 s')",
            "organization_rate: must be per 1 second to 31 days",
        ),
        ("set_queue_limit('emails', rate => '5/32 days')", "rate: must be per 1 second to 31 days"),
        ("set_queue_limit('emails', running => 0)", "running: must be 1 or more, got 0"),
        ("set_queue_limit('emails', organization_running => -2)", "organization_running: must be 1 or more, got -2"),
        (
            "set_queue_limit('emails', remove => '{runing}')",
            "remove: there is no limit 'runing': did you mean running?",
        ),
        ("set_queue_limit('emails', running => 2, remove => '{running}')", "running: is both set and removed"),
        ("set_organization_rule('', weight => 2)", "organization_id: must not be empty"),
        ("set_organization_rule('o', weight => 101)", "weight: must be 1 to 100 turns in a row, got 101"),
        ("set_organization_rule('o', queue => 'emials', weight => 1)", "did you mean 'emails'?"),
        ("set_organization_rule('o')", "nothing is to be changed"),
        ("set_key_limit('', running => 1)", "key: must not be empty"),
        ("set_key_limit('stripe', rate => '1')", "rate: must be starts per time"),
        ("pause_queue()", "queue: name a queue, an organization_id, or both"),
        ("pause_queue('emials')", "did you mean 'emails'?"),
        ("pause_queue('emails', until => '2020-01-01')", "until: must lie in the future, got 2020-01-01"),
        (
            "pause_queue('emails', until => 'infinity')",
            "until: must lie before the year 9999, got infinity: leave it out",
        ),
        ("pause_queue(organization_id => '')", "organization_id: must not be empty"),
        ("resume_queue()", "queue: name a queue, an organization_id, or both"),
        ("resume_queue('emials')", "did you mean 'emails'?"),
        ("reset_queue_limit('emials')", "did you mean 'emails'?"),
        ("remove_organization_rule('o', 'emials')", "did you mean 'emails'?"),
    ],
)
def test_what_cant_be_used_is_refused_by_name_value_and_rule(base: Connection, call: str, words: str) -> None:
    assert words in refusal(base, call)


def test_a_pause_is_kept_with_who_and_why_until_it_is_ended(base: Connection) -> None:
    assert base.execute("SELECT pause_queue('emails', 'the mail server moves')").fetchone() == (True,)
    assert base.execute(
        "SELECT queue, organization_id, since <= now(), until, reason, paused_by = session_user FROM advisorjobs_pauses"
    ).fetchall() == [("emails", "", True, None, "the mail server moves", True)]
    assert base.execute("SELECT resume_queue('emails')").fetchone() == (True,)
    assert base.execute("SELECT resume_queue('emails')").fetchone() == (False,)
    assert base.execute("SELECT count(*) FROM advisorjobs_pauses").fetchone() == (0,)


def test_pausing_again_replaces_end_and_reason_and_keeps_the_beginning(base: Connection) -> None:
    base.execute("SELECT pause_queue('emails', 'first', now() + interval '1 day', 'ada')")
    before = base.execute("SELECT since FROM advisorjobs_pauses").fetchone()

    assert base.execute("SELECT pause_queue('emails', 'second', paused_by => 'bob')").fetchone() == (False,)
    assert base.execute("SELECT reason, until, paused_by FROM advisorjobs_pauses").fetchall() == [
        ("second", None, "bob")
    ]
    assert base.execute("SELECT since FROM advisorjobs_pauses").fetchone() == before


def test_a_pause_that_is_over_is_begun_anew(base: Connection) -> None:
    base.execute(
        "INSERT INTO advisorjobs_pauses (queue, since, until) VALUES ('emails', now() - interval '2 d', now() - interval '1 d')"
    )

    assert base.execute("SELECT pause_queue('emails')").fetchone() == (True,)
    assert base.execute("SELECT since > now() - interval '1 hour' FROM advisorjobs_pauses").fetchall() == [(True,)]


def test_resuming_what_ended_by_itself_says_that_there_was_nothing(base: Connection) -> None:
    base.execute("INSERT INTO advisorjobs_pauses (queue, until) VALUES ('emails', now() - interval '1 minute')")

    assert base.execute("SELECT resume_queue('emails')").fetchone() == (False,)


def test_an_organization_is_paused_everywhere_or_in_one_queue(base: Connection) -> None:
    base.execute("SELECT pause_queue(organization_id => 'org-7')")
    base.execute("SELECT pause_queue('emails', organization_id => 'org-7')")

    assert base.execute("SELECT queue, organization_id FROM advisorjobs_pauses ORDER BY 1").fetchall() == [
        ("", "org-7"),
        ("emails", "org-7"),
    ]
    assert base.execute("SELECT resume_queue(organization_id => 'org-7')").fetchone() == (True,)
    assert base.execute("SELECT queue FROM advisorjobs_pauses").fetchall() == [("emails",)]
    assert base.execute("SELECT resume_queue('emails')").fetchone() == (False,)


def test_resuming_opens_a_queue_that_a_service_closed(base: Connection) -> None:
    base.execute("UPDATE advisorjobs_queues SET closed_until = now() + interval '1 hour' WHERE name = 'emails'")

    assert base.execute("SELECT resume_queue('emails')").fetchone() == (True,)
    assert row(base, "closed_until") == (None,)


def test_an_organizations_rule_is_changed_bit_by_bit_and_goes_with_its_last_value(base: Connection) -> None:
    base.execute("SELECT set_organization_rule('org-7', weight => 4, why => 'pays for it', changed_by => 'ada')")
    base.execute("SELECT set_organization_rule('org-7', rate => '5/min', running => 2, remove => '{weight}')")

    values = "SELECT queue, weight, rate, rate_window::text, running, changed_why FROM advisorjobs_organization_rules"
    assert base.execute(values.encode()).fetchall() == [("", None, 5, "00:01:00", 2, None)]
    base.execute("SELECT set_organization_rule('org-7', remove => '{rate,running}')")
    assert base.execute(values.encode()).fetchall() == []


def test_an_organization_has_a_rule_for_each_queue_and_one_for_all(base: Connection) -> None:
    base.execute("SELECT set_organization_rule('org-7', weight => 4)")
    base.execute("SELECT set_organization_rule('org-7', queue => 'emails', weight => 2)")

    assert base.execute("SELECT remove_organization_rule('org-7', 'emails')").fetchone() == (True,)
    assert base.execute("SELECT queue, weight FROM advisorjobs_organization_rules").fetchall() == [("", 4)]
    assert base.execute("SELECT remove_organization_rule('org-7', 'emails')").fetchone() == (False,)
    assert base.execute("SELECT remove_organization_rule('org-7')").fetchone() == (True,)


def test_a_key_has_limits_until_they_are_removed(base: Connection) -> None:
    base.execute("SELECT set_key_limit('stripe', rate => '100/s', running => 2, changed_by => 'ada')")

    assert base.execute("SELECT rate, running, changed_by FROM advisorjobs_keys").fetchall() == [(100, 2, "ada")]
    assert base.execute("SELECT remove_key_limit('stripe')").fetchone() == (True,)
    assert base.execute("SELECT remove_key_limit('stripe')").fetchone() == (False,)
    assert base.execute("SELECT rate, rate_window, running, wake_at FROM advisorjobs_keys").fetchall() == [(None,) * 4]


def test_a_key_that_its_service_closed_keeps_that_without_limits_until_it_is_opened(base: Connection) -> None:
    base.execute("SELECT set_key_limit('stripe', running => 2)")
    base.execute("UPDATE advisorjobs_keys SET closed_until = now() + interval '1 hour'")
    base.execute("SELECT remove_key_limit('stripe')")

    assert base.execute("SELECT running, closed_until > now() FROM advisorjobs_keys").fetchall() == [(None, True)]
    base.execute("SELECT set_key_limit('stripe', remove => '{closed_until}')")
    assert base.execute("SELECT closed_until FROM advisorjobs_keys").fetchall() == [(None,)]


def test_jobs_parked_behind_a_key_are_looked_at_again_when_it_changes(base: Connection) -> None:
    base.execute("SELECT set_key_limit('stripe', running => 1)")
    base.execute("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('emails', 'x')")
    base.execute("UPDATE procrastinate_jobs SET limit_key = 'stripe', parked = 'key'")
    base.execute("SELECT remove_key_limit('stripe')")

    assert base.execute("SELECT running, wake_at <= now() FROM advisorjobs_keys").fetchall() == [(None, True)]


@pytest.mark.parametrize(
    "call",
    [
        "set_queue_limit('emails', running => 5)",
        "set_organization_rule('org-7', weight => 2)",
        "set_key_limit('stripe', running => 5)",
        "reset_queue_limit('emails')",
        "resume_queue('emails')",
        "resume_queue(organization_id => 'org-7')",
    ],
)
def test_idle_workers_are_told_of_what_may_let_them_start(base: Connection, database: str, call: str) -> None:
    base.execute("SELECT pause_queue('emails'), pause_queue(organization_id => 'org-7')")
    base.execute(
        "INSERT INTO advisorjobs_workers (token, name, queues, slots, job_names, lease, expires_at, waiting)"
        " VALUES (gen_random_uuid(), 'w', '{emails}', '{1}', '{}', '1 hour', now() + interval '1 hour', true)"
    )
    with psycopg.connect(database, autocommit=True) as listener:
        listener.execute("LISTEN advisorjobs")
        base.execute(f"SELECT {call}".encode())
        assert [notice.payload for notice in listener.notifies(timeout=5, stop_after=1)] == ["work"]


def test_a_job_function_may_not_change_limits(base: Connection) -> None:
    with base.transaction():
        base.execute("SET LOCAL ROLE advisorjobs_tenant")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), base.transaction():
            base.execute("SELECT set_queue_limit('emails', running => 5)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), base.transaction():
            base.execute("SELECT pause_queue('emails')")
