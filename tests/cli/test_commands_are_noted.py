"""What commands change is in the audit log: who gave them, why, and that it was a command."""

from __future__ import annotations

from advisorjobs.application import App
from tests.fixtures.apps import Program
from tests.fixtures.deeds import Log
from tests.fixtures.desk import Desk

COMMANDS = (
    ("queues", "pause", "emails", "--reason", "the server moves", "--by", "bob"),
    ("queues", "limit", "emails", "--running", "3", "--why", "a newsletter", "--by", "bob"),
    ("queues", "resume", "emails"),
    ("jobs", "retry", "1"),
    ("jobs", "cancel", "2"),
    ("jobs", "cancel", "--all", "--queue", "critical", "--yes"),
)


def test_commands_leave_their_rows(app: App, run_python: Program, desk: Desk, audit_log: Log) -> None:
    desk.enqueue(2)
    desk.settle(*desk.claim(free=1), status="failed", final=True, error_code="network")
    for command in COMMANDS:
        ran = run_python("-m", "advisorjobs", *command, USER="carla", LOGNAME="carla")
        assert ran.returncode == 0, (command, ran.stderr)
    found = [(row["action"], row["subject"], row["by"], row["via"], row["why"]) for row in audit_log()]
    assert found == [
        ("pause", "emails", "bob", "command", "the server moves"),
        ("limit", "emails", "bob", "command", "a newsletter"),
        ("resume", "emails", "carla", "command", None),
        ("retry", "1", "carla", "command", None),
        ("cancel", "2", "carla", "command", None),
        ("cancel", "1", "carla", "command", None),  # the action on many, and its step
        ("cancel", "1", "carla", "command", None),
    ]
