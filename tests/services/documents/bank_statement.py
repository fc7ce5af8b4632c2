"""Bank statements of invented banks, printed in the ways in which banks print them; made with fpdf2."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fpdf import FPDF

__all__ = ["GERMAN_IBAN", "LAYOUTS", "MOVES", "OPENING", "Move", "closing", "running"]

GERMAN_IBAN = "DE02120300000000202051"
OPENING = Decimal("2000.00")


@dataclass(frozen=True)
class Move:
    day: date
    text: str
    amount: Decimal


def _move(day: str, text: str, amount: str) -> Move:
    return Move(date.fromisoformat(day), text, Decimal(amount))


MOVES = (
    _move("2023-12-28", "Card payment Green Grocer", "-23.40"),
    _move("2023-12-29", "Rent December", "-950.00"),
    _move("2024-01-02", "Transfer from Lighthouse Cafe", "1250.00"),
    _move("2024-01-02", "Coffee Corner", "-3.20"),
    _move("2024-01-02", "Coffee Corner", "-3.20"),
    _move("2024-01-15", "Energy Supply Co", "-1145.45"),
    _move("2024-01-30", "Interest", "0.31"),
)
"""Over the turn of a year, two equal ones on a day, and an amount with thousands."""


def closing(moves: Sequence[Move] = MOVES, opening: Decimal = OPENING) -> Decimal:
    return opening + sum((move.amount for move in moves), Decimal(0))


def running(moves: Sequence[Move] = MOVES, opening: Decimal = OPENING) -> Iterator[tuple[Move, Decimal]]:
    """Each move and the balance after it."""
    for move in moves:
        opening += move.amount
        yield move, opening


class Sheet:
    """Pages on which rows go down; a cell with a negative place ends at it, counted from the left in millimetres."""

    def __init__(self, top: Callable[[Sheet], None], bottom: float = 265) -> None:
        self.pdf = FPDF()
        self.pdf.core_fonts_encoding = "windows-1252"
        self.pdf.set_auto_page_break(False)
        self.top, self.bottom = top, bottom
        self.page()

    def page(self) -> None:
        self.pdf.add_page()
        self.pdf.set_font("Helvetica", size=10)
        self.y = 20.0
        self.top(self)

    def row(self, *cells: tuple[float, str], step: float = 6.0) -> None:
        for x, text in cells:
            self.pdf.text(x if x >= 0 else -x - self.pdf.get_string_width(text), self.y, text)
        self.y += step

    def skip(self, height: float) -> None:
        self.y += height

    @property
    def full(self) -> bool:
        return self.y > self.bottom

    def bytes(self) -> bytes:
        return bytes(self.pdf.output())


def english(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def german(amount: Decimal) -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


Layout = Callable[[Sequence[Move], Decimal], bytes]


def paid_out_and_in(moves: Sequence[Move] = MOVES, opening: Decimal = OPENING) -> bytes:
    """British: two columns, a running balance, days with a month's name, balances brought and carried forward."""

    def top(sheet: Sheet) -> None:
        sheet.row((20, "Harbour & Quay Bank plc"))
        sheet.row((20, "Your statement"), (130, "Statement date: 31 January 2024"))
        sheet.row((20, "Windmill & Daughters"), (130, "Sort code 00-00-00  Account number 00012345"), step=14)
        sheet.row((20, "Date"), (45, "Description"), (-130, "Paid out"), (-160, "Paid in"), (-190, "Balance"))

    sheet, balance = Sheet(top), opening
    sheet.row((45, "Balance brought forward"), (-190, english(opening)))
    for move, after in running(moves, opening):
        if sheet.full:
            sheet.row((45, "Balance carried forward"), (-190, english(balance)))
            sheet.page()
            sheet.row((45, "Balance brought forward"), (-190, english(balance)))
        place = -130 if move.amount < 0 else -160
        day = move.day.strftime("%d %b").lstrip("0")
        sheet.row((20, day), (45, move.text), (place, english(abs(move.amount))), (-190, english(after)))
        balance = after
    sheet.row((45, "Balance carried forward"), (-190, english(balance)))
    return sheet.bytes()


