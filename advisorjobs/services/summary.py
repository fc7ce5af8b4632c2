"""A short summary of a text without a language model: the sentences that say most of what the text is about, as they stand.

After Luhn, "The Automatic Creation of Literature Abstracts" (IBM Journal, 1958), and SumBasic (Vanderwende et al., 2007): a
sentence is worth the mean frequency of its words; once it is chosen its words count half, so that the next one says
something else. Nothing is worded anew, so nothing can be wrong that wasn't wrong before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

__all__ = ["sentences", "summarized"]

WORD = re.compile(r"[^\W\d_]{4,}")
"""Shorter words are mostly articles, pronouns and prepositions, in all languages that we read."""

BREAK = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_a-z]|\d|[\"'«„])|\n\s*\n")
FEWEST, FEWEST_LONG = 6, 3
"""Words, and words that count, of a sentence; what has less is an address, a heading or an abbreviation's end."""

LONGEST = 400
"""Characters: what is longer is a table or a list that lost its breaks."""


def sentences(text: str) -> list[str]:
    """The sentences of *text* in order, each on one line; letterheads, headings and walls of text left out."""
    pieces = (" ".join(piece.split()) for piece in BREAK.split(text))
    return [piece for piece in pieces if _is_sentence(piece)]


def _is_sentence(piece: str) -> bool:
    ends, enough = piece.endswith((".", "!", "?")), len(piece.split()) >= FEWEST
    return ends and enough and len(piece) <= LONGEST and len(WORD.findall(piece)) >= FEWEST_LONG


def summarized(text: str, *, most: int = 3) -> list[str]:
    """At most *most* sentences of *text* in their order; none of a text that has no sentences."""
    said = sentences(text)
    counts = Counter(word for sentence in said for word in _words(sentence))
    found = list(dict.fromkeys(said))
    words = [_words(sentence) for sentence in found]
    total = sum(counts.values()) or 1
    weights = {word: count / total for word, count in counts.items()}
    chosen: set[int] = set()
    while len(chosen) < min(most, len(found)):
        best = max(set(range(len(found))) - chosen, key=lambda at: (_worth(words[at], weights), -at))
        chosen.add(best)
        for word in set(words[best]):
            weights[word] /= 2
    return [found[at] for at in sorted(chosen)]


def _words(sentence: str) -> list[str]:
    return [word.casefold() for word in WORD.findall(sentence)]


def _worth(words: Iterable[str], weights: dict[str, float]) -> float:
    """The mean weight of the words."""
    each = [weights[word] for word in words]
    return sum(each) / len(each)
