"""What could be the name of a firm or person, and what two spellings of one name share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from advisorjobs.services.documents.layout import Segment
from advisorjobs.services.documents.spelling import folded, squeezed
from advisorjobs.services.documents.vocabulary import label_table, legal_form_pattern, phrases, table

__all__ = ["core", "is_address", "is_name", "name_before_form", "trimmed"]

_POSTAL = re.compile(r"\b(?:[A-Z]{1,2}-)?\d{4,5}\b\s?(?:[A-Z]{2}\b)?|\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b")
_GREETINGS = frozenset({"dear", "sehr", "madame", "monsieur", "geachte"})
_SMALL_WORDS = frozenset(
    {
        *("&", "+", "and", "och", "og", "und", "et", "y", "e", "en", "i", "the", "of"),
        *("van", "von", "de", "der", "den", "di", "du", "des", "del", "la", "le", "do", "da", "dos", "das"),
    }
)
_ENDS_NAME = re.compile(r"[:;|·•()\"„“”/]|\s[-–—]\s|\b(?:by|von|par|door|por|da|iov|c/o)\b(?=\s)|©")


def core(name: str) -> str:
    """*name* without legal form, case and punctuation: what two spellings of one firm share."""
    bare = legal_form_pattern().sub(" ", name)
    return folded(bare).replace(" ", "") or folded(name).replace(" ", "")


def trimmed(text: str) -> str:
    """*text* without titles ("Invoice") and separators at its ends."""
    words = text.strip(" ,.;:-–—|·•*").split()
    titles = phrases("parties", "not_names")
    while len(words) > 1 and folded(words[-1]) in titles:
        words.pop()
    while len(words) > 1 and folded(words[0]) in titles and not words[0].isupper():
        words.pop(0)
    return " ".join(words).strip(" ,;:-–—|·•*")


def is_name(text: str) -> bool:
    """Whether *text* by itself could be the name of a firm or person."""
    return _name_shaped(text) and not _is_caption(text) and not is_address(text)


def _name_shaped(text: str) -> bool:
    """A few words, mostly letters, that begin with a capital."""
    letters = sum(char.isalpha() for char in text)
    few = letters >= 2 and letters >= 0.6 * len(text.replace(" ", "")) and 1 <= len(folded(text).split()) <= 8
    capital = not text[:1].islower() or "-" in text or bool(legal_form_pattern().search(text))
    return few and capital and "@" not in text and not text.rstrip().endswith(":")


def _is_caption(text: str) -> bool:
    """Whether *text* is a title, a label, a greeting or a way to reach somebody."""
    plain = folded(text)
    words = plain.split()
    titles = phrases("parties", "not_names")
    return (
        plain in titles
        or all(word in titles for word in words)
        or words[-1] in phrases("parties", "label_ends")
        or words[0] in _GREETINGS
        or words[0] in phrases("parties", "contact_words")
        or text.strip() in table("money")["codes"]
        or squeezed(text) in label_table()
    )


def is_address(text: str) -> bool:
    """Whether *text* is a street or a town with its code rather than a name."""
    words = folded(text).split()
    if not any(char.isdigit() for char in text):
        return False
    street = phrases("parties", "street_words")
    if any(word in street for word in words) or any(
        word.endswith(("strasse", "straat", "weg", "laan")) for word in words
    ):
        return True
    return bool(_POSTAL.search(text)) or words[0].isdigit() or words[-1].isdigit()


def name_before_form(segment: Segment) -> Iterator[str]:
    """Every name that ends in a legal form: "… sold by Example Stays Pvt. Ltd." gives "Example Stays Pvt. Ltd."."""
    text = segment.text
    prose = len(segment.words) > 7
    previous_end = 0
    for match in legal_form_pattern().finditer(text):
        before = text[previous_end : match.start()].rstrip(" ,")
        stops = list(_ENDS_NAME.finditer(before))
        begin = stops[-1].end() if stops else 0
        words = _name_words(before[begin:].split(), prose=prose)
        previous_end = match.end()
        registered = bool(words) and folded(words[0]) in phrases("parties", "registration_words")
        if words and not registered and any(char.isalpha() for char in "".join(words)):
            comma = "," if "," in text[max(0, match.start() - 2) : match.start()] else ""
            yield f"{' '.join(words)}{comma} {match.group().strip()}"


def _name_words(words: Sequence[str], *, prose: bool) -> list[str]:
    """The capitalised words at the end of *words*, with small words only between them."""
    allowed = frozenset("&+") if prose else _SMALL_WORDS
    taken: list[str] = []
    for word in reversed(words):
        capital = any(char.isupper() for char in word) or word[:1].isdigit()
        if (
            len(taken) >= 7
            or not (capital or word.casefold() in allowed)
            or (taken and word.endswith((",", ".")) and prose)
        ):
            break
        taken.insert(0, word)
    while taken and taken[0].casefold() in _SMALL_WORDS and not taken[0][:1].isupper():
        taken.pop(0)
    return [word.strip("\"'„“”*") for word in taken]
