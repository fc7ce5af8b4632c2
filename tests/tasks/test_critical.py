"""The critical jobs: who is told by which way, and what a health check finds of real and broken parts."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from standardwebhooks import Webhook

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.queue_stats import QueueStats
from advisorjobs.services.channels import SECRET
from advisorjobs.services.secrets import seal
from advisorjobs.testing import CrashPoint
from advisorjobs.upkeep.queue_health import judge
from tests.fixtures.certificates import Authority
from tests.fixtures.clusters import free_port
from tests.fixtures.firms import Firms
from tests.fixtures.receivers import Receiver

EMERGENCY = "critical:emergency_notification"
ALERT = "critical:security_alert"
FIRE: dict[str, Any] = {"title": "Fire", "message": "Leave\nnow.", "action_url": "https://firm.example/now"}
KNOCK: dict[str, Any] = {"alert_type": "failed_logins", "title": "Five wrong passwords", "ip_address": "2001:db8::1"}
KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def channel(firms: Firms, channel_id: str, address: str, *, firm: str = "org-1", **values: Any) -> None:
    given: dict[str, Any] = {"kind": "webhook", **values}
    if given["kind"] == "webhook" and "secret" not in given:
        given["secret"] = seal(KEY, organization_id=firm, purpose=SECRET)
    firms.add("channels", organization_id=firm, id=channel_id, address=address, **given)


def staffed(firms: Firms) -> None:
    firms.firm(language="de")
    firms.firm("org-2")
    firms.member("admin", role="admin")
    firms.member("clerk")
    firms.member("gone", role="admin", is_active=False)


def test_an_emergency_goes_by_every_channel_of_its_organization(firms: Firms, receiver: Receiver) -> None:
    staffed(firms)
    channel(firms, "desk", "desk@example.com", kind="email")
    channel(firms, "same", "OWNER@org-1.example", kind="email")
    channel(firms, "off", "off@example.com", kind="email", is_active=False)
    channel(firms, "hook", f"{receiver.url}/in")
    channel(firms, "theirs", f"{receiver.url}/theirs", firm="org-2")

    assert firms.run(EMERGENCY, "org-1", **FIRE) == {"mails": 3, "webhooks": 1}
    mails = firms.waiting("email:send")
    assert [each["args"]["to"] for each in mails] == ["owner@org-1.example", "admin@org-1.example", "desk@example.com"]
    assert {each["priority"] for each in mails} == {1}
    assert {each["args"]["type"] for each in mails} == {"emergency"}
    assert mails[2]["args"]["language"] == "de"
    assert [(each["kind"], each["text"]) for each in firms.feed()] == [("emergency", "Emergency: Fire")]
    assert firms.feed("org-2") == []

    (told,) = firms.drain("critical")
    assert told.result == {"channel": "hook", "status": 204}
    ((method, path, headers, body),) = receiver.asked
    assert (method, path) == ("POST", "/in")
    said = Webhook(KEY).verify(body, headers)
    assert said["data"] == {**FIRE, "organization_id": "org-1", "severity": "critical"}
    assert said["id"] == headers["webhook-id"] == f"emergency-{told.job_id}"


def test_one_channel_that_fails_repeats_none_of_the_others(firms: Firms, receiver: Receiver) -> None:
    staffed(firms)
    channel(firms, "down", "https://down.example/in")
    channel(firms, "up", f"{receiver.url}/in")
    firms.queue(EMERGENCY, "org-1", **FIRE)
    ran = firms.kit.drain(queue="critical", raising=False)

    assert [each.status for each in ran].count("completed") == 2
    assert [(each.status, each.error_code) for each in ran][-1] == ("failed", "network")
    assert len(receiver.asked) == 1
    assert len(firms.mails()) == 2


@pytest.mark.parametrize("point", ["before_commit", "after_commit", "after_function"])
def test_an_emergency_tells_nobody_twice_wherever_its_job_dies(
    firms: Firms, receiver: Receiver, point: CrashPoint
) -> None:
    staffed(firms)
    channel(firms, "hook", f"{receiver.url}/in")
    firms.queue(EMERGENCY, "org-1", **FIRE)
    firms.kit.run_next(queue="critical", crash_at=point)
    firms.drain("critical")

    assert len(firms.mails()) == 2
    assert len(receiver.asked) == 1
    assert len(firms.feed()) == 1


def test_a_repeated_delivery_has_the_same_id(firms: Firms, receiver: Receiver) -> None:
    staffed(firms)
    channel(firms, "hook", f"{receiver.url}/in")
    firms.queue(EMERGENCY, "org-1", channel_id="hook", **FIRE)
    firms.kit.run_due(queue="critical", crash_at="after_function")

    assert len(receiver.asked) == 2
    assert len({headers["webhook-id"] for _, _, headers, _ in receiver.asked}) == 1


@pytest.mark.parametrize(("status", "ended", "code"), [
    (500, "retrying", "external_service"), (429, "retrying", "rate_limited"), (302, "failed", "validation"),
    (400, "failed", "validation"), (401, "failed", "authentication"), (410, "failed", "not_found"),
])  # fmt: skip
def test_a_channels_answer_decides(firms: Firms, receiver: Receiver, status: int, ended: str, code: str) -> None:
    staffed(firms)
    receiver.answer = (status, b"{}")
    channel(firms, "hook", f"{receiver.url}/in")
    firms.queue(EMERGENCY, "org-1", channel_id="hook", **FIRE)
    ran = firms.kit.run_next(queue="critical", raising=False)

    assert ran is not None
    assert (ran.status, ran.error_code) == (ended, code)
    assert firms.one("SELECT closed_until FROM advisorjobs_queues WHERE name = 'critical'") is None


def test_a_channel_that_hangs_is_given_up_and_tried_again(firms: Firms, receiver: Receiver) -> None:
    staffed(firms)
    receiver.silent = True
    channel(firms, "hook", f"{receiver.url}/in")
    firms.queue(EMERGENCY, "org-1", channel_id="hook", **FIRE)
    ran = firms.kit.run_next(queue="critical", raising=False)

    assert ran is not None
    assert (ran.status, ran.error_code) == ("retrying", "timeout")


@pytest.mark.parametrize(("channel_id", "code"), [
    ("theirs", ErrorCode.NOT_FOUND), ("off", ErrorCode.NOT_FOUND), ("mailbox", ErrorCode.NOT_FOUND),
    ("unsigned", ErrorCode.VALIDATION), ("inside", ErrorCode.VALIDATION), ("copied", ErrorCode.AUTHENTICATION),
])  # fmt: skip
def test_a_channel_that_may_not_be_used_fails_at_once(
    firms: Firms, receiver: Receiver, channel_id: str, code: ErrorCode
) -> None:
    staffed(firms)
    channel(firms, "theirs", f"{receiver.url}/in", firm="org-2")
    channel(firms, "off", f"{receiver.url}/in", is_active=False)
    channel(firms, "mailbox", "desk@example.com", kind="email")
    channel(firms, "unsigned", f"{receiver.url}/in", secret=None)
    channel(firms, "inside", "https://169.254.169.254/latest/meta-data")
    channel(firms, "copied", f"{receiver.url}/in", secret=seal(KEY, organization_id="org-2", purpose=SECRET))

    with pytest.raises(JobError) as error:
        firms.run(EMERGENCY, "org-1", channel_id=channel_id, **FIRE)
    assert error.value.code is code
    assert error.value.permanent
    assert receiver.asked == []
    assert KEY not in str(error.value)


def test_an_emergency_that_reaches_nobody_fails_and_stands_in_the_feed(firms: Firms) -> None:
    firms.firm()
    firms.connection.execute("UPDATE practice_members SET email = 'nowhere'")

    with pytest.raises(JobError, match="no owner, admin or channel") as error:
        firms.run(EMERGENCY, "org-1", **FIRE)
    assert error.value.permanent
    assert len(firms.feed()) == 1


def test_an_alert_goes_to_the_user_concerned_and_those_in_charge(firms: Firms) -> None:
    staffed(firms)

    assert firms.run(ALERT, "org-1", user_id="clerk", **KNOCK) == {"mails": 3}
    mails = firms.waiting("email:send")
    assert [each["args"]["to"].partition("@")[0] for each in mails] == ["clerk", "owner", "admin"]
    assert {each["args"]["type"] for each in mails} == {"security_alert"}
    assert {each["priority"] for each in mails} == {1}
    assert mails[0]["args"]["template_data"]["ip_address"] == "2001:db8::1"
    told = [each["args"]["template_data"] for each in mails]
    assert [each["about_recipient"] for each in told] == [True, False, False]
    named = firms.one("SELECT name FROM practice_members WHERE organization_id = 'org-1' AND id = 'clerk'")
    assert [each.get("concerned_name") for each in told] == [None, named, named]
    assert [each["text"] for each in firms.feed()] == ["Security: Five wrong passwords"]


def test_an_alert_about_an_owner_is_one_mail(firms: Firms) -> None:
    firms.firm()

    assert firms.run(ALERT, "org-1", user_id="owner", **KNOCK) == {"mails": 1}
    assert firms.waiting("email:send")[0]["args"]["template_data"]["about_recipient"] is True


def test_an_alert_about_nobody_says_to_nobody_that_it_is_about_them(firms: Firms) -> None:
    firms.firm()
    firms.run(ALERT, "org-1", **KNOCK)

    assert firms.waiting("email:send")[0]["args"]["template_data"]["about_recipient"] is False


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
def test_an_alert_is_sent_once_wherever_its_job_dies(firms: Firms, point: CrashPoint) -> None:
    firms.firm()
    firms.queue(ALERT, "org-1", **KNOCK)
    firms.kit.run_due(queue="critical", crash_at=point)

    assert len(firms.mails()) == len(firms.feed()) == 1


def test_an_alert_about_somebody_elses_member_is_not_found(firms: Firms) -> None:
    firms.firm()
    firms.firm("org-2")
    firms.member("spy", firm="org-2")

    with pytest.raises(JobError, match="no member 'spy'") as error:
        firms.run(ALERT, "org-1", user_id="spy", **KNOCK)
    assert error.value.code is ErrorCode.NOT_FOUND
    assert firms.mails() == firms.feed() == []


@pytest.mark.parametrize(("name", "fields"), [(EMERGENCY, FIRE), (ALERT, KNOCK), ("critical:health_check", {})])
def test_an_organization_that_is_no_firm_is_not_found(
    documents_folder: Path, firms: Firms, name: str, fields: dict[str, Any]
) -> None:
    with pytest.raises(JobError, match="no firm") as error:
        firms.run(name, "nobody", **fields)
    assert error.value.code is ErrorCode.NOT_FOUND
    assert error.value.permanent


def test_waiting_in_vain_for_a_row_is_tried_again(firms: Firms) -> None:
    firms.firm()
    firms.impatient()
    firms.queue(ALERT, "org-1", **KNOCK)
    with firms.connection.transaction():
        firms.connection.execute("LOCK TABLE practice_members")
        ran = firms.kit.run_next(queue="critical", raising=False)
    assert ran is not None
    assert (ran.status, ran.error_code) == ("retrying", "database")


def test_all_is_well_on_a_machine_without_services(documents_folder: Path, firms: Firms) -> None:
    report = firms.run("critical:health_check")

    assert report["status"] == "ok", report
    assert set(report["parts"]) == {"database", "storage", "mail", "ai", "queues"}
    assert all(each["latency_ms"] >= 0 and each["cure"] is None for each in report["parts"].values())
    assert report["parts"]["ai"]["figures"] == {"engine": "local"}
    assert [path.name for path in documents_folder.rglob("*") if path.is_file()] == []


def test_a_folder_that_cant_be_written_is_found_and_logged(
    documents_folder: Path, firms: Firms, caplog: pytest.LogCaptureFixture
) -> None:
    documents_folder.write_bytes(b"a file where the folder should be")
    with caplog.at_level(logging.ERROR, "advisorjobs.job"):
        report = firms.run("critical:health_check", parts=["storage", "database"])

    assert report["status"] == report["parts"]["storage"]["status"] == "failing"
    assert report["parts"]["storage"]["cure"] == "name another"
    assert report["parts"]["database"]["status"] == "ok"
    assert "health: storage is failing" in caplog.text


def test_a_firms_check_says_so_in_its_feed_and_tells_no_figures_of_all(documents_folder: Path, firms: Firms) -> None:
    firms.firm()
    documents_folder.write_bytes(b"")
    report = firms.run("critical:health_check", "org-1", parts=["storage", "queues"])

    assert report["parts"]["queues"]["figures"] == {}
    assert [each["text"] for each in firms.feed()] == ["Not well: storage"]


class Deaf:
    """A server that takes connections and never says a word."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]


