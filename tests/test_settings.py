"""What may be set from outside: understood, or refused with the key, the value and the rule."""

from __future__ import annotations

import os
from dataclasses import FrozenInstanceError
from datetime import timedelta
from pathlib import Path

import pytest

from advisorjobs.errors import SettingsError
from advisorjobs.queues import QUEUES
from advisorjobs.settings import Settings, effective_queue, parse_concurrency, require_services

SECRETS = {
    "DATABASE_URL": "postgresql://me:s3cret@host/db",
    "ADVISORJOBS_DIRECT_URL": "postgresql://me:s3cret@direct/db",
    "REDIS_URL": "rediss://:s3cret@host",
    "AZURE_OPENAI_ENDPOINT": "https://openai.test",
    "AZURE_OPENAI_KEY": "s3cret",
    "AZURE_FORM_RECOGNIZER_ENDPOINT": "https://forms.test",
    "AZURE_FORM_RECOGNIZER_KEY": "s3cret",
    "AZURE_STORAGE_ACCOUNT_NAME": "account",
    "AZURE_STORAGE_ACCOUNT_KEY": "s3cret",
    "AZURE_STORAGE_CONTAINER_NAME": "documents",
    "SMTP_HOST": "mail.test",
    "SMTP_USER": "me",
    "SMTP_PASS": "s3cret",
    "ADVISORJOBS_MAIL_FROM": "office@firm.test",
}


def read(**environ: str) -> Settings:
    return Settings.from_environment(environ)


def test_without_any_variable_everything_has_its_default() -> None:
    settings = read(HOME="/home/me")
    assert settings.database_url is None
    assert not settings.production
    assert settings.worker_type == "all"
    assert settings.concurrency is None
    assert settings.lease == timedelta(seconds=15)
    assert settings.heartbeat == timedelta(seconds=3)
    assert settings.grace == timedelta(seconds=25)
    assert settings.prepared_statements


def test_the_process_own_environment_is_read_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKER_ID", "worker-7")
    assert Settings.from_environment().worker_id == "worker-7"


def test_an_empty_variable_is_as_good_as_none() -> None:
    settings = read(DATABASE_URL="", WORKER_CONCURRENCY=" ", ADVISORJOBS_LEASE="", SMTP_HOST="", SMTP_USER="")
    assert settings == read()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        read().production = True  # type: ignore[misc]


