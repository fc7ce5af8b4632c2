"""The job that sends mails: what arrives, what is recorded, what is refused, and that a second run sends nothing."""

from __future__ import annotations

import hashlib
from datetime import date
from email import message_from_bytes
from email.policy import default
from typing import Any, get_args

import pytest
from advisorjobs.tasks import emails
from advisorjobs.tasks.emails import EmailPayload

from advisorjobs import queue_financial_report
from advisorjobs.choices import EmailType
from advisorjobs.errors import ErrorCode, JobError, PayloadError
from advisorjobs.payloads import parse_payload
from advisorjobs.services.mail import enclosures
from advisorjobs.testing import CrashPoint
from tests.fixtures.mail_servers import Authority, MailServer, StartServer
from tests.fixtures.mails import MailDesk, RunWorker
from tests.fixtures.waiting import wait_for

TYPES = get_args(EmailType)


@pytest.fixture
def mail_server(start_mail_server: StartServer, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> MailServer:
    """A server with STARTTLS and login, to which this process's mails go."""
    server = start_mail_server("starttls")
    for name, value in server.env(authority, "starttls").items():
        monkeypatch.setenv(name, value)
    return server


def test_a_mail_of_each_type_and_language_arrives_in_html_and_text(
    mail_desk: MailDesk, mail_server: MailServer
) -> None:
    for language in ("en", "de-CH", "fr"):  # nobody has written the French ones yet: they are English
        for each in TYPES:
            mail_desk.queue(each, language=language)
    ran = mail_desk.kit.run_due(queue="emails")

    assert [each.result["engine"] for each in ran] == ["smtp"] * len(TYPES) * 3
    for number, (each, mail) in enumerate(zip(ran, mail_server.mails, strict=True)):
        html, text = mail.message.get_body(("html",)), mail.message.get_body(("plain",))
        assert html is not None
        assert text is not None
        assert "Müller &amp; Partner" in html.get_content()
        assert "Müller & Partner" in text.get_content()
        assert ("Mit freundlichen Grüßen" in text.get_content()) == (number // len(TYPES) == 1)
        assert (mail.by_tls, mail.user) == (True, "office@firm.example")
        assert (mail.sender, mail.recipients) == ("mail@firm.example", ["ada@client.example"])
        assert mail.message["From"].addresses[0].display_name == "Müller & Partner"
        assert mail.message["Reply-To"] == "office@firm-1.example"
        assert mail.message["Message-ID"] == each.result["message_id"]


def test_the_mail_its_row_and_its_entry_in_the_feed(mail_desk: MailDesk, mail_server: MailServer) -> None:
    job = mail_desk.queue("task_assignment", reply_to="miriam@firm.example")
    result = mail_desk.run().result

    (row,) = mail_desk.mails()
    assert (row["organization_id"], row["job_id"], row["type"]) == (mail_desk.firm, job, "task_assignment")
    assert (row["recipient"], row["subject"]) == ("ada@client.example", "New task: Review Q1 financials")
    assert (row["engine"], row["message_id"]) == ("smtp", result["message_id"])
    assert "queued as 000001" in row["answer"]
    (entry,) = mail_desk.rows("SELECT * FROM practice_activities")
    assert (entry["kind"], entry["subject_id"]) == ("mail.sent", result["message_id"])
    assert entry["text"] == "Mail to ada@client.example: New task: Review Q1 financials"
    assert mail_server.mails[0].message["Reply-To"] == "miriam@firm.example"


def test_without_a_server_mails_are_files_that_mail_programs_open(mail_desk: MailDesk) -> None:
    job = mail_desk.queue()
    result = mail_desk.run().result

    (file,) = mail_desk.folder.iterdir()
    assert result["engine"] == "folder"
    assert file.name.startswith(f"welcome.{job}.")
    assert file.suffix == ".eml"
    message: Any = message_from_bytes(file.read_bytes(), policy=default)
    assert message["Subject"] == "Welcome to Müller & Partner"
    assert mail_desk.mails()[0]["answer"] == str(file)


def test_a_job_that_runs_again_after_its_mail_was_recorded_sends_nothing(
    mail_desk: MailDesk, mail_server: MailServer
) -> None:
    job = mail_desk.queue()
    mail_desk.run()
    mail_desk.connection.execute(
        "INSERT INTO procrastinate_jobs (id, task_name, queue_name, args) OVERRIDING SYSTEM VALUE "
        "SELECT %s, 'email:send', 'emails', input FROM job_executions WHERE job_id = %s",
        [job, job],
    )
    again = mail_desk.run()

    assert again.job_id == job
    assert again.result["skipped"] is True
    assert len(mail_server.mails) == 1
    assert len(mail_desk.mails()) == 1


@pytest.mark.parametrize(("point", "mails"), [("before_function", 1), ("before_commit", 2), ("after_commit", 1)])
def test_a_crash_sends_twice_only_between_the_answer_and_the_commit_and_then_with_the_same_message_id(
    mail_desk: MailDesk, mail_server: MailServer, point: CrashPoint, mails: int
) -> None:
    mail_desk.queue()
    mail_desk.kit.run_due(queue="emails", crash_at=point)

    assert len(mail_server.mails) == mails
    assert len({mail.message["Message-ID"] for mail in mail_server.mails}) == 1
    assert len(mail_desk.mails()) == 1
    assert len(mail_desk.rows("SELECT * FROM practice_activities")) == 1


def test_many_mails_go_over_one_connection(mail_desk: MailDesk, mail_server: MailServer) -> None:
    for number in range(8):
        mail_desk.queue(to=f"client-{number}@client.example")
    ran = mail_desk.kit.run_due(queue="emails")

    assert [each.status for each in ran] == ["completed"] * 8
    assert len(mail_server.mails) == 8
    assert mail_server.connections == 1


def test_documents_and_reports_are_attached(mail_desk: MailDesk, mail_server: MailServer) -> None:
    letter = mail_desk.store("Brief März.pdf", b"%PDF-1.7 letter")
    report = mail_desk.report("figures.csv", b"Umsatz;1,00\r\n", format="csv")
    mail_desk.send("report_delivery", attachments=(report, letter))

    first, second = mail_server.mails[0].message.iter_attachments()
    assert (first.get_filename(), first.get_content_type()) == ("figures.csv", "text/csv")
    assert first.get_payload(decode=True) == b"Umsatz;1,00\r\n"
    assert (second.get_filename(), second.get_content_type()) == ("Brief März.pdf", "application/pdf")
    assert second.get_payload(decode=True) == b"%PDF-1.7 letter"
    text = mail_server.mails[0].message.get_body(("plain",))
    assert text is not None
    assert "attached to this message" in text.get_content()


def test_a_report_that_is_made_reaches_its_reader(mail_desk: MailDesk, mail_server: MailServer) -> None:
    mail_desk.connection.execute(
        "INSERT INTO practice_clients (organization_id, id, name) VALUES (%s, 'client-1', 'Larkspur Bakery Ltd')",
        [mail_desk.firm],
    )
    queue_financial_report.sync(
        "client-1",
        mail_desk.firm,
        start=date(2026, 1, 1),
        end=date(2026, 3, 31),
        language="de",
        deliver_to=("ada@client.example",),
    )
    ran = mail_desk.kit.run_due()

    assert [(each.name, each.status) for each in ran] == [
        ("report:financial", "completed"),
        ("email:send", "completed"),
    ]
    (file,) = mail_server.mails[0].message.iter_attachments()
    assert file.get_content_type() == "application/pdf"
    assert str(file.get_filename()).endswith(".pdf")
    (report,) = mail_desk.rows("SELECT * FROM practice_reports")
    content = file.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert hashlib.sha256(content).hexdigest() == report["sha256"]
    assert mail_server.mails[0].message["Subject"].startswith("Ihr Bericht: ")


def refused(mail_desk: MailDesk, code: ErrorCode, words: str, **fields: Any) -> JobError:
    """What the job says; nothing was recorded."""
    with pytest.raises(JobError, match=words) as caught:
        mail_desk.send(**fields)
    assert caught.value.code is code
    assert mail_desk.mails() == []
    return caught.value


@pytest.mark.parametrize("kind", ["store", "report"])
def test_what_another_organization_has_is_not_found(mail_desk: MailDesk, mail_server: MailServer, kind: str) -> None:
    foreign = getattr(mail_desk, kind)("secret.pdf", b"%PDF secret", firm=mail_desk.other)

    error = refused(mail_desk, ErrorCode.NOT_FOUND, "has no document or report", attachments=(foreign,))
    assert error.permanent
    assert mail_server.mails == []


def test_an_organization_that_isnt_there_is_not_found(mail_desk: MailDesk) -> None:
    assert refused(mail_desk, ErrorCode.NOT_FOUND, "no organization", organization_id="nobody").permanent


def test_an_infected_document_is_never_sent_and_an_unscanned_one_waits(mail_desk: MailDesk) -> None:
    infected = mail_desk.store("infected.pdf", b"x", scan="infected")
    unscanned = mail_desk.store("unscanned.pdf", b"x", scan=None)

    assert refused(mail_desk, ErrorCode.VALIDATION, "is infected", attachments=(infected,)).permanent
    assert not refused(mail_desk, ErrorCode.VALIDATION, "hasn't been scanned", attachments=(unscanned,)).permanent


def test_an_id_that_a_document_and_a_report_have_is_refused(mail_desk: MailDesk) -> None:
    mail_desk.store("a.pdf", b"x", id="same")
    mail_desk.report("b.pdf", b"y", id="same")

    refused(mail_desk, ErrorCode.VALIDATION, "nobody knows which", attachments=("same",))


def test_a_file_that_changed_on_its_shelf_is_not_sent(mail_desk: MailDesk) -> None:
    document = mail_desk.store("a.pdf", b"x", sha256="0" * 64)

    refused(mail_desk, ErrorCode.INTERNAL, "not the one that was stored", attachments=(document,))


def test_too_much_is_refused_before_anything_is_read(mail_desk: MailDesk) -> None:
    half = enclosures.LARGEST // 2 + 1
    ids = [mail_desk.store(name, b"x", size_bytes=half) for name in ("a.pdf", "b.pdf")]

    refused(mail_desk, ErrorCode.VALIDATION, "a mail takes 15 MB: send a link", attachments=ids)


def ended(mail_desk: MailDesk) -> list[tuple[str, str | None]]:
    """How each run of the job ended, time let pass until nothing was left to do."""
    return [(each.status, each.error_code) for each in mail_desk.kit.drain(queue="emails", raising=False)]


def test_a_temporary_refusal_is_tried_again_and_a_permanent_one_not(
    mail_desk: MailDesk, mail_server: MailServer
) -> None:
    mail_server.answer("RCPT", "451 4.3.0 later", times=2)
    mail_desk.queue()
    assert ended(mail_desk) == [("retrying", "external_service")] * 2 + [("completed", None)]

    mail_server.answer("RCPT", "550 5.1.1 nobody here", times=1)
    mail_desk.queue()
    assert ended(mail_desk) == [("failed", "validation")]
    assert len(mail_server.mails) == 1
    (row,) = mail_desk.rows("SELECT error_message FROM job_executions WHERE status = 'failed'")
    assert "550 5.1.1" in row["error_message"]
    assert "ada@client.example" not in row["error_message"]


def test_a_server_that_has_had_enough_closes_the_queue_and_costs_no_attempt(
    mail_desk: MailDesk, mail_server: MailServer
) -> None:
    mail_server.answer("MAIL", "421 4.7.0 too many", times=1)
    first, second = mail_desk.queue(), mail_desk.queue()
    ran = mail_desk.kit.run_due(queue="emails", raising=False)

    assert [(each.job_id, each.status) for each in ran] == [(first, "snoozed")], "the second waits too"
    mail_desk.kit.travel(61)
    assert [(each.status, each.attempt) for each in mail_desk.kit.run_due(queue="emails")] == [("completed", 1)] * 2
    assert {mail["job_id"] for mail in mail_desk.mails()} == {first, second}


def test_a_server_that_is_gone_and_one_that_hangs_are_tried_again(
    mail_desk: MailDesk, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emails, "PATIENCE", 0.3)
    mail_server.answer("DATA", "hang", times=1)
    mail_desk.queue()
    assert mail_desk.run(raising=False).error_code == "network"
    monkeypatch.setattr(emails, "PATIENCE", 22)
    mail_server.answer("DATA", "die", times=1)
    assert ended(mail_desk) == [("retrying", "network"), ("completed", None)]


def test_a_wrong_password_fails_at_once(
    mail_desk: MailDesk, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_PASS", "wrong")
    mail_desk.queue()

    assert ended(mail_desk) == [("failed", "authentication")]


def test_without_an_address_to_send_from_it_fails_at_once_and_names_the_setting(
    mail_desk: MailDesk, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_USER", "apikey")
    monkeypatch.delenv("ADVISORJOBS_MAIL_FROM", raising=False)
    mail_desk.queue()

    assert ended(mail_desk) == [("failed", "validation")]
    (row,) = mail_desk.rows("SELECT error_message FROM job_executions")
    assert "set ADVISORJOBS_MAIL_FROM" in row["error_message"]
    assert mail_server.mails == []


def test_a_mail_that_a_server_took_before_it_died_is_sent_again_under_its_name(
    mail_desk: MailDesk, mail_server: MailServer
) -> None:
    mail_server.answer("taken", "die", times=1)
    mail_desk.queue()

    assert ended(mail_desk) == [("retrying", "network"), ("completed", None)]
    first, second = mail_server.mails
    assert first.message["Message-ID"] == second.message["Message-ID"]


@pytest.mark.parametrize(
    ("table", "column"), [("organizations", "name"), ("organizations", "email"), ("documents", "file_name")]
)
def test_what_tables_hold_adds_no_header_and_no_recipient(
    mail_desk: MailDesk, mail_server: MailServer, table: str, column: str
) -> None:
    document = mail_desk.store("a.pdf", b"%PDF")
    for text in ("x\r\nBcc: eve@evil.example", "=?utf-8?q?x=0ABcc:_eve@evil.example?=", 'a" <eve@evil.example>, "b'):
        mail_desk.connection.execute(f"UPDATE practice_{table} SET {column} = %s".encode(), [text])
        mail_desk.queue(attachments=(document,))
        assert ended(mail_desk) == [("completed", None)]

    assert len(mail_server.mails) == 3
    for mail in mail_server.mails:
        assert mail.recipients == ["ada@client.example"]
        assert "bcc" not in {name.lower() for name in mail.message}
        assert len(mail.message["From"].addresses) == len(mail.message["To"].addresses) == 1


@pytest.mark.slow
def test_a_worker_process_sends_over_few_connections(
    mail_desk: MailDesk, start_mail_server: StartServer, authority: Authority, run_worker: RunWorker
) -> None:
    server = start_mail_server("tls")
    for number in range(30):
        mail_desk.queue(to=f"client-{number}@client.example")
    with run_worker("--queues", "emails", "-c", "3", **server.env(authority, "tls")):
        wait_for(lambda: len(mail_desk.mails()) == 30, "the recorded mails", seconds=60)

    assert sorted(mail.recipients[0] for mail in server.mails) == sorted(
        f"client-{number}@client.example" for number in range(30)
    )
    assert server.connections <= 3


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"type": "newsletter"}, "type"),
        ({"to": "ada@client.example, eve@evil.example"}, "to"),
        ({"to": "ada@client.example\r\nBcc: eve@evil.example"}, "to"),
        ({"to": "ada@bücher.example"}, "to"),
        ({"reply_to": "Ada <ada@client.example>"}, "reply_to"),
        ({"template_data": {"task_title": "x\nBcc: eve@evil.example"}}, "template_data.task_title"),
        ({"template_data": {"task_title": "=?utf-8?q?x=0ABcc:_eve@evil.example?="}}, "template_data.task_title"),
        ({"template_data": {}}, "template_data.task_title"),
        ({"template_data": {"task_title": "x", "colour": "red"}}, "template_data.colour"),
        ({"template_data": {"task_title": "x", "task_url": "javascript:alert(1)"}}, "template_data.task_url"),
        ({"attachments": ["a", "a"]}, "attachments"),
        ({"attachments": [str(number) for number in range(11)]}, "attachments"),
        ({"language": "en_US\r\n"}, "language"),
        ({"cc": "eve@evil.example"}, "cc"),
    ],
)
def test_a_wrong_payload_is_refused_with_its_field(fields: dict[str, Any], wrong: str) -> None:
    good = {
        "organization_id": "o",
        "type": "task_assignment",
        "to": "a@b.example",
        "template_data": {"task_title": "x"},
    }

    parse_payload("email:send", EmailPayload, good)
    with pytest.raises(PayloadError) as caught:
        parse_payload("email:send", EmailPayload, {**good, **fields})
    assert wrong in caught.value.fields
