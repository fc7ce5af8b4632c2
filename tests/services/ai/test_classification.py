"""Categories by rules, by memory and by what was learned."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from advisorjobs.services.ai.books import Transaction
from advisorjobs.services.ai.classification.classifying import LocalClassifier
from advisorjobs.services.ai.classification.rules import by_rule
from advisorjobs.services.ai.classification.training import train
from ops.ai_figures import bookings, sorting


def booked(party: str, text: str = "", amount: int = -10, category: str | None = None, id_: str = "t") -> Transaction:
    return Transaction(
        id=id_,
        booked_on=date(2026, 1, 5),
        amount=Decimal(amount),
        counterparty=party,
        description=text,
        category=category,
    )


@pytest.mark.parametrize(
    ("party", "text", "amount", "category"),
    [
        ("AWS EMEA SARL", "", -42, "software"),
        ("", "BÜROMIETE 03/2026", -900, "rent"),
        ("", "Loyer mars", -900, "rent"),
        ("", "rent from tenant", 900, "rental_income"),
        ("URSSAF Île-de-France", "cotisations", -800, "social_security"),
        ("", "Gehalt Januar", -2_000, "salaries"),
        ("SNCF Voyageurs", "billet", -80, "travel"),
        ("Finanzamt Mitte", "Umsatzsteuer-Vorauszahlung 01/26", -500, "vat_settlement"),
        ("Finanzamt Mitte", "Körperschaftsteuer", -500, "business_tax"),
        ("", "Sollzinsen", -5, "interest"),
        ("", "Habenzinsen", 5, "interest_income"),
        ("Stripe Payouts", "", 500, "sales"),
        ("", "Umbuchung Tagesgeld", -500, "transfer"),
        ("", "honoraires avocat", -500, "professional_fees"),
    ],
)
def test_words_of_three_languages_tell_the_category(party: str, text: str, amount: int, category: str) -> None:
    found = by_rule(booked(party, text, amount))

    assert found is not None
    assert found.category == category
    assert found.source == "rule"


def test_money_that_came_back_keeps_its_category_with_less_confidence() -> None:
    found = by_rule(booked("AWS EMEA", "refund", 42))

    assert found is not None
    assert (found.category, found.confidence) == ("software", 0.6)
    assert "came back" in found.reason


def test_a_word_inside_another_tells_nothing() -> None:
    assert by_rule(booked("Parental Gasket", "currently")) is None


def test_various_decisions_for_one_counterparty_are_no_memory() -> None:
    labels = [booked("Mixed Ltd", category=each, id_=each) for each in ("meals", "travel", "meals", "travel")]

    assert LocalClassifier(labels).sort([booked("Mixed Ltd")]) == []


def test_too_few_labels_train_nothing() -> None:
    assert train([booked(f"A{number}", category="meals") for number in range(100)]) is None
    assert train(bookings(1, 20)) is None


def test_clients_of_one_firm_are_sorted_by_one_training_and_other_labels_by_another() -> None:
    labels = bookings(1, 300)
    first = train(labels)

    assert train(list(labels)) is first is not None
    assert train(labels[1:]) is not first


def test_what_is_learned_is_mostly_right_and_known_to_be() -> None:
    share, right, claimed = sorting(300, seeds=(1,))

    assert share >= 0.85
    assert right >= 0.85
    assert 0.7 <= claimed <= right + 0.02, "what it claims is of counterparties that it has never seen"


def test_what_is_claimed_holds_for_counterparties_never_seen() -> None:
    _, right, claimed = sorting(300, seeds=(1,), strange=True)

    assert right >= claimed - 0.1
