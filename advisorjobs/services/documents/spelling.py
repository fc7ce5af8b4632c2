"""One spelling for many: texts brought to a form in which print, OCR and our tables can be compared."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

__all__ = ["folded", "squeezed", "squeezed_char"]

_SPECIAL = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "#": "no", "°": "o", "№": "no", "đ": "d", "|": "l"}
# Signs that OCR takes for one another, brought to one of each pair.
_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "q": "g"})


@lru_cache(maxsize=65536)
def folded(text: str) -> str:
    """*text* in lower case, without accents, with every run of other signs than letters and digits as one space."""
    decomposed = unicodedata.normalize("NFKD", "".join(_SPECIAL.get(char, char) for char in text.casefold()))
    kept = "".join(char if char.isalnum() else " " for char in decomposed if not unicodedata.combining(char))
    return " ".join(kept.split())


@lru_cache(maxsize=4096)
def squeezed_char(char: str) -> str:
    """What one printed sign becomes in `squeezed`: nothing, one letter, or two."""
    return folded(char).replace(" ", "").translate(_ALIKE)


def squeezed(text: str) -> str:
    """*text* folded and without spaces, in which signs that OCR confuses are the same sign."""
    return "".join(squeezed_char(char) for char in text)
