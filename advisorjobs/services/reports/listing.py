"""The sections of a custom report that list single things: transactions, invoices, documents, tasks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from advisorjobs.choices import Grouping
from advisorjobs.services.reports.books import Books
from advisorjobs.services.reports.columns import category_label, column, grouped, money, text
from advisorjobs.services.reports.language import Language
from advisorjobs.services.reports.ledger import in_order
from advisorjobs.services.reports.model import Column, Group, Kind, Row, Table, Value
from advisorjobs.services.reports.money_tables import spell_label, spell_of
from advisorjobs.services.reports.standing import currencies_of

__all__ = ["Listing"]


@dataclass(frozen=True, slots=True)
class Listing:
    """Each method makes the tables of one section; over all clients each row begins with its client."""

    books: Books
    words: Language
    start: date
    end: date
    group_by: Grouping

    def transactions(self) -> list[Table]:
        """One table per currency."""
        words, made = self.words, []
        found = self.books.transactions(self.start, self.end)
        if self.group_by == "category":
            places = {key: at for at, key in enumerate(in_order({each.category for each in found}))}
            found.sort(key=lambda each: places[each.category])
        sorted_out = self.group_by == "category"  # then a column would only repeat the group's label
        columns = (
            column(words, "date", Kind.DAY),
            text(words, "party"),
            text(words, "description", wide=True),
            *(() if sorted_out else (text(words, "category"),)),
            money(words, "tax"),
            money(words, "amount"),
        )
        for currency in currencies_of(found, self.books.currency):
            rows: list[tuple[tuple[Value, str], Row]] = []
            for each in found:
                if each.currency == currency:
                    label = category_label(words, each.category)
                    shown = () if sorted_out else (label,)
                    row = (each.booked_on, each.counterparty, each.description, *shown, each.tax, each.amount)
                    rows.append((self._group(each.booked_on, label), self._of(each.client, row)))
            made.append(self._table("transactions", columns, rows, currency))
        return made

    def invoices(self) -> list[Table]:
        """Per currency what was sold and what was bought; "by category" is by what is paid and what is open."""
        words, made = self.words, []
        found = self.books.invoices(self.start, self.end)
        columns = (
            text(words, "number"),
            text(words, "party", wide=True),
            column(words, "issued", Kind.DAY),
            money(words, "net"),
            money(words, "tax"),
            money(words, "invoiced"),
            money(words, "outstanding"),
        )
        for currency in currencies_of(found, self.books.currency):
            for kind, title in (("sale", "sales"), ("purchase", "purchases")):
                rows: list[tuple[tuple[Value, str], Row]] = []
                for each in found:
                    if (each.currency, each.kind) == (currency, kind):
                        row = (
                            each.number,
                            each.party,
                            each.issued_on,
                            each.net,
                            each.tax,
                            each.total,
                            each.outstanding,
                        )
                        status = words.text("open" if each.outstanding else "paid")
                        rows.append((self._group(each.issued_on, status), self._of(each.client, row)))
                if rows:
                    made.append(self._table(title, columns, rows, currency))
        return made

    def documents(self) -> list[Table]:
        """What arrived; "by category" is by type."""
        words, rows = self.words, []
        for each in self.books.documents(self.start, self.end):
            kind = words.text(each.document_type or "unknown_type")
            row = (each.arrived_on, each.file_name, kind, words.text(each.status))
            rows.append((self._group(each.arrived_on, kind), self._of(each.client, row)))
        columns = (
            column(words, "date", Kind.DAY),
            text(words, "document", wide=True),
            text(words, "type"),
            text(words, "status"),
        )
        return [self._table("documents", columns, rows)] if rows else []

    def tasks(self) -> list[Table]:
        """What was to be done; "by category" is by what is done and what is open."""
        words, rows = self.words, []
        for each in self.books.tasks(self.start, self.end):
            status = words.text(each.status)
            row = (each.title, each.assignee, each.due_on, status)
            rows.append((self._group(each.due_on, status), self._of(each.client, row)))
        columns = (
            text(words, "title", wide=True),
            text(words, "assignee"),
            column(words, "due", Kind.DAY),
            text(words, "status"),
        )
        return [self._table("tasks", columns, rows)] if rows else []

    def _group(self, day: date | None, category: str) -> tuple[Value, str]:
        """The key by which a row is grouped, and what the group is called."""
        if self.group_by == "category":
            return category, category
        if self.group_by == "none":
            return None, ""
        if day is None:
            return None, self.words.text("without_due")
        return spell_of(self.group_by, day), spell_label(self.words, self.group_by, day)

    def _of(self, client: str | None, row: Row) -> Row:
        return row if self.books.client_id else (client, *row)

    def _table(
        self,
        title: str,
        columns: tuple[Column, ...],
        rows: Iterable[tuple[tuple[Value, str], Row]],
        currency: str | None = None,
    ) -> Table:
        if not self.books.client_id:
            columns = (text(self.words, "client"), *columns)
        flat = self.group_by == "none"
        groups = (
            (Group(tuple(row for _, row in rows)),)
            if flat
            else grouped((key, label, row) for (key, label), row in rows)
        )
        return Table(title=self.words.text(title), columns=columns, groups=groups, currency=currency)