def test_no_secret_is_shown_by_repr() -> None:
    settings = read(**SECRETS)
    assert settings.openai is not None
    assert settings.openai.key == "s3cret"
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    ("uid", "environ", "expected"),
    [
        (0, {}, "/var/lib/advisorjobs"),
        (1000, {"HOME": "/home/me"}, "/home/me/.local/share/advisorjobs"),
        (1000, {"HOME": "/home/me", "XDG_DATA_HOME": "/data"}, "/data/advisorjobs"),
        (0, {"ADVISORJOBS_DATA_DIR": "/srv/jobs"}, "/srv/jobs"),
    ],
)
def test_data_lies_where_this_users_programs_keep_theirs(
    uid: int, environ: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    assert read(**environ).data_dir == Path(expected)


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("DATABASE_URL", "mysql://me:s3cret@host/db", r"DATABASE_URL='mysql://…' .* like postgresql://"),
        ("DATABASE_URL", "s3cret", r"DATABASE_URL='…' "),
        ("ADVISORJOBS_ENV", "prodution", r"ADVISORJOBS_ENV='prodution' .* did you mean production\?"),
        ("WORKER_TYPE", "documents", r"WORKER_TYPE='documents' .* did you mean document\?"),
        ("WORKER_TYPE", "x", r"choose from primary, document, ai, scheduled, all"),
        ("WORKER_CONCURRENCY", "0", r"WORKER_CONCURRENCY='0' .* \(1 or more\)"),
        ("WORKER_CONCURRENCY", "many", r"must be a number of slots"),
        ("WORKER_CONCURRENCY", "email=3", r"no queue 'email': did you mean emails\?"),
        ("WORKER_CONCURRENCY", "emails=3,emails=4", r"names the queue emails twice"),
        ("WORKER_CONCURRENCY", "emails=", r"must be a number of slots"),
        ("ADVISORJOBS_IMPORTS", "a.b,c-d", r"must be module names .* 'c-d' is none"),
        ("ADVISORJOBS_EMAILS_SLOTS", "0", r"ADVISORJOBS_EMAILS_SLOTS='0' .* whole number, 1 or more"),
        ("ADVISORJOBS_EMAILS_RETRIES", "-1", r"whole number, 0 or more"),
        ("ADVISORJOBS_EMAILS_TIMEOUT", "0", r"must be seconds, more than 0"),
        ("ADVISORJOBS_EMAIL_SLOTS", "3", r"no such setting: did you mean ADVISORJOBS_EMAILS_SLOTS\?"),
        ("ADVISORJOBS_LEESE", "3", r"did you mean ADVISORJOBS_LEASE\?"),
        ("ADVISORJOBS_LEASE", "0.5", r"must be seconds, 1 or more"),
        ("ADVISORJOBS_LEASE", "nan", r"must be seconds"),
        ("ADVISORJOBS_GRACE", "-1", r"must be seconds, 0 or more"),
        ("ADVISORJOBS_PROCESSES", "two", r"whole number, 1 or more"),
        ("ADVISORJOBS_CHILD_MEMORY", "1 GiB of it", r"number of bytes such as 536870912, 512M or 2G"),
        ("ADVISORJOBS_DATA_DIR", "data", r"must be a full path"),
        ("ADVISORJOBS_PREPARED_STATEMENTS", "maybe", r"must be on or off"),
        ("SMTP_PASS", "s3cret", r"SMTP_HOST=None .* must be set, as SMTP_PASS is"),
        ("AZURE_OPENAI_KEY", "s3cret", r"AZURE_OPENAI_ENDPOINT=None .* as AZURE_OPENAI_KEY is"),
        ("AZURE_STORAGE_ACCOUNT_KEY", "s3cret", r"AZURE_STORAGE_ACCOUNT_NAME=None"),
        ("ADVISORJOBS_BLOB_ENDPOINT", "https://blobs.test", r"must be set, as ADVISORJOBS_BLOB_ENDPOINT is"),
        ("ADVISORJOBS_BLOB_ENDPOINT", "http://blobs.test/firm", r"must be https://host\[/account\]"),
        ("ADVISORJOBS_BLOB_ENDPOINT", "https://b.test;AccountName=other", r"must be https://host\[/account\]"),
        ("ADVISORJOBS_BLOB_ENDPOINT", "blobs.test", r"must be https://host\[/account\]"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_key_and_rule(key: str, value: str, rule: str) -> None:
    with pytest.raises(SettingsError, match=rule) as refused:
        read(**{key: value})
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("address", ["https://blobs.test/", "http://127.0.0.1:10000/firm", "http://localhost/firm"])
def test_blob_storage_may_be_elsewhere(address: str) -> None:
    storage = {key: value for key, value in SECRETS.items() if key.startswith("AZURE_STORAGE")}
    settings = read(ADVISORJOBS_BLOB_ENDPOINT=address, **storage)

    assert settings.storage is not None
    assert settings.storage.endpoint == address.rstrip("/")


def test_a_port_beyond_the_last_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"SMTP_PORT=70000 .* must be a port"):
        read(SMTP_HOST="mail.test", SMTP_PORT="70000")


def test_a_services_address_must_be_one() -> None:
    with pytest.raises(SettingsError, match=r"AZURE_OPENAI_ENDPOINT='openai.test' .* begins with https://"):
        read(AZURE_OPENAI_ENDPOINT="openai.test", AZURE_OPENAI_KEY="key")


def test_clamd_is_found_by_socket_or_by_host_and_not_by_both() -> None:
    by_host = read(CLAMAV_HOST="scanner").clamd
    assert by_host is not None
    assert (by_host.host, by_host.port, by_host.socket) == ("scanner", 3310, None)
    assert read(CLAMAV_SOCKET="/run/clamd").clamd is not None
    with pytest.raises(SettingsError, match="CLAMAV_HOST='scanner' is set too"):
        read(CLAMAV_HOST="scanner", CLAMAV_SOCKET="/run/clamd")


@pytest.mark.parametrize(("text", "size"), [("1024", 1024), ("64K", 65_536), ("512M", 1 << 29), ("2 GiB", 2 << 30)])
def test_a_size_is_bytes_or_carries_its_unit(text: str, size: int) -> None:
    assert read(ADVISORJOBS_CHILD_MEMORY=text).child_memory == size


def test_a_concurrency_is_one_number_or_one_per_queue() -> None:
    assert parse_concurrency("7") == 7
    assert parse_concurrency("emails=20, reports=2") == {"emails": 20, "reports": 2}
    with pytest.raises(SettingsError, match=r"^-c="):
        parse_concurrency("x", key="-c")


def test_a_queue_is_its_row_where_nothing_is_set() -> None:
    assert {name: effective_queue(read(), name) for name in QUEUES} == QUEUES


def test_a_queue_takes_its_slots_time_limit_and_retries_from_the_environment() -> None:
    settings = read(
        ADVISORJOBS_AI_PROCESSING_SLOTS="3",
        ADVISORJOBS_AI_PROCESSING_TIMEOUT="1.5",
        ADVISORJOBS_AI_PROCESSING_RETRIES="0",
    )
    queue = effective_queue(settings, "ai-processing")
    assert (queue.slots, queue.timeout, queue.retries) == (3, timedelta(seconds=1.5), 0)
    assert effective_queue(settings, "emails") == QUEUES["emails"]


def test_one_number_of_slots_is_for_every_queue_but_scheduled() -> None:
    settings = read(WORKER_CONCURRENCY="7")
    assert {name: effective_queue(settings, name).slots for name in QUEUES} == dict.fromkeys(QUEUES, 7) | {
        "scheduled": 1
    }
    assert effective_queue(settings, "of-the-application").slots == 7


def test_the_nearer_word_decides_the_slots() -> None:
    named = {"ADVISORJOBS_EMAILS_SLOTS": "3"}
    assert effective_queue(read(WORKER_CONCURRENCY="7", **named), "emails").slots == 3
    assert effective_queue(read(WORKER_CONCURRENCY="emails=5", **named), "emails").slots == 5
    assert effective_queue(read(WORKER_CONCURRENCY="reports=5", **named), "emails").slots == 3
    assert effective_queue(read(WORKER_CONCURRENCY="7", **named), "emails", parse_concurrency("9")).slots == 9
    assert effective_queue(read(**named), "scheduled", parse_concurrency("9")).slots == 1


def test_production_names_the_key_that_a_served_queue_lacks() -> None:
    production = read(ADVISORJOBS_ENV="production")
    require_services(production, ["critical", "webhooks"])
    with pytest.raises(SettingsError, match=r"SMTP_HOST=None .* queue emails needs it"):
        require_services(production, ["critical", "emails"])
    require_services(read(ADVISORJOBS_ENV="production", **SECRETS), QUEUES)
    require_services(read(), QUEUES)


@pytest.mark.parametrize(
    ("given", "security"),
    [
        ({}, "starttls"),
        ({"SMTP_PORT": "465"}, "tls"),
        ({"SMTP_PORT": "25"}, "starttls"),
        ({"SMTP_PORT": "465", "ADVISORJOBS_SMTP_SECURITY": "starttls"}, "starttls"),
        ({"ADVISORJOBS_SMTP_SECURITY": "none", "ADVISORJOBS_SMTP_PLAINTEXT": "on"}, "none"),
    ],
)
def test_how_mails_are_secured_follows_from_the_port_unless_it_is_said(given: dict[str, str], security: str) -> None:
    smtp = read(SMTP_HOST="mail.test", **given).smtp
    assert smtp is not None
    assert smtp.security == security


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "::1"])
def test_nothing_is_sent_in_the_clear_but_to_this_machine(host: str) -> None:
    assert read(SMTP_HOST=host, ADVISORJOBS_SMTP_SECURITY="none").smtp is not None
    with pytest.raises(SettingsError, match="ADVISORJOBS_SMTP_PLAINTEXT=on"):
        read(SMTP_HOST="localhost.evil.test", ADVISORJOBS_SMTP_SECURITY="none")


def test_an_authority_of_ones_own_must_be_a_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"ADVISORJOBS_SMTP_CA_FILE=.* must be a file of certificates"):
        read(SMTP_HOST="mail.test", ADVISORJOBS_SMTP_CA_FILE=str(tmp_path / "none.pem"))


@pytest.mark.parametrize(
    "address", ["Firm <mail@firm.test>", "mail", "a@b.test, c@d.test", "=?x?@b.test", "a@bücher.test"]
)
def test_mails_are_from_one_bare_address(address: str) -> None:
    assert read(ADVISORJOBS_MAIL_FROM="mail@firm.test").mail_from == "mail@firm.test"
    with pytest.raises(SettingsError, match="ADVISORJOBS_MAIL_FROM"):
        read(ADVISORJOBS_MAIL_FROM=address)
