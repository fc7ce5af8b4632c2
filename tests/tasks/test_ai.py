"""The AI jobs with the local engine: what they find, write and say, and what they leave alone."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from advisorjobs.tasks import ai

from advisorjobs.errors import ErrorCode, JobError, PayloadError
from advisorjobs.payloads import parse_payload
from tests.fixtures.analyst import Analyst

PERIOD = {"start": "2026-01-01", "end": "2026-06-30"}
JOBS: dict[str, dict[str, Any]] = {
    "ai:insights": PERIOD,
    "ai:classify_transactions": {},
    "ai:predict_cash_flow": {},
    "ai:detect_anomalies": PERIOD,
}
MONDAY = date(2026, 1, 5)


def weeks(count: int, party: str, amount: int, *, step: int = 7, first: date = MONDAY, **more: Any) -> list[Any]:
    return [(first + timedelta(days=step * number), amount, party, f"invoice no. {number}") for number in range(count)]


@pytest.fixture
def busy(analyst: Analyst) -> Analyst:
    """A client with half a year of bookings, some with categories, and one payment made twice."""
    analyst.book_all(weeks(24, "Fennimore AG", 1_000))
    for day, amount, party, text in weeks(24, "AWS EMEA", -100, first=MONDAY + timedelta(days=1)):
        analyst.book(day, amount, party, text, category="software")
    analyst.book(date(2026, 5, 4), Decimal("-312.40"), "Tallow & Sons", "bill TS-20417")
    analyst.book(date(2026, 5, 20), Decimal("-312.40"), "Tallow & Sons", "bill TS-20417")
    return analyst


# --- categories


def test_rules_give_categories_with_their_reasons(analyst: Analyst) -> None:
    hosting = analyst.book("2026-03-02", -42, "AWS EMEA SARL", "invoice 4711")
    rent = analyst.book("2026-03-03", -900, None, "Büromiete März")
    unknown = analyst.book("2026-03-04", -12, "Zyxomma", "thing")
    result = analyst.run("ai:classify_transactions")

    assert (result["engine"], result["method"]) == ("local", "rules")
    assert (result["classified"], result["unclassified"], result["more"]) == (2, 1, False)
    assert analyst.transaction(hosting)["category"] == "software"
    assert analyst.transaction(hosting)["category_source"] == "rule"
    assert "'aws" in analyst.transaction(hosting)["category_reason"]
    assert analyst.transaction(rent)["category"] == "rent"
    assert analyst.transaction(unknown)["category"] is None


def test_what_a_person_has_decided_is_followed_and_never_changed(analyst: Analyst) -> None:
    own = [analyst.book(date(2026, 1, day), -42, "AWS EMEA", category="equipment") for day in (5, 6, 7)]
    new = analyst.book("2026-03-02", -42, "AWS EMEA 4711")
    analyst.run("ai:classify_transactions", reclassify=True)
    row = analyst.transaction(new)

    assert (row["category"], row["category_source"]) == ("equipment", "model")
    assert row["category_reason"] == "'AWS EMEA 4711' as in 3 of your entries: Equipment"
    assert {analyst.transaction(each)["category_source"] for each in own} == {"person"}


def test_enough_own_labels_train_a_classifier_that_says_how_good_it_is(analyst: Analyst) -> None:
    for number in range(30):
        day = date(2026, 1, 1) + timedelta(days=number)
        analyst.book(day, -20 - number, f"Vellum Depot {chr(97 + number)}", "vellum sheets", category="office_supplies")
        analyst.book(
            day, -300 - number, f"Quoin Press {chr(97 + number % 26)}", "quoin works", category="subcontractors"
        )
    new = analyst.book("2026-04-01", -33, "The Vellum House", "sheets of vellum")
    result = analyst.run("ai:classify_transactions")
    row = analyst.transaction(new)

    assert result["method"] == "trained"
    assert (result["own_labels"], result["categories_learned"]) == (60, 2)
    assert result["accuracy"] >= 0.95
    assert (row["category"], row["category_source"]) == ("office_supplies", "model")
    assert "60 entries learned from" in row["category_reason"]


def test_only_what_has_no_category_is_sorted_unless_asked_to(analyst: Analyst) -> None:
    old = {"category": "meals", "category_source": "rule"}
    sorted_before = analyst.book("2026-03-02", -42, "AWS EMEA", **old)
    named, other = (analyst.book("2026-03-03", -42, "AWS EMEA") for _ in range(2))

    assert analyst.run("ai:classify_transactions", transaction_ids=[named])["classified"] == 1
    assert analyst.transaction(other)["category"] is None
    assert analyst.run("ai:classify_transactions")["classified"] == 1
    assert analyst.transaction(sorted_before)["category"] == "meals"
    assert analyst.run("ai:classify_transactions", reclassify=True)["classified"] == 3
    assert analyst.transaction(sorted_before)["category"] == "software"


@pytest.mark.parametrize("client", ["another client's", "another organization's", "nobody's"])
def test_a_transaction_that_isnt_the_clients_is_not_found(analyst: Analyst, client: str) -> None:
    analyst.add_client("org-1", "c2")
    analyst.add_client("org-2", "c1")
    theirs = {
        "another client's": analyst.book("2026-03-02", -42, "AWS", client="c2"),
        "another organization's": analyst.book("2026-03-02", -42, "AWS", organization="org-2"),
        "nobody's": "none",
    }[client]
    ours = analyst.book("2026-03-02", -42, "AWS")
    with pytest.raises(JobError, match="no transaction") as error:
        analyst.run("ai:classify_transactions", transaction_ids=[ours, theirs])

    assert error.value.code is ErrorCode.NOT_FOUND
    assert analyst.transaction(ours)["category"] is None


# --- the days to come


def test_a_forecast_says_where_the_balance_goes_and_from_what(analyst: Analyst) -> None:
    analyst.connection.execute(
        "INSERT INTO practice_accounts (organization_id, client_id, name, opening_balance) VALUES ('org-1', 'c1', 'Bank', 1000)"
    )
    (today,) = analyst.rows("SELECT current_date AS day")
    for back in range(300, 0, -10):
        day = today["day"] - timedelta(days=back)
        analyst.book(day, 400 + back % 7, f"Customer {chr(97 + back % 11)}", "sale")
    for month in range(1, 9):
        analyst.book(today["day"] - timedelta(days=30 * month), -700, "Hall Estates", "rent")
    result = analyst.run("ai:predict_cash_flow", days=60, warn_below="100000")

    assert (result["engine"], result["opening_source"]) == ("local", "books")
    assert Decimal(result["opening_balance"]) == 1_000 + sum(
        each["amount"] for each in analyst.rows("SELECT amount FROM practice_transactions")
    )
    assert result["recurring"] == [{"party": "Hall Estates", "amount": "-700.00", "every": "month"}]
    assert result["probability_below"] == 1.0
    points = result["balances"]
    assert len(points) == 9
    assert all(Decimal(each["low"]) <= Decimal(each["expected"]) <= Decimal(each["high"]) for each in points)
    (finding,) = analyst.findings("forecast")
    assert (finding["severity"], finding["engine"]) == ("high", "local")
    assert "With a probability of 100.0% it falls under 100,000.00 EUR" in finding["reason"]


def test_without_bookings_a_forecast_says_that_nothing_is_known(analyst: Analyst) -> None:
    (today,) = analyst.rows("SELECT current_date AS day")
    analyst.bill("R-1", today["day"], today["day"] + timedelta(days=14), 500)
    result = analyst.run("ai:predict_cash_flow", opening_balance="250.00", days=60)

    assert (result["method"], result["opening_source"], result["open_invoices"]) == ("known_only", "given", 1)
    assert (result["balances"][0]["expected"], result["balances"][-1]["expected"]) == ("250.00", "750.00")
    assert "too few bookings" in result["notes"][0]


# --- what is odd


def test_odd_bookings_become_findings_once_and_stay_dismissed(busy: Analyst) -> None:
    result = busy.run("ai:detect_anomalies", **PERIOD)
    (finding,) = busy.findings("anomaly")

    assert (result["engine"], result["by_check"], result["new"]) == ("local", {"paid_twice": 1}, 1)
    assert len(finding["transaction_ids"]) == 2
    assert (finding["severity"], finding["figures"]["amount"]) == ("high", "312.40")
    assert "312.40 EUR went to Tallow & Sons on 4 May 2026 and on 20 May 2026" in finding["reason"]
    busy.connection.execute("UPDATE practice_findings SET dismissed_at = now(), title = 'seen'")
    assert busy.run("ai:detect_anomalies", **PERIOD)["new"] == 0
    assert [(each["id"], each["title"]) for each in busy.findings("anomaly")] == [(finding["id"], "seen")]


def test_findings_are_in_the_firms_language(busy: Analyst) -> None:
    busy.connection.execute("UPDATE practice_organizations SET language = 'de'")
    result = busy.run("ai:detect_anomalies", **PERIOD)

    assert result["summary"] == "Geprüfte Buchungen: 50. Von einem Menschen anzusehen: 1, davon vorrangig: 1."
    assert "312,40 EUR gingen am 4. Mai 2026" in busy.findings("anomaly")[0]["reason"]


# --- insights


def test_insights_compare_a_period_with_the_one_before(busy: Analyst) -> None:
    result = busy.run("ai:insights", start="2026-04-01", end="2026-06-21")
    found = {each["key"].split(":")[0]: each for each in result["insights"]}

    assert (result["engine"], result["words"]) == ("local", "local")
    assert {"revenue", "expenses", "customers", "margin", "net_flow"} <= set(found)
    assert found["revenue"]["text"].startswith("Income was 11,000.00 EUR, after 12,000.00 EUR")
    assert found["customers"]["title"] == "100.0% of the income comes from Fennimore AG"
    (stored,) = [each for each in busy.findings("insight") if each["figures"]["insight"] == "revenue"]
    assert (stored["figures"]["now"], stored["figures"]["before"]) == ("11000.00", "12000.00")


@pytest.mark.parametrize(("begun", "is_compared"), [("2026-03-31", False), ("2026-02-28", False), ("2026-02-12", True)])
def test_insights_compare_nothing_with_days_before_the_books_began(
    analyst: Analyst, begun: str, is_compared: bool
) -> None:
    analyst.book(begun, -100, "Office World", "paper", category="office_supplies")
    for day in ("2026-03-30", "2026-05-04", "2026-05-18"):
        analyst.book(day, 3_000 if day < "2026-04-01" else 5_000, "Fennimore AG", category="sales")
        analyst.book(day, -2_000, "Staff", category="salaries")
    result = analyst.run("ai:insights", start="2026-04-01", end="2026-05-18")
    found = {each["key"].split(":")[0]: each for each in result["insights"]}
    comparing = [each["text"] for each in found.values() if " after " in each["text"] or "more than" in each["text"]]

    assert ("category" in found) is is_compared
    assert bool(comparing) is is_compared
    assert ("do not reach back far enough" in found["expenses"]["text"]) is not is_compared


def test_insights_keep_to_their_focus_and_language(busy: Analyst) -> None:
    result = busy.run("ai:insights", start="2026-04-01", end="2026-06-21", focus=["revenue"], language="de-AT")
    kinds = {each["key"].split(":")[0] for each in result["insights"]}

    assert kinds == {"revenue", "customers", "best_month"}
    assert "Die Einnahmen betrugen 11.000,00 EUR nach 12.000,00 EUR" in result["summary"]


# --- all of them


@pytest.mark.parametrize("name", JOBS)
def test_every_job_tells_the_feed_and_changes_nothing_when_it_runs_again(busy: Analyst, name: str) -> None:
    results = [busy.run(name, **JOBS[name])]
    before = busy.rows("SELECT id, kind, key, title, reason, figures, dismissed_at FROM practice_findings ORDER BY id")
    results.append(busy.run(name, **JOBS[name]))

    assert {each["engine"] for each in results} == {"local"}
    assert (
        busy.rows("SELECT id, kind, key, title, reason, figures, dismissed_at FROM practice_findings ORDER BY id")
        == before
    )
    kinds = [each["kind"] for each in busy.rows("SELECT kind FROM practice_activities WHERE client_id = 'c1'")]
    assert kinds
    assert set(kinds) == {"ai." + {"ai:insights": "insights", "ai:classify_transactions": "classified"}.get(
        name, "forecast" if "predict" in name else "anomalies"
    )}  # fmt: skip


@pytest.mark.parametrize("name", JOBS)
def test_a_job_that_dies_before_its_commit_writes_nothing_and_then_everything_once(busy: Analyst, name: str) -> None:
    busy.put(name, **JOBS[name])
    assert busy.step(crash_at="before_commit").status == "crashed"
    assert busy.rows("SELECT * FROM practice_findings") == busy.rows("SELECT * FROM practice_activities") == []
    assert busy.step(crash_at="after_commit").status == "completed"
    assert len(busy.rows("SELECT * FROM practice_activities")) == 1
    assert busy.kit.run_next(queue="ai-processing") is None


@pytest.mark.parametrize("name", JOBS)
def test_no_job_finds_a_client_of_another_organization(busy: Analyst, name: str) -> None:
    busy.add_client("org-2", "c9")
    with pytest.raises(JobError, match="has no client 'c9'") as error:
        busy.run(name, client_id="c9", **JOBS[name])

    assert (error.value.code, error.value.permanent) == (ErrorCode.NOT_FOUND, True)
    assert busy.rows("SELECT status FROM job_executions") == [{"status": "failed"}]


@pytest.mark.parametrize("name", JOBS)
def test_no_job_sees_or_writes_rows_of_another_organization(busy: Analyst, name: str) -> None:
    busy.add_client("org-2", "c1")
    theirs = busy.book("2026-05-05", -999, "AWS EMEA", organization="org-2")
    result = busy.run(name, organization="org-2", **JOBS[name])

    assert busy.rows("SELECT 1 FROM practice_findings WHERE organization_id = 'org-1'") == []
    assert (
        busy.rows("SELECT 1 FROM practice_transactions WHERE organization_id = 'org-1' AND category_source = 'rule'")
        == []
    )
    assert "Fennimore" not in str(result)
    assert busy.transaction(theirs)["organization_id"] == "org-2"


@pytest.mark.parametrize(
    ("payload", "fields", "wrong"),
    [
        (ai.InsightsPayload, {**PERIOD, "focus": ["luck"]}, "focus"),
        (ai.InsightsPayload, {"start": "2026-02-01", "end": "2026-01-01"}, "end: .*before start"),
        (ai.ClassifyTransactionsPayload, {"transaction_ids": []}, "transaction_ids"),
        (ai.ClassifyTransactionsPayload, {"transaction_ids": ["a", "a"]}, "twice"),
        (ai.PredictCashFlowPayload, {"days": 731}, "days"),
        (ai.PredictCashFlowPayload, {"confidence": 1.5}, "confidence"),
        (ai.PredictCashFlowPayload, {"opening_balance": 12.5}, "opening_balance"),
        (ai.DetectAnomaliesPayload, {**PERIOD, "sensitivity": "paranoid"}, "sensitivity"),
        (ai.DetectAnomaliesPayload, {**PERIOD, "sensitivty": "low"}, "sensitivty"),
    ],
)
def test_a_wrong_payload_is_refused_with_its_field(payload: Any, fields: dict[str, Any], wrong: str) -> None:
    with pytest.raises(PayloadError, match=wrong):
        parse_payload("ai:job", payload, {"organization_id": "o", "client_id": "c", **fields})
