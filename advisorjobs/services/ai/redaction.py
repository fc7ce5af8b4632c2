"""What of a transaction's text may be shown to a language model: nothing that names a person, an account or the client.

Pure; what is taken out is replaced by a word in brackets that says what it was, so that the sense stays.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files

__all__ = ["is_business", "plain", "redacted", "redacted_party", "without_name"]

_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{2,4}){3,8}(?:[ -]?[A-Z0-9]{1,3})?\b", re.IGNORECASE)
_LENGTHS = {
    "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18, "FR": 27,
    "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27,
    "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24, "SI": 19, "SK": 24,
}  # fmt: skip
"""Of IBANs, by country (ISO 13616 registry)."""
_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_LINK = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_CARD = re.compile(r"\b(?:\d[ -]?){12,18}\d\b")
_MASKED = re.compile(r"\b(?:\d{4,6}[ ]?)?[xX*]{2,}[xX* -]*\d{2,4}\b|[xX*]{4,}\d{2,4}\b")
_PHONE = re.compile(r"(?<![\w.,])(?:\+|00)\d(?:[\d ()/.-]{6,18})\d\b|(?<![\w.,])0\d{2,5}[ /-]\d[\d /-]{4,12}\d\b")
_LONG = re.compile(r"\d(?:[\d./-]?\d){4,}")
_BIC = re.compile(r"\b(?:BIC|SWIFT)[: ]*[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?\b", re.IGNORECASE)
_WORD = r"[^\W\d_][\w'’.-]*"
_NAME = re.compile(rf"{_WORD}(?:,?[ ]{_WORD})*")
_LONGEST = 200
_MOST_READ = 1_000


def redacted(text: str, names: Iterable[str] = ()) -> str:
    """*text* without *names*, persons, IBANs, card numbers, e-mail addresses, links, phone and other long numbers.

    At most 200 characters of it, on one line.
    """
    text = unicodedata.normalize("NFKC", text)
    text = text if len(text) <= _MOST_READ else text[:_MOST_READ].rpartition(" ")[0]
    text = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    for name in sorted({*names}, key=len, reverse=True):
        text = without_name(text, name)
    text = _EMAIL.sub("[email]", text)
    text = _LINK.sub("[link]", text)
    text = _BIC.sub("[bic]", text)
    text = _IBAN.sub(_without_iban, text)
    text = _PHONE.sub("[phone]", text)
    text = _CARD.sub(lambda match: "[card]" if _passes_luhn(match[0]) else "[number]", text)
    text = _MASKED.sub("[card]", text)
    text = _LONG.sub("[number]", text)
    return _NAME.sub(_without_persons, text)[:_LONGEST]


def redacted_party(name: str, names: Iterable[str] = (), *, known: Callable[[str], bool] = lambda name: False) -> str:
    """A counterparty's name if it is a business's; "[person]" for one that may be a person's.

    A business is known by a word such as "GmbH", by a digit or &, by being one word, or because *known* says so.
    """
    shown = redacted(name, names)
    if not shown or "[" in shown or is_business(shown) or known(shown):
        return shown
    words = shown.replace(",", " ").split()
    return "[person]" if 2 <= len(words) <= 4 and all(word[0].isalpha() for word in words) else shown


def is_business(name: str) -> bool:
    """Whether a word of *name* is one that persons' names don't have."""
    words = plain(name).replace(".", "").replace(",", " ").split()
    return any(word in _vocabulary()["business"] for word in words) or bool(re.search(r"[\d&@+*]|\.com\b", name))


def plain(text: str) -> str:
    """*text* in small letters without accents: "Bäckerei Müller" → "backerei muller"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def without_name(text: str, name: str) -> str:
    """*text* without *name*, however it is spaced and cased, and without its first words where they are telling alone."""
    pieces = [re.escape(piece) for piece in re.split(r"[\s,.-]+", name) if piece]
    if not pieces:
        return text
    spelt = r"[\s,._-]*".join(pieces)
    text = re.sub(rf"(?<!\w){spelt}(?!\w)", "[name]", text, flags=re.IGNORECASE)
    telling = [piece for piece in re.split(r"\W+", name) if len(piece) >= 4 and not is_business(piece)]
    for piece in telling:
        text = re.sub(rf"(?<!\w){re.escape(piece)}(?!\w)", "[name]", text, flags=re.IGNORECASE)
    return text


def _without_persons(match: re.Match[str]) -> str:
    """A run of words without the persons in it: a title or first name, and the capitalised words after it or before it."""
    words, kept, at = match[0].split(" "), list[str](), 0
    while at < len(words):
        end = at + 1
        announced = _part_of_name(words[at]) and plain(words[at].strip(".,")) in _announcing()
        while announced and end < len(words) and _part_of_name(words[end]):
            end += 1
        before = announced and kept and _part_of_name(kept[-1]) and (kept[-1].endswith(",") or end == at + 1)
        if before:  # "Weber, Anna", "WEBER ANNA"
            kept.pop()
        kept.append("[person]" if before or end > at + 1 else words[at])
        at = end
    return " ".join(kept)


def _part_of_name(word: str) -> bool:
    letters = re.sub(r"[.,'’-]", "", word)
    return word[:1].isupper() and letters.isalpha() and not is_business(word)


@cache
def _announcing() -> frozenset[str]:
    return _vocabulary()["titles"] | _vocabulary()["first_names"]


def _without_iban(match: re.Match[str]) -> str:
    """As many signs as the country's IBANs have, or all; a wrong check sum doesn't make it less of an account's number."""
    found, length = match[0], _LENGTHS.get(match[0][:2].upper(), 34)
    if sum(each.isdigit() for each in found) < 8 or sum(each.isalnum() for each in found) < 15:
        return found
    count = 0
    for at, each in enumerate(found):
        count += each.isalnum()
        if count == length:
            return f"[iban]{found[at + 1 :]}"
    return "[iban]"


def _passes_luhn(text: str) -> bool:
    """ISO/IEC 7812-1, annex B: what the last digit of a card's number must be."""
    digits = [int(each) for each in text if each.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


@cache
def _vocabulary() -> dict[str, frozenset[str]]:
    table = tomllib.loads((files(__package__) / "names.toml").read_text(encoding="utf-8"))
    return {key: frozenset(words) for key, words in table.items()}
