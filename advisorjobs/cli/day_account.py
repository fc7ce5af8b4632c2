"""The readable account of the demo's day: what each queue did, what was found, and where to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from advisorjobs.cli.account import printable
from advisorjobs.cli.consoles import print_rows

__all__ = ["day_account"]

SHOWN = 10
COLORS = {"critical": "red", "high": "red", "medium": "yellow", "low": "dim"}


def day_account(said: Mapping[str, Any], psql: str, console: Console) -> None:
    """Prints *said* (see day_summary.py) on *console*; *psql* is the line with which a person looks inside."""
    console.print(f"\n[bold]A day's work in {said['seconds']:.0f} s[/]", highlight=False)
    print_rows(console, [queue_row(each) for each in said["queues"]], numbers=("jobs", "done", "failed", "time"))
    for line in (*outcome_lines(said), *failure_lines(said["failures"])):
        console.print(line, highlight=False, soft_wrap=True)
    show_findings(said["findings"], console)
    files = said["files"]
    console.print(
        f"\n[bold]To open[/]  {files['reports']} reports, {files['mails']} mails, {files['thumbnails']} pictures in\n"
        f"  {escape(said['folder'])}\n[bold]To look inside[/]\n  {escape(psql)}",
        highlight=False,
        soft_wrap=True,
    )


def queue_row(queue: Mapping[str, Any]) -> Mapping[str, str]:
    waits = f"{queue['idle']} wait for a release with their function" if queue["idle"] else ""
    return {
        "queue": queue["queue"],
        "jobs": str(queue["jobs"]),
        "done": str(queue["completed"]),
        "failed": str(queue["failed"]),
        "time": f"{queue['run_seconds']:.1f} s",
        "": waits,
    }


def outcome_lines(said: Mapping[str, Any]) -> Sequence[str]:
    books, planted = said["books"], said["planted"]
    kinds = ", ".join(f"{count} {escape(kind.replace('_', ' '))}" for kind, count in said["documents"].items())
    mails = ", ".join(f"{count} {escape(kind.replace('_', ' '))}" for kind, count in said["mails"].items())
    sorted_ones = f"{books['classified']} sorted by the firm's own example, {books['unclassified']} left to a person"
    return (
        f"\n[bold]documents[/]  {kinds}; {books['from_documents']} transactions booked from the bank statement",
        f"[bold]books[/]      {books['transactions']} transactions of {books['clients']} clients, {sorted_ones}",
        f"[bold]mails[/]      {mails or 'none'}",
        f"[bold]oddities[/]   {planted['found']} of {planted['oddities']} that were planted were found",
    )


def failure_lines(failures: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    return [
        f"[red]failed[/]     {escape(each['name'])} ({each['error_code']}): "
        f"{escape(printable(each['error'] or ''))} [dim](advisorjobs jobs show {each['id']})[/]"
        for each in failures
    ]


def show_findings(findings: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Forecasts and insights first, as they are few; then the gravest oddities."""
    if not findings:
        return
    console.print("\n[bold]What was found[/]")
    ordered = sorted(findings, key=lambda each: each["kind"] == "anomaly")
    for each in ordered[:SHOWN]:
        color = COLORS[each["severity"]]
        title, reason = (escape(printable(each[key])) for key in ("title", "reason"))
        console.print(f"  [{color}]●[/] {escape(each['client'])}: {title}\n    [dim]{reason}[/]", highlight=False)
    if len(ordered) > SHOWN:
        console.print(f"  [dim]and {len(ordered) - SHOWN} more: SELECT * FROM findings[/]", highlight=False)
