"""A PDF that a firm would send: read back page by page."""

from __future__ import annotations

from decimal import Decimal

import pypdfium2
import pytest

from advisorjobs.services.reports import pdf as module
from advisorjobs.services.reports.model import Section
from advisorjobs.services.reports.pdf import pdf
from tests.fixtures.read_back import pdf_pages
from tests.services.reports.sample import chart_of, report_of, table_of

LONG = [(f"Row {number}", Decimal(number)) for number in range(150)]


@pytest.mark.parametrize(("language", "page"), [("en", "Page {} of {}"), ("de", "Seite {} von {}")])
def test_labels_and_group_are_repeated_on_every_page_of_a_long_table(language: str, page: str) -> None:
    pages = pdf_pages(pdf(report_of(table_of([("The group", LONG)]), language=language)))

    assert len(pages) > 3
    for number, text in enumerate(pages, 1):
        assert "Text Number Amount" in text
        assert "The group" in text
        assert page.format(number, len(pages)) in text
    assert all("The Firm A sample – The Client" in text for text in pages[1:])


def test_a_short_table_is_not_broken_over_pages() -> None:
    tables = [
        table_of([(None, [(f"T{at} row {row}", Decimal(1)) for row in range(9)])], title=f"T{at}") for at in range(12)
    ]
    pages = pdf_pages(pdf(report_of(*tables)))

    for at in range(12):
        assert len([text for text in pages if f"T{at} row " in text]) == 1


def test_a_groups_heading_never_stands_alone_at_the_foot_of_a_page() -> None:
    """Whatever is above it, at every height of a line."""
    months = [(f"Month {at}", [(f"Row {at}.{row}", Decimal(1)) for row in range(1 + at % 3)]) for at in range(9)]
    for notes in range(0, 24, 2):
        given = report_of(table_of(months), table_of(months), notes=tuple(f"Note {at}" for at in range(notes)))
        pages = pdf_pages(pdf(given))

        assert len(pages) > 1
        for page in pages:
            *body, foot = page.strip().split("\n")
            assert foot.startswith("Made on ")
            assert body[-1].startswith(("Row ", "Total ", "Note ", "−12.50"))


def test_a_title_is_said_once() -> None:
    rows = [(None, [("Till", Decimal(1))])]
    alone = table_of(rows, title="Accounts", currency="EUR")
    one = "".join(pdf_pages(pdf(report_of(sections=(Section("Accounts", (alone,)),)))))
    other = table_of(rows, title="Accounts", currency="USD")
    two = "".join(pdf_pages(pdf(report_of(sections=(Section("Accounts", (alone, other)),)))))

    assert one.count("Accounts") == two.count("Accounts") == 1
    assert "Accounts EUR" in one
    assert "\nEUR\n" in two
    assert "\nUSD\n" in two


def test_it_is_tagged_titled_and_in_its_language() -> None:
    data = pdf(report_of(chart_of("1.00", "2.00"), language="de"))
    with pypdfium2.PdfDocument(data) as document:
        assert document.is_tagged()
        assert document.get_metadata_dict()["Title"] == "A sample – The Client"
        assert document.get_metadata_dict()["CreationDate"].startswith("D:20240506")
    assert b"/Lang" in data
    assert b"pdfuaid" in data  # PDF/UA, as the file itself claims


@pytest.mark.parametrize(
    "text",
    [
        "#panic()",
        "*bold* _x_ $1+1$ `raw` @ref <label>",
        '"; #import "x"',
        "\\u{0}",
        "a\x00b\x1f\x7f",
        "//comment",
        "= Heading",
    ],
)
def test_a_text_is_never_taken_for_markup(text: str) -> None:
    shown = text.replace("\x00", "\ufffd").replace("\x1f", "\ufffd").replace("\x7f", "\ufffd")
    pages = pdf_pages(
        pdf(report_of(table_of([(None, [(text, Decimal(1))])], title=text), title=text, firm=text, client=text))
    )

    assert "".join(pages).count(shown.split()[0].strip("\ufffd")[:4]) >= 4


@pytest.mark.parametrize("text", ["株式会社 山田商店", "شركة", "🧾 receipt", "Ελλάς Россия Łódź Þór", "\ue000"])
def test_letters_that_the_fonts_lack_cost_the_letters_and_not_the_report(text: str) -> None:
    assert pdf(report_of(table_of([(None, [(text, Decimal(1))])]), client=text)).startswith(b"%PDF-")


def test_only_fonts_that_typst_brings_are_used() -> None:
    with pypdfium2.PdfDocument(pdf(report_of(chart_of("1.00", "2.00")))) as document:
        fonts = {
            found.get_font().get_base_name() for page in document for found in page.get_objects() if found.type == 1
        }

    assert fonts
    assert all("LibertinusSerif" in font for font in fonts)


def test_a_word_without_an_end_stays_in_its_column() -> None:
    data = pdf(report_of(table_of([(None, [("x" * 300, Decimal("1.00"))])])))
    with pypdfium2.PdfDocument(data) as document:
        page = document[0]
        width = page.get_width()
        assert all(found.get_bounds()[2] < width - 40 for found in page.get_objects() if found.type == 1)


def test_what_is_not_printed_is_said_and_counted_in_the_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 100)
    text = "\n".join(pdf_pages(pdf(report_of(table_of([(None, LONG)])))))

    assert "100 of 150 rows are printed here" in text
    assert "Total 150 11,175.00" in text
    assert "Row 100 " not in text
