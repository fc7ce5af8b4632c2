"""Who issued a document: every name on it, weighed by where it stands and what stands around it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from advisorjobs.services.documents.choice import Choice
from advisorjobs.services.documents.evidence import Evidence, likelier
from advisorjobs.services.documents.labels import Label, same_row
from advisorjobs.services.documents.layout import Segment
from advisorjobs.services.documents.names import core, is_name, name_before_form, trimmed
from advisorjobs.services.documents.parties import (
    below,
    blocks_of,
    contact_signs,
    domains,
    recipient_segments,
    sender_name,
)
from advisorjobs.services.documents.spelling import folded
from advisorjobs.services.documents.vocabulary import legal_form_pattern, phrases, titles

__all__ = ["choose_issuer"]


@dataclass(frozen=True, slots=True)
class _Claim:
    """One reason to take a name for the issuer's."""

    name: str
    weight: float
    said: bool = False


def choose_issuer(evidence: Evidence, *, kind: str) -> Choice | None:
    """The issuer's name as printed, with its legal form where one is printed."""
    recipients = recipient_segments(evidence)
    groups: dict[str, list[_Claim]] = defaultdict(list)
    for claim in _claims(evidence, recipients, kind):
        if core(claim.name):
            groups[core(claim.name)].append(claim)
    _join_prefixes(groups)
    if not groups:
        return None
    hosts = domains(evidence.text)
    addressed = {core(name) for name in _names_in(evidence, recipients)}
    plain = folded(evidence.text).replace(" ", "")
    scores = {key: _score(key, claims, hosts, plain, key in addressed) for key, claims in groups.items()}
    backed = {key for key in groups if _agrees(key, hosts) and any(claim.said for claim in groups[key])}
    if backed:
        scores = {key: score * (1.0 if _agrees(key, hosts) else 0.9) for key, score in scores.items()}
    best = max(scores, key=lambda key: scores[key])
    second = max((score for key, score in scores.items() if key != best), default=0.0)
    sure = scores[best] * (0.85 if second > 0.92 * scores[best] else 1.0)
    return Choice(_spelling(groups[best]), round(min(0.98, sure), 2))


def _score(key: str, claims: list[_Claim], hosts: list[str], plain: str, addressed: bool) -> float:
    """Claims of one place must not pile up: the best three count."""
    weights = sorted((claim.weight for claim in claims), reverse=True)[:3]
    mentions = plain.count(key) if len(key) > 2 else 0
    reasons = [*weights, 0.35 if _agrees(key, hosts) else 0.0, min(0.2, 0.07 * max(0, mentions - 1))]
    return likelier(reasons) * (0.35 if addressed else 1.0)


def _agrees(key: str, hosts: list[str]) -> bool:
    bare = [folded(host).replace(" ", "") for host in hosts]
    return any(
        (len(key) >= 3 and host.startswith(key)) or (len(host) >= 4 and host in key) or _initials(key, host)
        for host in bare
    )


def _initials(key: str, host: str) -> bool:
    return len(key) >= 5 and len(host) >= 5 and key[:5] == host[:5]


def _join_prefixes(groups: dict[str, list[_Claim]]) -> None:
    """OCR and titles leave tails: a key that another one begins with, and that is rarer, joins it."""
    for key in sorted(groups, key=len, reverse=True):
        for other in list(groups):
            if (
                other != key
                and key in groups
                and len(other) >= 5
                and key.startswith(other)
                and len(key) - len(other) <= 3
            ):
                groups[other] += groups.pop(key)
    # A brand joins the firm that bears its name ("ACME" and "Acme Trading Ltd").
    for key in sorted(groups, key=len):
        firm = next((other for other in groups if other != key and _bears(other, groups[other], key)), None)
        if firm is not None:
            groups[firm] += groups.pop(key)


def _bears(key: str, claims: list[_Claim], brand: str) -> bool:
    return len(brand) >= 5 and key.startswith(brand) and any(legal_form_pattern().search(c.name) for c in claims)


