"""What mails say, in which language, and that their HTML holds in mail clients."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
import pytest
from advisorjobs.tasks.emails import TEMPLATE_DATA

from advisorjobs.services.mail.language import language, languages
from advisorjobs.services.mail.rendering import Firm, Rendered, render
from advisorjobs.services.mail.samples import FIRM, SAMPLES, letter, variants

TIED = "\N{NO-BREAK SPACE}"


def sparse(type_: str, **given: Any) -> dict[str, Any]:
    """A type's fields with nothing but what it must have, and what is *given*."""
    model = TEMPLATE_DATA[type_]
    needed = {name: SAMPLES[type_][name] for name, field in model.model_fields.items() if field.is_required()}
    data = model.model_validate({**needed, **given})
    return {name: getattr(data, name) for name in model.model_fields}


class Page(HTMLParser):
    """What a page is made of: elements with their attributes, and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += f"{data} "


def pages() -> list[Any]:
    return [
        pytest.param(letter(name, tag, level).rendered, tag, id=f"{name}-{level}-{tag}")
        for tag in languages()
        for name, level in variants()
    ]


@pytest.mark.parametrize(("rendered", "tag"), pages())
def test_a_page_holds_in_mail_clients(rendered: Rendered, tag: str) -> None:
    page = Page(rendered.html)

    assert page.elements[0] == ("html", {**page.elements[0][1], "lang": tag})
    assert {name for name, _ in page.elements}.isdisjoint({"img", "link", "script", "iframe", "form", "video", "svg"})
    assert "url(" not in rendered.html
    assert "@import" not in rendered.html
    shown = [(name, attrs) for name, attrs in page.elements if name in ("td", "th", "p", "h1", "a")]
    assert all("font-family" in (attrs.get("style") or "") for _, attrs in shown), "every style is inlined"
    tables = [attrs for name, attrs in page.elements if name == "table"]
    assert all(attrs.get("role") == "presentation" or "facts" in (attrs["class"] or "") for attrs in tables)
    assert "@media (prefers-color-scheme: dark)" in rendered.html
    assert 'content="light dark"' in rendered.html
    assert "max-width: 600px" in rendered.html
    assert len(rendered.html.encode()) < 102_000, "Gmail cuts what is longer"
    assert sum(name == "h1" for name, _ in page.elements) == 1


@pytest.mark.parametrize(("rendered", "tag"), pages())
def test_the_text_says_what_the_page_says(rendered: Rendered, tag: str) -> None:
    assert "\n" not in rendered.subject
    assert re.search(r"<|\w>|&[a-z]+;|{{|None", rendered.text) is None
    assert "\n\n\n" not in rendered.text
    assert max(len(line) for line in rendered.text.splitlines() if "://" not in line) <= 120
    words = re.findall(r"\w{4,}", rendered.text.casefold())
    assert set(words) - set(re.findall(r"\w{4,}", Page(rendered.html).words.casefold())) == set()


@pytest.mark.parametrize("tag", ["en", "de"])
@pytest.mark.parametrize("type_", TEMPLATE_DATA)
def test_a_mail_makes_sense_with_what_it_must_have_alone(type_: str, tag: str) -> None:
    rendered = render(type_, sparse(type_), firm=Firm(name="Firm"), tag=tag)

    assert "None" not in rendered.subject + rendered.text
    assert "None" not in Page(rendered.html).words
    assert re.search(r"  | ,| \.", rendered.subject + rendered.text) is None
    assert "https://" not in rendered.text


def test_samples_are_what_payloads_take() -> None:
    assert set(SAMPLES) == set(TEMPLATE_DATA)
    for type_, sample in SAMPLES.items():
        TEMPLATE_DATA[type_].model_validate(dict(sample))


def test_what_people_wrote_is_text_in_a_page() -> None:
    rude = '<script>alert("1")</script>{{ 7 * 7 }}&amp;\n\n<img src=x onerror=alert(1)>'
    rendered = render(
        "document_shared",
        sparse("document_shared", message=rude, shared_by="<b>Eve</b>"),
        firm=Firm(name="A & <i>B</i>"),
    )
    page = Page(rendered.html)

    assert {name for name, _ in page.elements}.isdisjoint({"script", "img", "b", "i"})
    for text in ("<script>alert(", "{{ 7 * 7 }}&amp;", "<img src=x", "<b>Eve</b>", "A & <i>B</i>"):
        assert text in page.words
        assert text in rendered.text


def test_an_address_with_quotes_stays_in_its_attribute() -> None:
    address = "https://portal.example/?a=1&b=%22><script>"
    page = Page(render("welcome", sparse("welcome", login_url=address), firm=FIRM).html)

    assert {attrs["href"] for name, attrs in page.elements if name == "a"} == {address}


def test_reminders_grow_firmer_from_level_to_level() -> None:
    seen = [letter("invoice_reminder", "en", level).rendered for level in (1, 2, 3, 4)]

    assert len({each.subject for each in seen}) == 4
    assert "would be grateful" in seen[0].text
    assert "seven days" in seen[1].text
    assert "Despite two reminders" in seen[2].text
    assert "passed on for collection" in seen[3].text
    assert ["collection" in each.text for each in seen] == [False, False, False, True]
    assert [re.findall(r'class="label (\w+)"', each.html) for each in seen] == [
        ["calm"], ["calm"], ["firmer"], ["urgent"],
    ]  # fmt: skip


def test_a_field_that_a_template_lacks_is_an_error() -> None:
    data = sparse("welcome")
    del data["login_url"]

    with pytest.raises(jinja2.UndefinedError, match="login_url"):
        render("welcome", data, firm=FIRM)


@pytest.mark.parametrize(
    ("tag", "amount", "currency", "written"),
    [
        ("en", "1234567.50", "EUR", "€1,234,567.50"),
        ("en", "0.05", "CHF", f"CHF{TIED}0.05"),
        ("en", "-12", "USD", "-$12.00"),
        ("en", "5000", "JPY", "¥5,000"),
        ("de", "1234567.50", "EUR", f"1.234.567,50{TIED}€"),
        ("de-CH", "1234567.50", "CHF", f"CHF{TIED}1’234’567.50"),
        ("de-AT", "9.9", "EUR", f"9,90{TIED}€"),
        ("fr", "9.9", "EUR", "€9.90"),
        ("en", "9999999999999.99", "GBP", "£9,999,999,999,999.99"),
    ],
)
def test_money_is_exact_and_written_as_the_language_does(tag: str, amount: str, currency: str, written: str) -> None:
    assert language(tag).money(Decimal(amount), currency) == written


@pytest.mark.parametrize(
    ("tag", "written"),
    [("en", "3 March 2026"), ("en-US", "March 3, 2026"), ("de", "3. März 2026"), ("xx-YY", "3 March 2026")],
)
def test_days_are_written_as_the_language_does(tag: str, written: str) -> None:
    assert language(tag).day(date(2026, 3, 3)).replace(TIED, " ") == written


def test_moments_are_told_by_the_firms_clock() -> None:
    moment = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    berlin, chicago = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Chicago")

    assert language("de").moment(moment, berlin).replace(TIED, " ") == "2. Juli 2026, 00:30 Uhr (CEST)"
    assert language("en-US").moment(moment, chicago).replace(TIED, " ") == "July 1, 2026 at 17:30 (CDT)"


@pytest.mark.parametrize(("tag", "subject", "more"), [
    ("en", "Reminder: Review Q1 financials and 2 more", "2 more are due:"),
    ("de", "Erinnerung: Review Q1 financials und 2 weitere", "2 weitere sind fällig:"),
])  # fmt: skip
def test_one_reminder_names_all_tasks_that_are_due(tag: str, subject: str, more: str) -> None:
    others = [{"task_title": f"Task {number}", "due_date": "2026-04-10"} for number in (1, 2)]
    rendered = render("task_assignment", sparse("task_assignment", reminder=True, others=others), firm=FIRM, tag=tag)

    assert rendered.subject == subject
    assert more in rendered.text
    assert "Task 1: 10" in rendered.text
    assert "Task 2" in Page(rendered.html).words


@pytest.mark.parametrize("concerned", ["Ada & Co", None])
@pytest.mark.parametrize(
    ("tag", "own"),
    [("en", ("was you", "your account", "not you")), ("de", ("ob Sie das", "Wenn Sie das", "Ihres Zugangs"))],
)
def test_an_alert_about_another_account_does_not_ask_whether_it_was_the_reader(
    tag: str, own: tuple[str, ...], concerned: str | None
) -> None:
    data = sparse("security_alert", about_recipient=False, concerned_name=concerned)
    rendered = render("security_alert", data, firm=FIRM, tag=tag)
    to_the_concerned = render("security_alert", sparse("security_alert"), firm=FIRM, tag=tag)

    assert not any(each in said for each in own for said in (rendered.html, rendered.text))
    assert all(any(each in said for each in own) for said in (to_the_concerned.html, to_the_concerned.text))
    assert (concerned is None) or concerned in rendered.text
    assert FIRM.name in rendered.text
