"""The firm's own side: its people, where it is told of emergencies, what it is connected with and has to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from advisorjobs.practice.rows import Channel, Connection, Member, Organization, Task
from advisorjobs.practice.trades import Trade

__all__ = ["channels", "connections", "members", "tasks"]

PEOPLE = (("ada", "Ada Windmill", "owner"), ("ben", "Ben Lantern", "admin"), ("cleo", "Cleo Quill", "member"))
WORK = (
    ("File the VAT return", "The figures are in the tax summary.", -6),
    ("Ask for the missing receipts", "Everything over 250 without a document.", -1),
    ("Go through the unsorted transactions", None, 1),
    ("Prepare the annual accounts", "Start with the fixed assets.", 2),
    ("Call about the overdue invoices", None, 9),
    ("Check the payroll", None, -20),
)
"""Title, description, and in how many days it is due; the last one is done."""


def members(organization: Organization) -> tuple[Member, ...]:
    """Three people of the firm, the first of them its owner."""
    domain = organization.email.partition("@")[2]
    return tuple(Member(id=key, name=name, email=f"{key}@{domain}", role=role) for key, name, role in PEOPLE)


def channels(organization: Organization) -> tuple[Channel, ...]:
    """A mailbox for what can't wait."""
    domain = organization.email.partition("@")[2]
    return (Channel(id="duty", kind="email", address=f"duty@{domain}"),)


def connections(organization: Organization, kinds: Sequence[Trade]) -> tuple[Connection, ...]:
    """The last client's Stripe account, and the first one's till. No two firms may have the same account."""
    letters = "".join(each for each in organization.id.lower() if each.isascii() and each.isalnum())
    return (
        Connection(service="stripe", account=f"acct_{letters}", client_id=kinds[-1].id),
        Connection(service="custom", account=f"till-{letters}"[:64], client_id=kinds[0].id),
    )


def tasks(people: Sequence[Member], kinds: Sequence[Trade], today: date) -> tuple[Task, ...]:
    """Overdue, due soon, due later and done ones, handed to the firm's people in turn."""
    return tuple(
        Task(
            id=f"task{number}",
            client_id=kinds[number % len(kinds)].id,
            title=title,
            description=description,
            assignee_id=people[number % len(people)].id,
            due_on=today + timedelta(days=days),
            status="done" if number == len(WORK) else "open",
        )
        for number, (title, description, days) in enumerate(WORK, 1)
    )