def _spelling(claims: list[_Claim]) -> str:
    with_form = [claim for claim in claims if legal_form_pattern().search(claim.name)]
    name = max(with_form or claims, key=lambda claim: claim.weight).name
    return name.strip(" ,;:-")


def _names_in(evidence: Evidence, indexes: frozenset[int]) -> Iterator[str]:
    for index in indexes:
        text = evidence.segments[index].text
        yield trimmed(text.split(":")[-1])


def _claims(evidence: Evidence, recipients: frozenset[int], kind: str) -> Iterator[_Claim]:
    free = [segment for segment in evidence.segments if segment.index not in recipients]
    contacts, registered = _contacts(evidence, recipients), _registered(evidence, recipients)
    for segment in free:
        for name in name_before_form(segment):
            yield _Claim(name, 0.4)
            yield _Claim(name, contacts.get(segment.index, 0.0))
            if segment.index in registered and (kind == "bank_statement" or not _is_bank(name)):
                yield _Claim(name, 0.5)
        yield from _sender_line(segment)
    yield from _labelled(evidence, recipients)
    yield from _letterhead(evidence, free, contacts, kind)
    yield from _signature(evidence, free, kind)
    for host in set(domains(evidence.text)):
        yield _Claim(_as_printed(host, evidence), 0.1)


def _contacts(evidence: Evidence, recipients: frozenset[int]) -> dict[int, float]:
    """How much each segment gains from ways to reach somebody that stand in its block."""
    gains: dict[int, float] = {}
    for block in blocks_of([segment for segment in evidence.segments if segment.index not in recipients]):
        signs = contact_signs(block.text)
        for segment in block.segments:
            gains[segment.index] = (0.0, 0.22, 0.32, 0.38)[min(signs, 3)]
    return gains


def _registered(evidence: Evidence, recipients: frozenset[int]) -> frozenset[int]:
    """Segments of blocks that say where a firm is registered or taxed: who must print that is the issuer."""
    found: set[int] = set()
    for block in blocks_of([segment for segment in evidence.segments if segment.index not in recipients]):
        plain = f" {folded(block.text)} "
        if any(f" {word} " in plain for word in phrases("parties", "registration_words")):
            found.update(segment.index for segment in block.segments)
    return frozenset(found)


def _is_bank(name: str) -> bool:
    """Whether a name is a bank's: on other papers than its own it is the one that the money goes to."""
    plain = folded(name)
    banks = tuple(phrases("parties", "bank_words"))
    return any(word.endswith(banks) for word in plain.split()) or plain.endswith(banks)


def _sender_line(segment: Segment) -> Iterator[_Claim]:
    name = sender_name(segment)
    if name is not None:
        yield _Claim(name, 0.4)


def _labelled(evidence: Evidence, recipients: frozenset[int]) -> Iterator[_Claim]:
    """Names after "Sold by:", under "Seller", beside "Émetteur"."""
    for label in evidence.labels:
        weight = label.weight("issuer")
        if not weight:
            continue
        for text in _texts_after(label, evidence, recipients):
            yield _Claim(text, 0.72 * weight, said=True)
            break


def _texts_after(label: Label, evidence: Evidence, recipients: frozenset[int]) -> Iterator[str]:
    segment = label.span.segment
    rest = segment.text[label.span.end :]
    short = sum(char.isalnum() for char in label.span.text) <= 4
    announced = rest.lstrip().startswith(":")
    if any(char.isalpha() for char in rest) and (announced or not short) and not rest.startswith(("'", "’", "-")):
        first = next(name_before_form(segment), None) or trimmed(re.split(r"[,;(|]|\s[-–]\s", rest.strip(" :."))[0])
        if is_name(first) and (announced or first[:1].isupper()):
            yield first
    if not label.alone and not announced and short:
        return
    if label.alone:
        for other in evidence.segments:
            if other is not segment and same_row(segment, other) and 0 <= other.box.left - segment.box.right < 0.25:
                yield from _names_of(other, recipients)
    for other in below(label, evidence.segments, most=4):
        beside = _beside_name(other, evidence) if folded(other.text) in phrases("parties", "name_words") else None
        yield from _names_of(beside or other, recipients)


