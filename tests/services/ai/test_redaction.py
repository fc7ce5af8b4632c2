"""What is taken out of a text before a language model sees it, and what stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisorjobs.services.ai.redaction import redacted, redacted_party


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("SEPA DE89 3704 0044 0532 0130 00 BIC COBADEFFXXX", "SEPA [iban] [bic]"),
        ("DE89370400440532013000", "[iban]"),
        ("from GB29 NWBK 6016 1331 9268 19, rent", "from [iban], rent"),
        ("FR14 2004 1010 0505 0001 3M02 606 loyer", "[iban] loyer"),
        ("de89370400440532013001 miete", "[iban] miete"),
        ("card 4111 1111 1111 1111 Aral", "card [card] Aral"),
        ("card 4111-1111-1111-1112", "card [number]"),
        ("XXXX1234 Shell", "[card] Shell"),
        ("ask ada.lovelace@example.co.uk", "ask [email]"),
        ("see https://example.com/a?b=c or www.example.com", "see [link] or [link]"),
        ("call +49 30 5550199 now", "call [phone] now"),
        ("call 030 5550199 now", "call [phone] now"),
        ("customer 987654321", "customer [number]"),
        ("invoice 4711", "invoice 4711"),
        ("GEHALT MUSTERMANN MAX", "GEHALT [person]"),
        ("Salary Anna Weber", "Salary [person]"),
        ("Weber, Anna fee", "[person] fee"),
        ("to Mrs. Thistle", "to [person]"),
        ("AWS EMEA cloud services", "AWS EMEA cloud services"),
        ("Hotel Adler, 2 Nächte", "Hotel Adler, 2 Nächte"),
        ("two\nlines\x00 and\ttabs", "two lines and tabs"),
        ("ＤＥ８９ ３７０４ ００４４ ０５３２ ０１３０ ００", "[iban]"),
    ],
)
def test_what_names_somebody_goes_and_what_tells_the_category_stays(text: str, shown: str) -> None:
    assert redacted(text) == shown


def test_the_clients_and_the_firms_names_go_however_they_are_written() -> None:
    names = ["Larkspur Joinery GmbH", "Ottoline Brackenbury"]

    for text in ("for LARKSPUR  JOINERY GMBH", "larkspur-joinery gmbh", "Larkspur", "Brackenbury, O.", "OTTOLINE"):
        assert not {"larkspur", "joinery", "ottoline", "brackenbury"} & set(redacted(text, names).casefold().split())


@pytest.mark.parametrize(
    ("party", "shown"),
    [
        ("Paper Lantern", "[person]"),
        ("Rosalind Thistle", "[person]"),
        ("Thistle, R.", "[person]"),
        ("Tallow & Sons", "Tallow & Sons"),
        ("Fennimore AG", "Fennimore AG"),
        ("Zyxomma", "Zyxomma"),
        ("", ""),
    ],
)
def test_a_counterparty_that_may_be_a_person_is_one(party: str, shown: str) -> None:
    assert redacted_party(party) == shown


def test_a_counterparty_that_is_known_for_a_business_is_shown() -> None:
    assert redacted_party("Deutsche Bahn", known=lambda name: name == "Deutsche Bahn") == "Deutsche Bahn"


@given(st.text(max_size=300), st.lists(st.text(min_size=1, max_size=30), max_size=3))
def test_any_text_becomes_one_printable_line_without_long_numbers(text: str, names: list[str]) -> None:
    shown = redacted(text, names)

    assert len(shown) <= 200
    assert shown.isprintable()
    assert not any(run.isdigit() and len(run) > 8 for run in shown.split())


@given(st.integers(min_value=10**17, max_value=10**18 - 1), st.sampled_from([" ", "", "-"]))
def test_no_german_account_survives_whatever_its_spacing(number: int, gap: str) -> None:
    digits = f"89{number}"
    grouped = gap.join(["DE" + digits[:2], *(digits[at : at + 4] for at in range(2, 20, 4))])

    assert str(number)[-5:] not in redacted(f"rent {grouped} may").replace(" ", "")
