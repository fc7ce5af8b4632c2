"""What is known to be due: open invoices, paid as late as this client's are, and what of the usual flows they explain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from advisorjobs.services.ai.books import Invoice
from advisorjobs.services.ai.libraries import needed

__all__ = ["Due", "due"]

FEWEST = 5
UNKNOWN_DELAYS = (0, 2, 5, 10, 20)
"""Days after the due day, where too few invoices were paid to know."""
UNKNOWN_LAGS = (14, 21, 30, 35, 45)
"""Days from issue to payment, likewise."""
LOST_AFTER = 90
"""What is overdue for longer isn't counted on."""


@dataclass(frozen=True, slots=True)
class Due:
    """`paths`: array of (draws, days); `counted` and `doubtful`: the invoices that are in it, and those too old to be."""

    paths: Any
    counted: tuple[Invoice, ...]
    doubtful: tuple[Invoice, ...]


def due(
    invoices: Sequence[Invoice],
    today: date,
    days: int,
    *,
    history: int,
    usual: dict[str, float],
    draws: int,
    random: Any,
) -> Due:
    """Draws of the payments of open invoices in the *days* after *today*, less what the usual flows have of them already.

    *usual*: the mean of a day's usual inflow (`sale`) and outflow (`purchase`), both > 0, over *history* days. Of these the
    share that paid invoices made up comes, in the near future, from invoices that are open today; only later from those not
    written yet: with F(d), the share of invoices that is paid within d days of issue, usual flows keep 1 − share · (1 − F(d)).
    """
    numpy = needed("numpy")
    paths = numpy.zeros((draws, days))
    counted, doubtful = list[Invoice](), list[Invoice]()
    for kind, sign in (("sale", 1.0), ("purchase", -1.0)):
        ours = [each for each in invoices if each.kind == kind]
        paid = [
            each for each in ours if each.status == "paid" and each.paid_on and (today - each.paid_on).days < history
        ]
        delays = [max(0, (each.paid_on - each.due_on).days) for each in paid if each.paid_on]
        for each in ours:
            if each.status != "open" or each.total <= each.paid:
                continue
            if (today - each.due_on).days > LOST_AFTER:
                doubtful.append(each)
                continue
            counted.append(each)
            _add(paths, each, sign, today, delays if len(delays) >= FEWEST else UNKNOWN_DELAYS, random)
        share = min(1.0, sum(float(each.total) for each in paid) / history / usual[kind]) if usual[kind] > 0 else 0.0
        lags = [(each.paid_on - each.issued_on).days for each in paid if each.paid_on]
        known = numpy.sort(numpy.array(lags if len(lags) >= FEWEST else UNKNOWN_LAGS))
        written_later = numpy.searchsorted(known, numpy.arange(1, days + 1), side="right") / len(known)
        paths -= sign * share * usual[kind] * (1.0 - written_later)
    return Due(paths, tuple(counted), tuple(doubtful))


def _add(paths: Any, invoice: Invoice, sign: float, today: date, delays: Sequence[int], random: Any) -> None:
    """One payment on each path, as late after its due day, or after tomorrow, as one of *delays*."""
    numpy = needed("numpy")
    first = (max(invoice.due_on, today + timedelta(days=1)) - today).days - 1
    on = first + random.choice(numpy.asarray(delays), len(paths))
    within = on < paths.shape[1]
    paths[numpy.flatnonzero(within), on[within]] += sign * float(invoice.total - invoice.paid)