def _beside_name(word: Segment, evidence: Evidence) -> Segment | None:
    """What stands to the right of the mere word "Name"."""
    return next(
        (other for other in evidence.segments if same_row(word, other) and other.box.left > word.box.right), None
    )


def _names_of(segment: Segment, recipients: frozenset[int]) -> Iterator[str]:
    name = trimmed(next(name_before_form(segment), segment.text))
    if segment.index not in recipients and not segment.text.startswith("(") and ":" not in name and is_name(name):
        yield name


def _letterhead(evidence: Evidence, free: list[Segment], contacts: dict[int, float], kind: str) -> Iterator[_Claim]:
    """Names at the top of the first page, the larger and the higher the better."""
    page = [segment for segment in free if segment.page == evidence.segments[0].page] if evidence.segments else []
    if not page:
        return
    usual = median(segment.height for segment in page)
    labelled = {label.span.segment.index for label in evidence.labels if label.alone}
    labelled |= {segment.index for row in evidence.rows if row.table_head for segment in row.segments}
    head = [segment for segment in page if segment.box.top < 0.3 and segment.index not in labelled]
    names = [segment for segment in head if is_name(trimmed(segment.text)) and not _is_title(segment.text)]
    for place, segment in enumerate(names[:6]):
        name = _over_two_lines(segment, names[place + 1 : place + 2], usual) or trimmed(segment.text)
        size = segment.height / usual if usual else 1.0
        weight = 0.34 - 0.05 * place + min(0.25, 0.3 * max(0.0, size - 1.1))
        weight += 0.12 if set(folded(segment.text).split()) & phrases("parties", "trade_words") else 0.0
        weight += 0.15 if kind == "receipt" and place == 0 else 0.0
        weight += 0.35 if kind == "bank_statement" and _is_bank(name) else 0.0
        weight -= 0.12 if segment.box.top > 0.16 and kind != "receipt" else 0.0
        yield _Claim(name, max(0.05, weight))
        yield _Claim(name, 0.6 * contacts.get(segment.index, 0.0))


def _is_title(text: str) -> bool:
    """Whether a line says what the paper is ("Your electricity bill", "Statement of account") or labels something."""
    words = f" {folded(text)} "
    titled = any(words.startswith(f" {title} ") or words.endswith(f" {title} ") for title in titles())
    last = words.strip().rpartition(" ")[2]
    labelled = ":" in text or last in phrases("labels", "number_words")
    return labelled or (titled and not legal_form_pattern().search(text))


def _over_two_lines(segment: Segment, following: list[Segment], usual: float) -> str | None:
    """A large name that begins with the mere trade ("BAKERY") and goes on in the next line."""
    for other in following:
        near = -0.5 * segment.height <= other.box.top - segment.box.bottom < 0.8 * segment.height
        alike = abs(other.height - segment.height) < 0.15 * segment.height
        if (
            near
            and alike
            and segment.height > 1.1 * usual
            and folded(segment.text) in phrases("parties", "trade_words")
        ):
            return trimmed(f"{segment.text} {other.text}")
    return None


def _signature(evidence: Evidence, free: list[Segment], kind: str) -> Iterator[_Claim]:
    """In a letter the name under the greeting counts a little."""
    if kind != "letter":
        return
    closing = phrases("kinds", "closings")
    for segment in free:
        if any(folded(segment.text).startswith(words) for words in closing):
            for other in free:
                if other.page == segment.page and 0 < other.box.top - segment.box.bottom < 0.12 and is_name(other.text):
                    yield _Claim(trimmed(other.text), 0.25)


def _as_printed(host: str, evidence: Evidence) -> str:
    """The host's name as the text writes it elsewhere, else capitalised."""
    for word in re.findall(r"[^\W_][\w\-&']+", evidence.text):
        if folded(word).replace(" ", "") == host and word != host:
            return str(word)
    return host.capitalize()
