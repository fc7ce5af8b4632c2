"""How good the local engines are: `python -m ops.ai_figures` sorts invented bookings and forecasts invented firms' balances.

The bookings are made from the lists below, in three languages, with the noise that banks add; the lists were written beside
the rules and so know their words: what rules find of them says little about other firms. That the classifier finds what it
has no rule for is the point. The firms are random walks of business: wages, rent, customers and shops with a season.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from advisorjobs.services.ai.books import Transaction
from advisorjobs.services.ai.classification.classifying import LocalClassifier
from advisorjobs.services.ai.forecast.balance import forecast

TODAY = date(2026, 3, 31)

# Category → counterparties that some firm may have, and what their bookings say. Most of them no rule knows.
BUSINESSES: dict[str, tuple[str, str]] = {
    "software": (
        "Amazon Web Services EMEA|Hetzner Online|Brightloom|Kernelwise|Tabulo|Nimbus Nord",
        "plan|seat|monthly fee",
    ),
    "rent": ("Hausverwaltung Lind|Orchard Estates|Foncière du Lac|Marktkontor", "Miete|office rent|loyer|unit 4"),
    "utilities": ("Stadtwerke Auental|Voltwind|Aqua Meridian|Lumen et Gaz", "Abschlag|electricity|eau|meter"),
    "telecommunications": ("Vodafone|Telekom Deutschland|Linewave|Fibrenord", "Mobilfunk|broadband|line|Vertrag"),
    "materials": (
        "Holz Brandner|Timberline Merchants|Quincaillerie Robic|Stahlhof West|Tilework",
        "delivery note|Lieferung|ref",
    ),
    "subcontractors": ("Montage Ilves|Pinnock Joinery|Atelier Sorel|Elektro Wiesner", "works|Arbeiten|chantier|site"),
    "vehicle": ("Aral|Shell|Autohaus Reimers|Garage Pelletier|Tyre Barn", "pump|Tanken|service|atelier"),
    "travel": ("Deutsche Bahn|SNCF|Lufthansa|Gasthof Adler|The Heron Inn", "ticket|Fahrkarte|nuit|booking"),
    "meals": ("Trattoria Nonna|Kantine am Hafen|Le Petit Zinc|Copper Kettle", "table|Essen|repas|guests"),
    "insurance": ("Allianz|Hiscox|Nordstern|Prévoyance Plus", "Beitrag|policy|contrat|premium"),
    "advertising": ("Google Ads|Meta Platforms|Plakatwerk|Signal & Ink|Radio Littoral", "campaign|Anzeige|clicks"),
    "office_supplies": ("Viking|Papierhaus Koch|Inkwell Direct|Bureau Vert", "order|Bestellung|commande"),
    "professional_fees": ("Kanzlei Strauß|Ames & Pell LLP|Cabinet Duvivier", "advice|Beratung|honoraires|file"),
    "bank_fees": ("Sparkasse|Crédit du Nord|First Harbour Bank", "Entgeltabschluss|frais|account fee"),
    "services": (
        "Fennimore AG|Larkspur Ltd|Mairie de Sérigny|Hofgut Eiche|Dunmore Clinic|Studio Vesper",
        "Honorar|project|prestation",
    ),
    "sales": ("Stripe Payouts|SumUp|Kunde Shop|Marché Central|Web order", "Auszahlung|takings|vente|order"),
}
FIRST_OF = ["GmbH", "SE", "Ltd", "SARL", "KG", "", "", "", ""]


def bookings(seed: int, count: int, *, strange: bool = False) -> list[Transaction]:
    """*count* bookings of one firm, which uses some of the businesses; *strange*: those that it doesn't use."""
    choice, firm = random.Random(seed + 1_000 * strange), random.Random(seed)
    used: list[tuple[str, str, str, float]] = []
    for category, (names, texts) in BUSINESSES.items():
        shuffled = firm.sample(names.split("|"), len(names.split("|")))
        half = len(shuffled) // 2 + 1
        level = firm.lognormvariate(5.5, 1)
        used += [(category, name, texts, level) for name in (shuffled[half:] if strange else shuffled[:half])]
    return [_booking(choice, number, *choice.choice(used)) for number in range(count)]


def _booking(choice: random.Random, number: int, category: str, name: str, texts: str, level: float) -> Transaction:
    amount = Decimal(level * choice.lognormvariate(0, 0.5)).quantize(Decimal("0.01"))
    party = f"{name} {choice.choice(FIRST_OF)}".strip()
    text = f"{choice.choice(texts.split('|'))} {choice.randint(1000, 99999)} {choice.choice(['', 'SEPA', 'EREF', 'Karte'])}"
    if choice.random() < 0.3:
        party, text = "", f"{party} {text}"
    if choice.random() < 0.4:
        party, text = party.upper()[:22], text.upper()
    return Transaction(
        id=str(number),
        booked_on=TODAY - timedelta(days=choice.randint(0, 365)),
        amount=amount if category in ("services", "sales") else -amount,
        counterparty=party,
        description=text,
        category=category,
        category_source="person",
    )