@pytest.fixture
def deaf() -> Iterator[Deaf]:
    server = Deaf()
    yield server
    server.socket.close()


def test_a_part_that_hangs_is_failing_and_holds_up_no_other(
    documents_folder: Path, firms: Firms, deaf: Deaf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("SMTP_PORT", str(deaf.port))
    monkeypatch.setattr("advisorjobs.upkeep.health.DEADLINE", 0.5)
    parts = firms.run("critical:health_check", parts=["mail", "storage"])["parts"]

    assert parts["mail"]["status"] == "failing"
    assert "no answer within 0.5 s" in parts["mail"]["what"]
    assert parts["storage"]["status"] == "ok"


def test_the_mail_server_is_logged_in_to(
    documents_folder: Path, firms: Firms, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_HOST", "localhost")
    monkeypatch.setenv("ADVISORJOBS_SMTP_CA_FILE", str(authority.file))
    port, tls = free_port(), authority.serving("localhost")
    monkeypatch.setenv("SMTP_PORT", str(port))
    server = Controller(object(), hostname="127.0.0.1", port=port, tls_context=tls)
    server.start()
    try:
        well = firms.run("critical:health_check", parts=["mail"])
        monkeypatch.delenv("ADVISORJOBS_SMTP_CA_FILE")
        distrusted = firms.run("critical:health_check", parts=["mail"])
    finally:
        server.stop()
    assert well["parts"]["mail"]["what"] == f"localhost:{port} takes mails"
    assert distrusted["parts"]["mail"]["status"] == "failing"
    assert "certificate" in distrusted["parts"]["mail"]["what"]
    gone = firms.run("critical:health_check", parts=["mail"])
    assert "can't be reached" in gone["parts"]["mail"]["what"]


def test_the_language_models_service_is_asked_with_our_key(
    documents_folder: Path, firms: Firms, service: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", service.url)
    monkeypatch.setenv("AZURE_OPENAI_KEY", "top-secret")
    service.answer = (200, json.dumps({"object": "list", "data": [{"id": "gpt", "object": "model"}]}).encode())
    well = firms.run("critical:health_check", parts=["ai"])["parts"]["ai"]
    service.answer = (401, b'{"error": {"code": "401", "message": "Access denied"}}')
    refused = firms.run("critical:health_check", parts=["ai"])["parts"]["ai"]

    assert (well["status"], well["figures"]) == ("ok", {"engine": "azure", "models": 1})
    assert (refused["status"], refused["cure"]) == ("failing", "check AZURE_OPENAI_KEY")
    (method, path, headers, _), _ = service.asked
    assert (method, path.partition("?")[0], headers["api-key"]) == ("GET", "/openai/models", "top-secret")
    assert "top-secret" not in json.dumps([well, refused])


def test_queues_are_judged_by_who_waits_for_whom() -> None:
    now = datetime.now(UTC)
    long_ago = now - timedelta(hours=1)
    well = QueueStats(queue="emails", waiting=3, workers=1, oldest_waiting_at=now)
    paused = QueueStats(queue="reports", waiting=3, is_paused=True, oldest_waiting_at=long_ago)
    closed = QueueStats(
        queue="webhooks", waiting=3, closed_until=now + timedelta(minutes=1), oldest_waiting_at=long_ago
    )
    slow = QueueStats(queue="maintenance", waiting=1, workers=1, oldest_waiting_at=long_ago)
    alone = QueueStats(queue="critical", waiting=2, oldest_waiting_at=now)

    assert judge([well, paused, closed], [], now).status == "ok"
    assert judge([well, slow], [], now).what == "maintenance: a job has waited for 60 minutes"
    assert judge([well], ["w1"], now).status == "degraded"
    worst = judge([slow, alone], [], now)
    assert (worst.status, worst.cure) == ("failing", "start one: advisorjobs worker -q critical")
    assert worst.figures["critical"]["waiting"] == 2


def test_jobs_that_nobody_works_on_are_found(documents_folder: Path, firms: Firms) -> None:
    firms.queue("scheduled:data_sync", "org-1")
    found = firms.run("critical:health_check", parts=["queues"])["parts"]["queues"]

    assert (found["status"], found["figures"]["scheduled"]["waiting"]) == ("failing", 1)
