"""A period's transactions, sorted into what is earned, spent and merely moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from advisorjobs.services.ai.books import Transaction
from advisorjobs.services.books.categories import categories

__all__ = ["Money", "kind_of"]

Kind = Literal["income", "expense", "transfer"]
ZERO = Decimal("0.00")


def kind_of(transaction: Transaction) -> Kind:
    """By its category; by its sign, where it has none that we know."""
    category = categories().get(transaction.category or "")
    return category.kind if category else "income" if transaction.amount > 0 else "expense"


@dataclass(frozen=True)
class Money:
    """Sums of *transactions*, which are of one currency, from `start` to `end`. Income and expenses are > 0, VAT included;
    what was paid back lowers them."""

    transactions: Sequence[Transaction]
    start: date
    end: date

    @cached_property
    def earned(self) -> list[Transaction]:
        return [each for each in self.transactions if kind_of(each) == "income"]

    @cached_property
    def spent(self) -> list[Transaction]:
        return [each for each in self.transactions if kind_of(each) == "expense"]

    @property
    def income(self) -> Decimal:
        return total(self.earned)

    @property
    def expenses(self) -> Decimal:
        return -total(self.spent)

    @property
    def net_income(self) -> Decimal:
        """Without VAT."""
        return sum((each.amount - each.tax for each in self.earned), ZERO)

    @property
    def net_expenses(self) -> Decimal:
        return -sum((each.amount - each.tax for each in self.spent), ZERO)

    @property
    def months(self) -> Decimal:
        """The period's length in months."""
        return Decimal((self.end - self.start).days + 1) / Decimal("30.4375")

    def by_party(self, transactions: Iterable[Transaction]) -> list[tuple[str, Decimal]]:
        """Counterparties with their sums, the largest first; those without a name are left out."""
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for each in transactions:
            if each.counterparty:
                sums[each.counterparty] += each.amount
        return sorted(sums.items(), key=lambda item: (-abs(item[1]), item[0]))

    def by_category(self) -> dict[str, Decimal]:
        """Income and expenses by category, each > 0."""
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for each in (*self.earned, *self.spent):
            if each.category:
                sums[each.category] += each.amount if kind_of(each) == "income" else -each.amount
        return dict(sums)

    def income_by_month(self) -> dict[date, Decimal]:
        """First day of each month with income → income."""
        sums: dict[date, Decimal] = {}
        for each in self.earned:
            month = each.booked_on.replace(day=1)
            sums[month] = sums.get(month, ZERO) + each.amount
        return dict(sorted(sums.items()))


def total(transactions: Iterable[Transaction]) -> Decimal:
    return sum((each.amount for each in transactions), ZERO)
