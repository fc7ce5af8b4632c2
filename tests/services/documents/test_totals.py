# ruff: noqa: E501 (a text and what comes of it stand on one line)
"""Net, tax and total by their labels and their sums."""

from __future__ import annotations

import pytest

from advisorjobs.services.documents.totals import find_totals
from tests.services.documents.printed import evidence


def totals(text: str) -> tuple[str | None, ...]:
    found = find_totals(evidence(text))
    return tuple(str(guess.value) if guess else None for guess in (found.net, found.tax, found.total))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Subtotal  100.00\nVAT 20%  20.00\nTotal  120.00", ("100.00", "20.00", "120.00")),
        ("Rechnungssumme Netto (exkl. USt.)  100,00\nUSt.  19,00\nRechnungssumme Brutto (inkl. USt.)  119,00", ("100.00", "19.00", "119.00")),
        ("Montant HT  50,00\nTVA 20 %  10,00\nTotal TTC  60,00", ("50.00", "10.00", "60.00")),
        ("Total  42.00\nCash  50.00\nChange  8.00", (None, None, "42.00")),
        ("Totaal excl. btw  200,00\nBtw 21%  42,00\nTe betalen  242,00", ("200.00", "42.00", "242.00")),
        ("Base imponible  100,00\nIVA 21%  21,00\nRetención IRPF 15%  -15,00\nTotal factura  106,00", ("100.00", "21.00", "106.00")),
        ("Taxable value  1,000.00\nCGST 9%  90.00\nSGST 9%  90.00\nGrand total  1,180.00", ("1000.00", "180.00", "1180.00")),
        ("Charges  100.00\nVAT at 20%  20.00\nSearch fee (no VAT)  7.00\nTotal due  127.00", ("100.00", "20.00", "127.00")),
        ("Rechnung netto  100,00\nMwSt 19%  19,00\nRechnungsbetrag  119,00\nBereits bezahlt  50,00\nOffener Betrag  69,00", ("100.00", "19.00", "119.00")),
        ("Total HT  -100,00\nTVA 20%  -20,00\nTotal TTC  -120,00", ("-100.00", "-20.00", "-120.00")),
    ],
)  # fmt: skip
def test_the_three_amounts_are_told_apart(text: str, expected: tuple[str | None, ...]) -> None:
    assert totals(text) == expected


def test_a_table_of_tax_rates_is_added_up() -> None:
    text = "SUMME  23,47\nSteuer  Netto  MwSt  Brutto\nA 19%  6,33  1,20  7,53\nB 7%  14,90  1,04  15,94"

    assert totals(text) == ("21.23", "2.24", "23.47")


def test_nothing_is_nothing() -> None:
    assert totals("no amounts here") == (None, None, None)
