"""Where a document comes from, as far as its print shows: the country, and the currency that it reckons in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from advisorjobs.services.documents.amounts import Amount
from advisorjobs.services.documents.spelling import folded
from advisorjobs.services.documents.vocabulary import country_patterns, table

__all__ = ["country_of", "currency_of"]


def country_of(text: str) -> str | None:
    """ISO code of the country with the most signs in *text*, or None."""
    signs = {code: len(set(pattern.findall(text))) for code, pattern in country_patterns().items()}
    best = max(signs, key=lambda code: signs[code])
    return best if signs[best] else None


def currency_of(amounts: Sequence[Amount], text: str, country: str | None) -> tuple[str, float] | None:
    """ISO 4217 code and how sure it is: printed with amounts, named in the text, or the country's own."""
    printed = Counter(
        code for amount in amounts if amount.currency and (code := _code(amount.currency, country)) is not None
    )
    named = Counter(code for word in text.split() if (code := _named(word)) is not None)
    if printed:
        code, count = max(printed.items(), key=lambda item: item[1] + 0.5 * named[item[0]])
        return code, 0.95 if count >= 0.7 * printed.total() else 0.7
    if named:
        code, count = named.most_common(1)[0]
        return code, 0.85 if count >= 0.7 * named.total() else 0.6
    plain = f" {folded(text)} "
    for word, code in table("money")["words"].items():
        if f" {word} " in plain:
            return code, 0.7
    usual = table("money")["country"].get(country) if country else None
    return (usual, 0.5) if usual else None


def _named(word: str) -> str | None:
    bare = word.strip("():,;.*")
    symbols: Mapping[str, str] = table("money")["symbols"]
    return bare if bare in table("money")["codes"] else symbols.get(bare)


def _code(sign: str, country: str | None) -> str | None:
    """The currency that a printed sign stands for; "$", "kr" and "Fr." depend on the country."""
    if sign in table("money")["codes"]:
        return sign
    by_country = {"$": ("dollar", "USD"), "kr": ("crown", "SEK"), "fr": ("franc", None)}
    name, usual = by_country.get(sign.casefold().rstrip("."), ("", None))
    meanings: Mapping[str, str] = table("money")[name] if name else {}
    symbols: Mapping[str, str] = table("money")["symbols"]
    words: Mapping[str, str] = table("money")["words"]
    return meanings.get(country or "", usual) if name else symbols.get(sign) or words.get(sign.casefold())
