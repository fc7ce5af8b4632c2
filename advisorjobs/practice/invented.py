"""The invented practice as a whole: the same for the same seed and day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from advisorjobs.practice.billing import Billing, billing
from advisorjobs.practice.chance import Chance
from advisorjobs.practice.movements import Movement, movements, tax_payments
from advisorjobs.practice.oddities import oddities
from advisorjobs.practice.office import channels, connections, members, tasks
from advisorjobs.practice.rows import Account, Client, Firm, Invoice, Oddity, Organization, Transaction
from advisorjobs.practice.trades import Trade, trades

__all__ = ["ARRIVING", "invented_practice"]

ARRIVING = "studio"
"""The client whose last whole month is in no book yet: it comes with the bank statement."""

UNSORTED = timedelta(days=45)
"""What is younger has no category yet."""


@dataclass(frozen=True, slots=True)
class Year:
    """A client's books and invoices, and what was planted."""

    billing: Billing
    transactions: tuple[Transaction, ...]
    oddities: tuple[Oddity, ...]


def invented_practice(seed: int, today: date, *, organization: str = "paper-lantern") -> tuple[Firm, Firm]:
    """A firm with four clients, called *organization*, and a small second one with a single client, `…-neighbour`.

    The books begin a year before the last whole month, so that it can be compared, and end the day before *today*.
    """
    first, second = trades(), trades()[:1]
    main = Organization(
        id=organization,
        name="Paper Lantern Accountants",
        email="office@paperlantern.example",
        time_zone="Europe/Berlin",
    )
    other = Organization(
        id=f"{organization}-neighbour",
        name="Third Floor Ledgers",
        email="hello@thirdfloor.example",
        time_zone="America/New_York",
        currency="EUR",
    )
    return _firm(main, first, seed, today), _firm(other, second, seed + 1, today)


def _firm(organization: Organization, kinds: tuple[Trade, ...], seed: int, today: date) -> Firm:
    arrives = ARRIVING if len(kinds) > 1 else None
    years = {trade.id: _year(trade, seed, today, late=trade.id == arrives) for trade in kinds}
    all_of_them = [each for year in years.values() for each in year.transactions]
    people = members(organization)
    border = _last_month(today)
    return Firm(
        organization=organization,
        members=people,
        channels=channels(organization),
        clients=tuple(Client(id=each.id, name=each.name, email=each.email, address=each.address) for each in kinds),
        accounts=tuple(_account(each) for each in kinds),
        transactions=tuple(each for each in all_of_them if each.client_id != arrives or each.booked_on < border),
        customers=tuple(each for year in years.values() for each in year.billing.customers),
        invoices=_with_stripe([each for year in years.values() for each in year.billing.invoices], kinds[-1].id),
        payments=tuple(each for year in years.values() for each in year.billing.payments),
        tasks=tasks(people, kinds, today),
        connections=connections(organization, kinds),
        oddities=tuple(each for year in years.values() for each in year.oddities),
        arriving=tuple(each for each in all_of_them if each.client_id == arrives and each.booked_on >= border),
    )


def _with_stripe(invoices: list[Invoice], client_id: str) -> tuple[Invoice, ...]:
    """The oldest invoice that the client's customers still owe was sent by Stripe, which will say when it is paid."""
    owed = min(
        (each for each in invoices if each.client_id == client_id and each.status == "open"), key=lambda i: i.due_on
    )
    sent = replace(owed, source="stripe", external_id=f"in_{''.join(filter(str.isalnum, owed.number))}")
    return tuple(sent if each is owed else each for each in invoices)


def _year(trade: Trade, seed: int, today: date, *, late: bool) -> Year:
    """*late*: its bank statement of the last month is the newest that there is."""
    chance = Chance(f"{seed}:{trade.id}")
    first = _last_month(today).replace(year=_last_month(today).year - 1)
    newest = today.replace(day=1) - timedelta(days=1) if late else today - timedelta(days=1)
    in_books = _last_month(today) - timedelta(days=1) if late else newest
    billed = billing(trade, chance, first, today)
    lines = [*movements(trade, chance, first, newest), *(each for each in billed.income if each.day <= newest)]
    lines += oddities([each for each in lines if each.day <= in_books], chance, in_books)
    lines += tax_payments(lines, first, newest)
    lines.sort(key=lambda each: (each.day, each.party, each.text, each.amount))
    rows = [_transaction(trade, number, line, chance, today) for number, line in enumerate(lines, 1)]
    return Year(billed, tuple(rows), tuple(_planted(trade, zip(lines, rows, strict=True))))


def _transaction(trade: Trade, number: int, line: Movement, chance: Chance, today: date) -> Transaction:
    sorted_by_person = today - line.day > UNSORTED and chance.share() < 0.8
    return Transaction(
        id=f"{trade.id}-{number:04}",
        client_id=trade.id,
        account_id=f"{trade.id}-bank",
        booked_on=line.day,
        amount=line.amount,
        tax=line.tax,
        counterparty=line.party,
        description=line.text,
        truth=line.category,
        category=line.category if sorted_by_person else None,
    )


def _planted(trade: Trade, pairs: Iterable[tuple[Movement, Transaction]]) -> Iterable[Oddity]:
    """The oddities by kind; a payment made twice names its first one too."""
    found: dict[str, list[str]] = {}
    seen: dict[tuple[str, str], str] = {}
    for line, row in pairs:
        if line.odd:
            first = seen.get((line.party, line.text)) if line.odd == "duplicate" else None
            found.setdefault(line.odd, []).extend([first, row.id] if first else [row.id])
        seen.setdefault((line.party, line.text), row.id)
    return [Oddity(client_id=trade.id, kind=kind, transaction_ids=tuple(ids)) for kind, ids in found.items()]


def _account(trade: Trade) -> Account:
    return Account(
        id=f"{trade.id}-bank",
        client_id=trade.id,
        name="Current account, Third Moon Bank",
        number=trade.iban.replace(" ", ""),
        opening_balance=trade.opening,
    )


def _last_month(today: date) -> date:
    """The first day of the last month that is over."""
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)
