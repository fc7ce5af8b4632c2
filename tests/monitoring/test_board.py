"""Reports in shared memory: from process to process, and what a death leaves there."""

from __future__ import annotations

import os

import pytest

from advisorjobs.monitoring.board import HEADER, PLACE, Board
from advisorjobs.monitoring.report import QueueReport, Report, added, without_state

REPORT = Report(
    pid=3,
    turned=12.5,
    started=True,
    lag=0.25,
    renewed_at=11.0,
    unwritten=2,
    children=1,
    reconnections=4,
    leases_lost=1,
    losses={"error": 2},
    histograms={"claim_jobs": ([1, 2, 3], 8.5)},
    queues={"emails": QueueReport(5, 2, 1, 20, {"completed": 17, "failed": 1})},
)


def test_a_report_crosses_from_a_forked_process_to_its_parent() -> None:
    board = Board(2)
    assert board.read(1) is None

    pid = os.fork()
    if not pid:
        board.pin(1, REPORT)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0

    assert board.read(1) == REPORT
    assert board.read(0) is None
    board.clear(1)
    assert board.read(1) is None


def test_what_a_process_was_writing_when_it_died_leaves_what_was_there_before() -> None:
    board = Board(1)
    board.pin(0, REPORT)
    assert board.read(0) == REPORT
    written, length = HEADER.unpack_from(board._memory, 0)
    HEADER.pack_into(board._memory, 0, written + 1, length)
    board._memory[HEADER.size : HEADER.size + 4] = b"torn"

    assert board.read(0) == REPORT
    board.pin(0, REPORT._replace(lag=9.0))
    found = board.read(0)
    assert found is not None
    assert found.lag == 9.0


def test_a_report_that_is_larger_than_its_place_is_refused() -> None:
    large = REPORT._replace(histograms={"x" * PLACE: ([0], 0.0)})
    with pytest.raises(ValueError, match="larger than its place"):
        Board(1).pin(0, large)


def test_processes_are_added_up_and_a_dead_ones_counters_stay() -> None:
    gone = without_state(REPORT)
    total = added([REPORT, REPORT._replace(lag=0.5, renewed_at=10.0)], gone)

    assert total.losses == {"error": 6}
    assert total.queues == {"emails": QueueReport(10, 4, 2, 60, {"completed": 51, "failed": 3})}
    assert total.histograms == {"claim_jobs": ([3, 6, 9], 25.5)}
    assert (total.unwritten, total.children, total.reconnections, total.leases_lost) == (4, 2, 12, 3)
    assert (total.lag, total.renewed_at) == (0.5, 10.0)


def test_processes_of_different_queues_keep_each_their_own() -> None:
    other = REPORT._replace(queues={"reports": QueueReport(1, 0, 0, 2, {})})
    assert added([REPORT, other], Report(pid=0, turned=0.0)).queues == {**REPORT.queues, **other.queues}
