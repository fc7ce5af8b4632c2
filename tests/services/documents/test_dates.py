"""Dates in many languages, and the order of day and month."""

from __future__ import annotations

import pytest

from advisorjobs.services.documents.choice import choose_date
from advisorjobs.services.documents.dates import day_and_month
from tests.services.documents.printed import evidence


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("5 March 2024", "2024-03-05"),
        ("March 5th, 2024", "2024-03-05"),
        ("5. März 2024", "2024-03-05"),
        ("5 mars 2024", "2024-03-05"),
        ("1er août 2024", "2024-08-01"),
        ("5 maart 2024", "2024-03-05"),
        ("5 de marzo de 2024", "2024-03-05"),
        ("5 marzo 2024", "2024-03-05"),
        ("05-Mar-24", "2024-03-05"),
        ("2024-03-05", "2024-03-05"),
        ("05.03.2024", "2024-03-05"),
        ("5/3/24", "2024-03-05"),
        ("03/25/2024", "2024-03-25"),
        ("31.02.2024", None),
        ("Section 12.3.4", None),
    ],
)
def test_a_date_is_found_in_its_language(text: str, iso: str | None) -> None:
    assert [found.value.isoformat() for found in evidence(f"Date {text}").dates] == ([iso] if iso else [])


def test_another_date_shows_the_order_of_day_and_month() -> None:
    found = evidence("Date 03/04/2024\nDue 03/25/2024").dates

    assert [day.value.isoformat() for day in found] == ["2024-03-04", "2024-03-25"]


def test_an_american_address_puts_the_month_first() -> None:
    assert evidence("Portland, OR 97205\nDate 03/04/2024").dates[0].value.isoformat() == "2024-03-04"
    assert evidence("1012 AB Utrecht\nDatum 03/04/2024").dates[0].value.isoformat() == "2024-04-03"


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Invoice date 5 May 2024\nDue date 4 June 2024", "2024-05-05"),
        ("Rechnung Nr. 17 vom 05.05.2024\nLieferung am 01.05.2024", "2024-05-05"),
        ("Auftrag vom 01.05.2024\nGera, den 5. Mai 2024", "2024-05-05"),
        ("Période du 01/04/2024 au 30/04/2024\nFacture du 05/05/2024", "2024-05-05"),
    ],
)
def test_the_day_of_issue_is_told_from_other_days(text: str, iso: str) -> None:
    choice = choose_date(evidence(text), kind="invoice")

    assert choice is not None
    assert choice.value == iso


def test_a_statement_is_of_the_last_day_of_its_period() -> None:
    choice = choose_date(
        evidence("Extracto 01/03/2024 - 31/03/2024\n05/03/2024  Recibo  -12,40"), kind="bank_statement"
    )

    assert choice is not None
    assert choice.value == "2024-03-31"


def test_a_day_without_a_year_takes_the_statement_s() -> None:
    assert [str(day_and_month(text, 2024)) for text in ("12.04.", "3 Apr", "31/02")] == [
        "2024-04-12",
        "2024-04-03",
        "None",
    ]