def sorting(
    labels: int, *, seeds: Sequence[int], strange: bool = False, noise: float = 0.03
) -> tuple[float, float, float]:
    """With so many own labels, of which *noise* are wrong: share sorted, share of these that is right, accuracy it claims."""
    found = right = asked = 0
    claimed = []
    for seed in seeds:
        known = bookings(seed, labels) if labels else []
        mistakes = random.Random(seed)
        known = [_mistaken(each, mistakes, noise) for each in known]
        local, new = LocalClassifier(known), bookings(seed + 77_000 if not known else seed, 300, strange=strange)
        truth = {each.id: each.category for each in new}
        sorted_ones = local.sort(new)
        found += len(sorted_ones)
        right += sum(truth[each.id] == each.category for each in sorted_ones)
        asked += len(new)
        claimed += [local.trained.accuracy] if local.trained else []
    return found / asked, right / max(found, 1), sum(claimed) / len(claimed) if claimed else math.nan


def _mistaken(each: Transaction, choice: random.Random, noise: float) -> Transaction:
    from dataclasses import replace

    wrong = "meals" if each.amount < 0 else "sales"
    return replace(each, category=wrong) if choice.random() < noise else each


def firm(seed: int, days: int, ahead: int) -> Iterator[Transaction]:
    """What moves at an invented firm in the *days* up to today and *ahead* of it."""
    choice, number = random.Random(seed), 0
    wages, rent, level = choice.uniform(2_000, 9_000), choice.uniform(500, 2_500), choice.uniform(300, 900)
    for count in range(days + ahead):
        day = TODAY - timedelta(days=days - 1 - count)
        season = 1 + 0.15 * math.sin(2 * math.pi * day.timetuple().tm_yday / 365)
        moved = [(-rent, "Orchard Estates")] if day.day == 1 else []
        moved += [(-wages * choice.uniform(0.97, 1.03), "Payroll")] if day.day == 28 else []
        if day.weekday() < 5 and choice.random() < 0.35:
            moved.append((choice.lognormvariate(0, 0.6) * level * season * 2, f"Customer {choice.choice('abcdefgh')}"))
        if day.weekday() < 5 and choice.random() < 0.4:
            moved.append((-choice.lognormvariate(0, 0.8) * level * 0.4, f"Shop {choice.choice('abcdefgh')}"))
        for amount, party in moved:
            number += 1
            cents = Decimal(amount).quantize(Decimal("0.01"))
            yield Transaction(id=str(number), booked_on=day, amount=cents, counterparty=party)


def coverage(
    days: int, confidence: float, *, firms: int, horizons: Sequence[int] = (7, 30, 60, 90)
) -> dict[int, float]:
    """Horizon → the share of firms whose balance was in the interval."""
    inside = dict.fromkeys(horizons, 0)
    for seed in range(firms):
        all_of_it = list(firm(seed, days, max(horizons)))
        past = [each for each in all_of_it if each.booked_on <= TODAY]
        seen = forecast(
            past, [], today=TODAY, days=max(horizons), confidence=confidence, opening=Decimal(0), seed=str(seed)
        )
        for horizon in horizons:
            point = seen.points[horizon - 1]
            truth = sum(each.amount for each in all_of_it if TODAY < each.booked_on <= point.day)
            inside[horizon] += point.low <= truth <= point.high
    return {horizon: count / firms for horizon, count in inside.items()}


def main(firms: int = 60) -> None:
    seeds = range(5)
    print("Categories: 300 bookings of each of 5 invented firms, 3 % of the labels wrong")
    print(f"{'own labels':>10}  {'bookings':<24} {'sorted':>7} {'right':>7} {'claimed':>8}")
    for labels, strange in ((0, False), (100, False), (500, False), (2_000, False), (500, True)):
        share, right, claimed = sorting(labels, seeds=seeds, strange=strange)
        whose = "of unseen counterparties" if strange else "of the firm"
        print(f"{labels:>10}  {whose:<24} {share:>7.1%} {right:>7.1%} {claimed:>8.1%}")
    print(f"\nForecast: share of {firms} invented firms whose balance was inside the interval, by days ahead")
    for days in (60, 180, 365, 730):
        for confidence in (0.8, 0.95):
            found = coverage(days, confidence, firms=firms)
            shown = "  ".join(f"{horizon} d {share:.0%}" for horizon, share in found.items())
            print(f"  {days:>3} days of history, asked {confidence:.0%}:  {shown}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
