"""Findings in words: a language model's where they pass, each under the engine that found them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from advisorjobs.services.ai.asking import Asking
from advisorjobs.services.ai.books import Client, Finding
from advisorjobs.services.ai.narration import Statement, narrate
from advisorjobs.services.ai.wording import Wording

__all__ = ["Told", "tell"]


@dataclass(frozen=True, slots=True)
class Told:
    """`engine`: whose words `summary` is in. `refused`: how many pieces of a model's words were not taken."""

    engine: str
    summary: str
    findings: tuple[Finding, ...]
    refused: int

    def to_json(self) -> dict[str, Any]:
        """For the job's result."""
        found = [
            {"key": each.key, "severity": each.severity, "title": each.title, "text": each.reason}
            for each in self.findings
        ]
        return {"summary": self.summary, "insights": found, "refused_words": self.refused}


def tell(
    asking: Asking | None,
    findings: Sequence[Finding],
    parties: Mapping[str, tuple[str, ...]],
    *,
    topic: str,
    summary: str,
    wording: Wording,
    client: Client,
) -> Told:
    """*findings* with the words found for them; *parties*: key → the names in its sentences."""
    statements = [Statement(each.key, each.title, each.reason, parties.get(each.key, ())) for each in findings]
    narrative = narrate(asking, statements, topic=topic, summary=summary, wording=wording, private=client.known_names)
    worded = [
        replace(each, title=statement.title, reason=statement.text)
        for each, statement in zip(findings, narrative.statements, strict=True)
    ]
    return Told(narrative.engine, narrative.summary, tuple(worded), narrative.refused)
