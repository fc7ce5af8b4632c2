"""Writes the small documents in advisorjobs/samples/, for `advisorjobs process` and the tests.

    python ops/make_samples.py

Every company, person, number and amount is invented. Needs fpdf2, pypdfium2 and Pillow (extra `dev`).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
from fpdf import FPDF
from PIL import Image, ImageFilter

SAMPLES = Path(__file__).resolve().parent.parent / "advisorjobs" / "samples"
PRINTED = datetime(2025, 1, 1, tzinfo=UTC)


class Sheet:
    """One page on which text is put at millimetres from the top left corner."""

    def __init__(self, *, width: float = 210, height: float = 297, font: str = "Helvetica") -> None:
        self.pdf = FPDF(unit="mm", format=(width, height))
        self.pdf.core_fonts_encoding = "windows-1252"
        self.pdf.set_creation_date(PRINTED)
        self.pdf.set_auto_page_break(False)
        self.pdf.add_page()
        self.font, self.width = font, width

    def put(self, x: float, y: float, text: str, size: float = 10, *, bold: bool = False, right: bool = False) -> None:
        """Text whose base line is at *y*; *x* is its left edge, or its right edge with *right*."""
        self.pdf.set_font(self.font, "B" if bold else "", size)
        self.pdf.text(x - self.pdf.get_string_width(text) if right else x, y, text)

    def block(self, x: float, y: float, lines: str, size: float = 10, *, step: float = 5) -> None:
        for number, line in enumerate(lines.strip().splitlines()):
            self.put(x, y + number * step, line.strip(), size)

    def row(
        self, y: float, left: float, text: str, cells: dict[float, str], size: float = 10, bold: bool = False
    ) -> None:
        """One table row: text at *left*, then cells by the x of their right edge."""
        self.put(left, y, text, size, bold=bold)
        for x, cell in cells.items():
            self.put(x, y, cell, size, bold=bold, right=True)

    def rule(self, y: float, left: float = 20, right: float = 190) -> None:
        self.pdf.line(left, y, right, y)

    def bytes(self) -> bytes:
        return bytes(self.pdf.output())


def english_invoice() -> bytes:
    sheet = Sheet()
    sheet.put(20, 25, "Paper Lantern Bookkeeping Ltd", 17, bold=True)
    sheet.block(20, 32, "4 Imaginary Quay\nPort Nowhere PN1 2AB\nUnited Kingdom\nhello@paperlantern.example", 9)
    sheet.put(190, 25, "INVOICE", 20, right=True)
    sheet.block(20, 65, "Bill to:\nWindmill & Daughters\n18 Made-up Lane\nOldtown OT4 9ZZ")
    for number, (label, value) in enumerate(
        [("Invoice number", "PL-2024-0193"), ("Invoice date", "12 March 2024"), ("Due date", "11 April 2024")]
    ):
        sheet.put(130, 65 + 6 * number, label)
        sheet.put(190, 65 + 6 * number, value, right=True)
    sheet.row(105, 20, "Description", {130: "Qty", 160: "Unit price", 190: "Amount"}, bold=True)
    sheet.rule(107)
    sheet.row(113, 20, "Quarterly VAT return", {130: "1", 160: "320.00", 190: "320.00"})
    sheet.row(119, 20, "Bookkeeping, hours", {130: "14", 160: "45.00", 190: "630.00"})
    sheet.row(125, 20, "Payroll run, five employees", {130: "3", 160: "38.50", 190: "115.50"})
    sheet.rule(129)
    sheet.row(136, 130, "Subtotal", {190: "£1,065.50"})
    sheet.row(142, 130, "VAT 20%", {190: "£213.10"})
    sheet.row(150, 130, "Total due", {190: "£1,278.60"}, 12, bold=True)
    sheet.put(20, 270, "Paper Lantern Bookkeeping Ltd - Company No. 00000000 - VAT Reg. GB 000 0000 00", 8)
    sheet.put(20, 275, "Sort code 00-00-00 - Account 00000000 - www.paperlantern.example", 8)
    return sheet.bytes()


def german_invoice() -> bytes:
    sheet = Sheet()
    sheet.put(20, 50, "Wolkenwerk Möbel GmbH · Luftschlossallee 7 · 00999 Nirgendheim", 7)
    sheet.block(20, 57, "Hafenbüro Seestern e. K.\nFrau Erika Beispiel\nErdachter Weg 3\n00123 Musterstadt")
    sheet.put(20, 100, "Rechnung", 18, bold=True)
    sheet.block(120, 90, "Rechnungsnummer:\nRechnungsdatum:\nKundennummer:\nLieferdatum:")
    sheet.block(160, 90, "RE-24-00817\n07.10.2024\n40112\n02.10.2024")
    sheet.row(120, 20, "Pos.  Bezeichnung", {125: "Menge", 158: "Einzelpreis", 190: "Betrag"}, bold=True)
    sheet.rule(122)
    sheet.row(128, 20, '1     Schreibtisch "Kumulus", Eiche', {125: "2", 158: "489,00", 190: "978,00"})
    sheet.row(134, 20, '2     Rollcontainer "Zirrus"', {125: "2", 158: "149,50", 190: "299,00"})
    sheet.row(140, 20, "3     Lieferung und Montage", {125: "1", 158: "85,00", 190: "85,00"})
    sheet.rule(144)
    sheet.row(151, 120, "Nettobetrag", {190: "1.362,00 €"})
    sheet.row(157, 120, "zzgl. 19 % MwSt.", {190: "258,78 €"})
    sheet.row(165, 120, "Rechnungsbetrag", {190: "1.620,78 €"}, 11, bold=True)
    sheet.put(20, 180, "Zahlbar innerhalb von 14 Tagen ohne Abzug.")
    sheet.block(20, 268, "Wolkenwerk Möbel GmbH\nLuftschlossallee 7\n00999 Nirgendheim", 7, step=3.5)
    sheet.block(80, 268, "Tel. 0000 123456\ninfo@wolkenwerk.example\nGeschäftsführer: Max Muster", 7, step=3.5)
    sheet.block(140, 268, "USt-IdNr. DE000000000\nIBAN DE00 0000 0000 0000 0000 00\nHRB 0000", 7, step=3.5)
    return sheet.bytes()


def bank_statement() -> bytes:
    sheet = Sheet()
    sheet.put(20, 22, "Third Moon Savings Bank", 16, bold=True)
    sheet.put(20, 28, "1 Orbit Street, Far Side - www.thirdmoon.example", 8)
    sheet.put(190, 22, "Account statement", 13, right=True)
    sheet.block(20, 45, "Windmill & Daughters\n18 Made-up Lane\nOldtown OT4 9ZZ")
    sheet.block(120, 45, "Statement date\nStatement number\nAccount number\nCurrency")
    sheet.block(160, 45, "30 April 2024\n2024/04\n00-0000-1234\nGBP")
    sheet.row(80, 20, "Date", {130: "Paid out", 160: "Paid in", 190: "Balance"}, bold=True)
    sheet.put(45, 80, "Description", bold=True)
    sheet.rule(82)
    movements = [
        ("01/04/2024", "Opening balance", "", "", "4,210.55"),
        ("03/04/2024", "Card payment Ink & Quill Supplies", "62.40", "", "4,148.15"),
        ("09/04/2024", "Transfer from Lighthouse Cafe", "", "1,250.00", "5,398.15"),
        ("11/04/2024", "Direct debit Paper Lantern Bookkeeping", "1,278.60", "", "4,119.55"),
        ("22/04/2024", "Rent, 18 Made-up Lane", "950.00", "", "3,169.55"),
        ("29/04/2024", "Interest", "", "3.12", "3,172.67"),
        ("30/04/2024", "Closing balance", "", "", "3,172.67"),
    ]
    for number, (day, text, paid_out, paid_in, balance) in enumerate(movements):
        sheet.row(88 + 6 * number, 20, day, {130: paid_out, 160: paid_in, 190: balance})
        sheet.put(45, 88 + 6 * number, text)
    sheet.put(20, 280, "Third Moon Savings Bank plc is an invention and is regulated by nobody.", 7)
    return sheet.bytes()


def letter() -> bytes:
    sheet = Sheet(font="Times")
    sheet.put(20, 25, "Quillfeather & Partners", 18, bold=True)
    sheet.put(20, 31, "Solicitors in Fiction - 9 Chapter Row, Prologue - post@quillfeather.example", 9)
    sheet.block(20, 55, "Ms Ada Windmill\n18 Made-up Lane\nOldtown OT4 9ZZ", 11)
    sheet.put(190, 80, "21 May 2024", 11, right=True)
    sheet.put(20, 92, "Re: Lease of 18 Made-up Lane", 11, bold=True)
    sheet.put(20, 102, "Dear Ms Windmill,", 11)
    sheet.block(
        20,
        112,
        """Thank you for your letter of 14 May. We have looked through the lease and agree with you that
        the landlord has to repair the roof before the winter. We have written to him to that effect and
        shall let you know as soon as we have his answer.

        Until then please keep paying the rent as before, and keep a note of every bucket that you put up.
        Should you have any questions, do not hesitate to contact us.""",
        11,
        step=6,
    )
    sheet.block(20, 158, "Yours sincerely,\n\n\nT. Quillfeather\nQuillfeather & Partners", 11, step=6)
    return sheet.bytes()


def tax_form() -> bytes:
    sheet = Sheet(width=216, height=140)
    boxes = [
        (15, 15, 95, "a Employee's social security number", "000-00-0000"),
        (15, 30, 95, "b Employer identification number (EIN)", "00-0000000"),
        (15, 45, 95, "c Employer's name, address, and ZIP code", "Cloud Cuckoo Bakery Inc"),
        (15, 75, 95, "e Employee's first name and initial, last name", "Robin Q Example"),
        (112, 15, 45, "1 Wages, tips, other compensation", "41250.00"),
        (158, 15, 45, "2 Federal income tax withheld", "4870.32"),
        (112, 30, 45, "3 Social security wages", "41250.00"),
        (158, 30, 45, "4 Social security tax withheld", "2557.50"),
        (112, 45, 45, "5 Medicare wages and tips", "41250.00"),
        (158, 45, 45, "6 Medicare tax withheld", "598.13"),
        (112, 60, 45, "16 State wages, tips, etc.", "41250.00"),
        (158, 60, 45, "17 State income tax", "1650.00"),
    ]
    for x, y, width, label, value in boxes:
        sheet.pdf.rect(x, y, width, 30 if label.startswith(("c ", "e ")) else 15)
        sheet.put(x + 1, y + 4, label, 7)
        sheet.put(x + 3, y + 11, value, 11)
    sheet.block(18, 61, "77 Hypothetical Avenue\nUtopia, OH 00000", 10)
    sheet.block(18, 91, "5 Example Street\nUtopia, OH 00000", 10)
    sheet.put(15, 118, "Form W-2  Wage and Tax Statement", 13, bold=True)
    sheet.put(125, 118, "2024", 18, bold=True)
    sheet.put(15, 124, "Copy B - To be filed with employee's federal tax return. Specimen of an invented employer.", 7)
    return sheet.bytes()


def receipt() -> bytes:
    sheet = Sheet(width=80, height=120, font="Courier")
    for number, text in enumerate(["BLUE TEAPOT GROCERY", "12 Fable Street, Springvale", "Tel. 000-555-0100"]):
        sheet.pdf.set_font("Courier", "B" if not number else "", 12 if not number else 9)
        sheet.put(
            (80 - sheet.pdf.get_string_width(text)) / 2, 12 + 5 * number, text, 9 if number else 12, bold=not number
        )
    sheet.put(6, 34, "Receipt #: 004512", 9)
    sheet.put(6, 39, "Date: 06/18/2024  14:07", 9)
    sheet.rule(42, 6, 74)
    goods = [("Oolong tea 100g", "8.50"), ("Honey jar", "6.25"), ("Oat biscuits x2", "7.00"), ("Lemons 1.2 lb", "2.88")]
    for number, (text, amount) in enumerate(goods):
        sheet.row(48 + 5 * number, 6, text, {74: amount}, 9)
    sheet.rule(70, 6, 74)
    sheet.row(76, 6, "SUBTOTAL", {74: "$24.63"}, 9)
    sheet.row(81, 6, "SALES TAX 7%", {74: "$1.72"}, 9)
    sheet.row(88, 6, "TOTAL", {74: "$26.35"}, 12, bold=True)
    sheet.row(95, 6, "CASH", {74: "$30.00"}, 9)
    sheet.row(100, 6, "CHANGE", {74: "$3.65"}, 9)
    sheet.put(14, 111, "Thank you for your visit!", 9)
    return sheet.bytes()


def photographed(pdf: bytes) -> Image.Image:
    """The first page as a slightly skewed, grainy grey picture; the grain is the same in every run."""
    page = pypdfium2.PdfDocument(pdf)[0].render(scale=2.6).to_pil().convert("L")
    turned = page.rotate(-1.1, expand=True, fillcolor=238, resample=Image.Resampling.BICUBIC)
    dice = random.Random(7)
    grain = Image.new("L", turned.size)
    grain.putdata([dice.randrange(0, 60) for _ in range(turned.width * turned.height)])
    return Image.blend(turned, grain, 0.12).filter(ImageFilter.GaussianBlur(0.5))


PDFS: dict[str, Callable[[], bytes]] = {
    "invoice-english.pdf": english_invoice,
    "rechnung-deutsch.pdf": german_invoice,
    "bank-statement.pdf": bank_statement,
    "letter.pdf": letter,
    "tax-form.pdf": tax_form,
}


def main() -> None:
    SAMPLES.mkdir(exist_ok=True)
    for name, make in PDFS.items():
        (SAMPLES / name).write_bytes(make())
    photographed(receipt()).save(SAMPLES / "receipt-scan.jpg", quality=70, dpi=(187, 187))
    for path in sorted(SAMPLES.iterdir()):
        print(f"{path.stat().st_size:8d}  {path.name}")


if __name__ == "__main__":
    main()