def debit_and_credit_columns(moves: Sequence[Move] = MOVES, opening: Decimal = OPENING) -> bytes:
    """German: Soll and Haben, days without a year, more lines of text under each, a sum carried to the next page."""

    def top(sheet: Sheet) -> None:
        sheet.row((20, "Sparbank Nebelstadt eG"), (130, "Kontoauszug Nr. 1/2024"))
        sheet.row((20, "Windmühle & Töchter GmbH"), (130, "erstellt am 31.01.2024"))
        sheet.row((130, "IBAN DE02 1203 0000 0000 2020 51"), step=14)
        sheet.row((20, "Bu-Tag"), (38, "Wert"), (56, "Vorgang"), (-155, "Soll"), (-190, "Haben"))

    sheet, balance = Sheet(top, bottom=250), opening
    sheet.row((56, "Alter Kontostand vom 27.12.2023"), (-190, german(opening)))
    for move, after in running(moves, opening):
        if sheet.full:
            sheet.row((56, "Übertrag auf Seite 2"), (-190 if balance >= 0 else -155, german(abs(balance))))
            sheet.page()
            sheet.row((56, "Übertrag von Seite 1"), (-190 if balance >= 0 else -155, german(abs(balance))))
        place = -155 if move.amount < 0 else -190
        day = move.day.strftime("%d.%m.")
        sheet.row((20, day), (38, day), (56, move.text), (place, german(abs(move.amount))), step=4.5)
        sheet.row((56, "EREF 4711 IBAN DE75512108001245126199"), step=7)
        balance = after
    sheet.row((56, "Neuer Kontostand vom 31.01.2024"), (-190 if balance >= 0 else -155, german(abs(balance))))
    return sheet.bytes()


def letters_behind(moves: Sequence[Move] = MOVES, opening: Decimal = OPENING, *, said: Decimal | None = None) -> bytes:
    """German: one column of amounts, S or H behind each, the balances in the same column. *said*: the closing balance."""

    def signed(amount: Decimal) -> str:
        return f"{german(abs(amount))} {'S' if amount < 0 else 'H'}"

    sheet = Sheet(lambda sheet: sheet.row((20, "Volksbank Wolkenau eG"), (120, "Kontoauszug vom 31.01.2024"), step=10))
    sheet.row((20, "IBAN: DE02 1203 0000 0000 2020 51"), step=12)
    sheet.row((20, "Buchungstag"), (50, "Verwendungszweck"), (-190, "Betrag EUR"))
    sheet.row((20, "27.12.2023"), (50, "Saldovortrag"), (-190, signed(opening)))
    for move, _ in running(moves, opening):
        sheet.row((20, move.day.strftime("%d.%m.%Y")), (50, move.text), (-190, signed(move.amount)))
    sheet.row((20, "31.01.2024"), (50, "Endsaldo"), (-190, signed(said or closing(moves, opening))))
    return sheet.bytes()


def minus_behind(moves: Sequence[Move] = MOVES, opening: Decimal = OPENING) -> bytes:
    """German: a minus or plus behind each amount."""

    def signed(amount: Decimal) -> str:
        return f"{german(abs(amount))}{'-' if amount < 0 else '+'}"

    sheet = Sheet(lambda sheet: sheet.row((20, "Sparkasse Hinterwald"), (120, "Kontoauszug 31.01.2024"), step=10))
    sheet.row((20, "Konto 0000202051"), (120, "Kontostand am 27.12.2023"), (-190, signed(opening)), step=12)
    sheet.row((20, "Datum"), (50, "Erläuterung"), (-190, "Betrag"))
    for move, _ in running(moves, opening):
        sheet.row((20, move.day.strftime("%d.%m.%Y")), (50, move.text), (-190, signed(move.amount)))
    sheet.skip(6)
    sheet.row((50, "Kontostand am 31.01.2024"), (-190, signed(closing(moves, opening))))
    return sheet.bytes()


