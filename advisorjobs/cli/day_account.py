"""The readable account of the demo's day: what each queue did, what was found, and where to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from advisorjobs.cli.account import printable
from advisorjobs.cli.consoles import print_rows

__all__ = ["day_account"]

SHOWN = {"forecast": 1, "anomaly": 5, "insight": 3}
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
    waits = f"{queue['idle']} wait for a release that has their function" if queue["idle"] else ""
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
    kinds, mails = counted(said["documents"]), counted(said["mails"])
    sorted_ones = f"{books['classified']} sorted by the firm's own example, {books['unclassified']} left to a person"
    return (
        f"\n[bold]documents[/]  {kinds}; {books['from_documents']} transactions booked from the bank statement",
        f"[bold]books[/]      {books['transactions']} transactions of {books['clients']} clients, {sorted_ones}",
        f"[bold]mails[/]      {mails or 'none'}",
        f"[bold]oddities[/]   {planted['found']} of {planted['oddities']} that were planted were found",
    )


def counted(kinds: Mapping[str, int]) -> str:
    return ", ".join(f"{escape(kind.replace('_', ' '))} {count}" for kind, count in kinds.items())


def failure_lines(failures: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    return [
        f"[red]failed[/]     {escape(each['name'])} ({each['error_code']}): "
        f"{escape(printable(each['error'] or ''))} [dim](advisorjobs jobs show {each['id']})[/]"
        for each in failures
    ]


def show_findings(findings: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Of each kind the gravest, no title twice: the forecast, what is odd, what else is worth knowing."""
    if not findings:
        return
    console.print("\n[bold]What was found[/]")
    titles = {(each["client"], each["title"]): each for each in reversed(findings)}
    different = list(reversed(titles.values()))
    shown = [each for kind, most in SHOWN.items() for each in [f for f in different if f["kind"] == kind][:most]]
    for each in shown:
        color = COLORS[each["severity"]]
        title, reason = (escape(printable(each[key])) for key in ("title", "reason"))
        console.print(f"  [{color}]●[/] {escape(each['client'])}: {title}", highlight=False)
        console.print(Padding(f"[dim]{reason}[/]", (0, 0, 0, 4), expand=False), highlight=False)
    if len(findings) > len(shown):
        console.print(
            f"  [dim]and {len(findings) - len(shown)} more: SELECT * FROM practice_findings[/]", highlight=False
        )
