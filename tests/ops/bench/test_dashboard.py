from __future__ import annotations

from collections import defaultdict

from advisorjobs.application import App
from advisorjobs.web import web_app
from advisorjobs.web.access.declarations import read_declarations
from ops.bench.dashboard_addresses import addresses_of_all, unasked
from ops.bench.dashboard_plans import MOST_ROWS, Scan, scans, summary, too_much


def test_every_page_and_every_answer_of_the_api_is_measured(app: App) -> None:
    declared = read_declarations(web_app(app).routes)
    asked = addresses_of_all(defaultdict(lambda: 1))
    assert unasked(declared, asked) == []
    assert unasked(declared, [each for each in asked if not each.startswith("/limits")]) == ["/limits"]


def node(kind: str, table: str, rows: int, loops: int = 1, **more: object) -> dict[str, object]:
    return {"Node Type": kind, "Relation Name": table, "Actual Rows": rows, "Actual Loops": loops, **more}


def test_scans_are_added_up_by_table_and_index_and_count_what_they_threw_away() -> None:
    runs = {"Index Name": "advisorjobs_runs_2026_11_job_id_run_no_idx", "Shared Hit Blocks": 3, "Shared Read Blocks": 1}
    more = {"Index Name": "advisorjobs_runs_default_job_id_run_no_idx", "Rows Removed by Filter": 4}
    plan = {
        "Node Type": "Append",
        "Plans": [
            node("Index Scan", "advisorjobs_runs_2026_11", 2, 10, **runs),
            node("Index Scan", "advisorjobs_runs_default", 1, 1, **more),
            node("Seq Scan", "advisorjobs_queues", 100_000),
            node("Index Scan", "advisorjobs_runs_2026_10", 0, 0, **runs),
        ],
    }
    assert scans([{"Plan": plan}, {"Plan": plan}]) == [
        Scan("advisorjobs_runs", "Index Scan", "advisorjobs_runs_job_id_run_no_idx", 50, 8, 22, 20)
    ]


def test_a_heap_scan_tells_the_index_of_its_bitmap() -> None:
    below = {"Node Type": "Bitmap Index Scan", "Index Name": "advisorjobs_audit_jobs_idx", "Actual Rows": 0}
    plan = node("Bitmap Heap Scan", "advisorjobs_audit", 1, Plans=[below])
    assert summary(scans([{"Plan": plan}])) == (
        "          1 rows      0 pages     1x  Bitmap Heap Scan of advisorjobs_audit by advisorjobs_audit_jobs_idx\n"
    )


def test_too_many_rows_and_a_table_read_from_end_to_end_are_too_much() -> None:
    few = Scan("advisorjobs_runs", "Index Scan", "some_idx", 2 * MOST_ROWS, 1, 2, MOST_ROWS)
    many = Scan("advisorjobs_runs", "Index Scan", "some_idx", MOST_ROWS + 1, 1, 1, MOST_ROWS + 1)
    whole = Scan("procrastinate_jobs", "Seq Scan", "", 1, 1, 1, 1)
    empty = Scan("advisorjobs_runs", "Seq Scan", "", 0, 0, 1, 0)
    assert too_much([few, many, whole, empty]) == [many, whole]