def american(moves: Sequence[Move] = MOVES, opening: Decimal = OPENING) -> bytes:
    """American: month first without a year, a minus before what went out, a running balance."""
    sheet = Sheet(lambda sheet: sheet.row((20, "Prairie Credit Union"), (110, "Statement of Account"), step=7))
    sheet.row((20, "PO Box 1, Lincoln, NE 68504"), (110, "Statement period: 12/27/2023 - 01/31/2024"))
    sheet.row((110, "Account number: XXXXXX7712"), step=14)
    sheet.row((20, "Beginning balance on 12/27/2023"), (-190, f"${english(opening)}"))
    sheet.row((20, "Ending balance on 01/31/2024"), (-190, f"${english(closing(moves, opening))}"), step=14)
    sheet.row((20, "Date"), (50, "Description"), (-160, "Amount"), (-190, "Balance"))
    for move, after in running(moves, opening):
        sheet.row(
            (20, move.day.strftime("%m/%d")), (50, move.text), (-160, english(move.amount)), (-190, english(after))
        )
    return sheet.bytes()


def sections(moves: Sequence[Move] = MOVES, opening: Decimal = OPENING) -> bytes:
    """American: what came in and what went out in two lists, without any sign."""
    sheet = Sheet(lambda sheet: sheet.row((20, "First Imaginary Bank"), (110, "Checking statement"), step=7))
    sheet.row((20, "Lincoln, NE 68504"), (110, "Statement date: 01/31/2024"))
    sheet.row((110, "Account # 000123456789"), step=14)
    sheet.row((20, "Beginning balance"), (-190, f"${english(opening)}"))
    sheet.row((20, "Ending balance"), (-190, f"${english(closing(moves, opening))}"), step=14)
    for title, sign in (("Deposits and credits", 1), ("Withdrawals and debits", -1)):
        sheet.row((20, title), step=8)
        sheet.row((20, "Date"), (50, "Description"), (-190, "Amount"))
        for move in moves:
            if move.amount * sign > 0:
                sheet.row((20, move.day.strftime("%m/%d")), (50, move.text), (-190, english(abs(move.amount))))
        sheet.skip(8)
    return sheet.bytes()


def debits_marked(moves: Sequence[Move] = MOVES, opening: Decimal = OPENING) -> bytes:
    """Irish: DR and CR behind the amounts."""

    def signed(amount: Decimal) -> str:
        return f"{english(abs(amount))} {'DR' if amount < 0 else 'CR'}"

    sheet = Sheet(lambda sheet: sheet.row((20, "Bank of Somewhere"), (120, "Statement of account"), step=7))
    sheet.row((120, "Statement date: 31/01/2024"))
    sheet.row((20, "IBAN IE29 AIBK 9311 5212 3456 78"), step=14)
    sheet.row((20, "Date"), (50, "Details"), (-190, "Amount"))
    sheet.row((50, "Opening balance"), (-190, signed(opening)))
    for move, _ in running(moves, opening):
        sheet.row((20, move.day.strftime("%d/%m/%Y")), (50, move.text), (-190, signed(move.amount)))
    sheet.row((50, "Closing balance"), (-190, signed(closing(moves, opening))))
    return sheet.bytes()


def balance_only(moves: Sequence[Move] = MOVES, opening: Decimal = OPENING) -> bytes:
    """Nothing but the balance behind it tells which way an amount went."""
    sheet = Sheet(lambda sheet: sheet.row((20, "Quiet Bank Ltd"), (120, "Account statement 31 Jan 2024"), step=7))
    sheet.row((20, "Account 00099887"), step=14)
    sheet.row((20, "Date"), (50, "Details"), (-150, "Amount"), (-190, "Balance"))
    sheet.row((20, "27 Dec 2023"), (50, "Balance brought forward"), (-190, english(opening)))
    for move, after in running(moves, opening):
        amount = english(abs(move.amount))
        sheet.row((20, move.day.strftime("%d %b %Y")), (50, move.text), (-150, amount), (-190, english(after)))
    return sheet.bytes()


LAYOUTS: dict[str, tuple[Layout, str]] = {
    "paid_out_and_in": (paid_out_and_in, "00012345"),
    "debit_and_credit_columns": (debit_and_credit_columns, GERMAN_IBAN),
    "letters_behind": (letters_behind, GERMAN_IBAN),
    "minus_behind": (minus_behind, "0000202051"),
    "american": (american, "XXXXXX7712"),
    "sections": (sections, "000123456789"),
    "debits_marked": (debits_marked, "IE29AIBK93115212345678"),
    "balance_only": (balance_only, "00099887"),
}
"""Name → how it prints, and the account's number as it is read."""
