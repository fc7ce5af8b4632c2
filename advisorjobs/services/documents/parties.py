"""How to reach whom, and which lines speak of the recipient rather than the issuer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from advisorjobs.services.documents.evidence import Evidence
from advisorjobs.services.documents.labels import Label, same_row
from advisorjobs.services.documents.layout import Segment
from advisorjobs.services.documents.names import is_address, is_name, trimmed
from advisorjobs.services.documents.spelling import folded
from advisorjobs.services.documents.vocabulary import phrases

__all__ = [
    "blocks_of",
    "contact_signs",
    "domains",
    "recipient_segments",
    "sender_name",
]

_MAIL = re.compile(r"[\w.+\-]+\s?@\s?([\w\-]+(?:\.[\w\-]+)*\.[a-z]{2,10})", re.IGNORECASE)
_SITE = re.compile(
    r"(?:https?://|\bwww\.)\s?([\w\-]+(?:\.[\w\-]+)*\.[a-z]{2,10})"
    r"|\b((?:[\w\-]+\.)+(?:com|org|net|co\.uk|de|fr|nl|be|es|it|eu|at|ch|io|us|example|pl|pt))\b",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?:\+\d{2}[\s\d()/\-.]{7,}|\(?\b\d{3}\)?[\s.\-]\d{3}[\s.\-]\d{4}\b|\b0\d[\s\d/\-.]{7,}\d)")
_PARTS = re.compile(r"\s+[-–—]\s+|\s*[·•|*∙●]\s*")
_COMMA = re.compile(r"\s*,\s+")
_HONORIFIC = re.compile(
    r"^(?:mr|mrs|ms|messrs|mr and mrs|herrn?|frau|familie|eheleute|mme|mlle|m|mm|madame|monsieur|dhr|mw|mevr|mevrouw"
    r"|de heer|sr|sra|sres|d|dna|sig|sig ra|gent mo|egr|exmo|exma)\.?(?: (?:und|and|et|en|y|e) \w+\.?)?\s+(?=[A-ZÀ-Þ])",
    re.IGNORECASE,
)
_BANK = frozenset({"bank", "banque", "banco", "banca"})


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that stand under each other with a common edge."""

    segments: tuple[Segment, ...]

    @property
    def text(self) -> str:
        return "\n".join(segment.text for segment in self.segments)


def domains(text: str) -> list[str]:
    """Second-level names of mail and web addresses ("info@shop.example.co.uk" → "example"), public hosts left out."""
    found = [match.group(1) for match in _MAIL.finditer(text)]
    found += [match.group(1) or match.group(2) for match in _SITE.finditer(text)]
    names = []
    for host in found:
        parts = re.sub(r"\.(?:co|com|org|ac|gov)\.[a-z]{2}$|\.[a-z]{2,10}$", "", host.casefold()).split(".")
        if parts[-1] and parts[-1] not in phrases("parties", "public_domains") and len(parts[-1]) > 1:
            names.append(parts[-1])
    return names


def contact_signs(text: str) -> int:
    """How many ways to reach or look up somebody *text* holds."""
    plain = f" {folded(text)} "
    signs = len(_MAIL.findall(text)) + len(_SITE.findall(text)) + len(_PHONE.findall(text))
    return signs + sum(f" {word} " in plain for word in phrases("parties", "contact_words"))


def blocks_of(segments: Sequence[Segment]) -> list[Block]:
    """The segments grouped into blocks of lines."""
    groups: list[list[Segment]] = []
    for segment in segments:
        home = next((group for group in reversed(groups[-16:]) if _continues(group[-1], segment)), None)
        if home is None:
            groups.append([segment])
        else:
            home.append(segment)
    return [Block(tuple(group)) for group in groups]


def _continues(above: Segment, segment: Segment) -> bool:
    if above.page != segment.page or same_row(above, segment):
        return False
    height = min(above.height, segment.height)
    gap = segment.box.top - above.box.bottom
    if not -0.5 * height <= gap <= 1.1 * height:
        return False
    one, other = above.box, segment.box
    edges = (one.left - other.left, one.right - other.right, (one.left + one.right - other.left - other.right) / 2)
    return min(abs(edge) for edge in edges) < 0.012


def recipient_segments(evidence: Evidence) -> frozenset[int]:
    """Indexes of the segments that name or address the recipient, a bank or a hotel, as labels say."""
    found: set[int] = set()
    for label in evidence.labels:
        if label.weight("recipient") and _announces(label):
            found.add(label.span.segment.index)
            if not _text_after(label):
                found.update(segment.index for segment in below(label, evidence.segments))
    found.update(segment.index for segment in evidence.segments if _is_person(segment))
    for segment in evidence.segments:
        if segment.page == evidence.segments[0].page and sender_name(segment):
            window = _under(segment, segment.box.left, evidence.segments, 6)
            found.update(other.index for other in window if other.box.left < 0.5)
    return frozenset(found)


def _is_person(segment: Segment) -> bool:
    """Whether a line is a person spoken of politely ("Mrs P Okafor"): papers are sent to such, not by such."""
    return bool(_HONORIFIC.match(segment.text)) and len(segment.words) <= 6 and not any(map(str.isdigit, segment.text))


def _announces(label: Label) -> bool:
    text = label.span.segment.text
    rest = text[label.span.end :]
    starts = not any(char.isalnum() for char in text[: label.span.start])
    long = sum(char.isalnum() for char in label.span.text) > 5 and folded(label.span.text) not in _BANK
    return label.alone or (starts and (rest.lstrip().startswith((":", ".:")) or (long and len(rest) < 40)))


def _text_after(label: Label) -> bool:
    rest = label.span.segment.text[label.span.end :]
    return rest.lstrip().startswith(":") and any(char.isalnum() for char in rest)


def below(label: Label, segments: Sequence[Segment], *, most: int = 6) -> list[Segment]:
    """The lines directly under *label* that begin (or lie) where it does; nothing further down than a gap."""
    return _under(label.span.segment, label.span.box.left, segments, most)


def sender_name(segment: Segment) -> str | None:
    """The name in the small line above an envelope's window: "Name · Street 1 · 12345 Town", or with commas."""
    text = segment.text
    if len(text) >= 110 or segment.box.top > 0.35 or ":" in text:
        return None
    for separator in (_PARTS, _COMMA):
        parts = [part for part in separator.split(text) if part.strip()]
        if not (2 if separator is _PARTS else 3) <= len(parts) <= 6:
            continue
        name, rest = trimmed(parts[0]), parts[1:]
        if is_name(name) and is_address(" ".join(rest)) and all(folded(name) != folded(part) for part in rest):
            return name
    return None


def _under(start: Segment, left: float, segments: Sequence[Segment], most: int) -> list[Segment]:
    taken: list[Segment] = []
    last = start
    for segment in segments[start.index + 1 :]:
        if segment.page != last.page or len(taken) == most:
            break
        gap = segment.box.top - last.box.bottom
        height = max(last.height, segment.height)
        if gap > (2.2 if not taken else 1.3) * height:
            if segment.box.top > last.box.bottom + 4 * height:
                break
            continue
        if same_row(last, segment) or gap < -0.6 * height:
            continue
        if abs(segment.box.left - left) < 0.03 or abs(segment.box.left - last.box.left) < 0.012:
            taken.append(segment)
            last = segment
    return taken
