"""The AI jobs with the local engine: what they find, write and say, and what they leave alone."""

from __future__ import annotations

from tests.fixtures.analyst import Analyst

JOBS = ("ai:insights", "ai:classify_transactions", "ai:predict_cash_flow", "ai:detect_anomalies")
PERIOD = {"start": "2026-01-01", "end": "2026-06-30"}


def test_rules_give_categories_with_their_reasons(analyst: Analyst) -> None:
    hosting = analyst.book("2026-03-02", -42, "AWS EMEA SARL", "invoice 4711")
    rent = analyst.book("2026-03-03", -900, None, "Büromiete März")
    unknown = analyst.book("2026-03-04", -12, "Zyxomma", "thing")
    result = analyst.run("ai:classify_transactions")

    assert result["engine"] == "local"
    assert result["method"] == "rules"
    assert (result["classified"], result["unclassified"]) == (2, 1)
    assert analyst.transaction(hosting)["category"] == "software"
    assert analyst.transaction(hosting)["category_source"] == "rule"
    assert "'aws" in analyst.transaction(hosting)["category_reason"]
    assert analyst.transaction(rent)["category"] == "rent"
    assert analyst.transaction(unknown)["category"] is None
