"""NOTIFY from somebody who may only connect (16): whatever is said, nobody stops, and work goes on."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import psycopg
import pytest

from tests.faults.feed import Feed, feeding
from tests.faults.nemesis import every, pause
from tests.faults.scale import ENGINE, full_or_short
from tests.faults.site import Site
from tests.faults.witness import Entry

pytestmark = pytest.mark.faults

CHANNELS = {"ours": ["advisorjobs"], "stock": ["procrastinate_any_queue_v1", "procrastinate_queue_v1#critical"]}[ENGINE]
PAYLOADS = ("x", "{}", "null", "x" * 7999)
SHOUT = "SELECT pg_notify(%s, said) FROM unnest(%s::text[]) AS s(said)"
SECONDS = full_or_short(60.0, 5.0)
CALM = full_or_short(20.0, 4.0)
BURST = 500
"""Payloads of one transaction, ten times a second: 5,000 a second, each different, or the server would fold them."""


def test_hostile_notifications_stop_nobody_and_slow_little(site: Site, figure: Callable[..., None]) -> None:
    sender = hostile_role(site)
    sent = 0

    def shout() -> None:
        nonlocal sent
        with psycopg.connect(sender) as connection:
            texts = [f"{PAYLOADS[n % 3]} {sent + n}" for n in range(BURST - len(PAYLOADS))]
            for channel in CHANNELS:
                connection.execute(
                    "SELECT pg_notify(%s, said) FROM unnest(%s::text[]) AS s(said)", [channel, [*texts, *PAYLOADS]]
                )
        sent += BURST

    members = [site.start(8) for _ in range(2)]
    site.wait_working(2)
    with feeding(Feed(site, per_second=60, kinds=("nap", "plain"))) as feed:
        site.wait_event("end", 60)
        begin = monotonic()
        pause(CALM)
        calm = monotonic()
        with every(0.1, shout):
            pause(SECONDS)
        over = monotonic()
    statuses = [member.status for member in members]
    assert statuses == [None, None], f"workers ended with {statuses}\n{site.fleet.tails()}"
    site.wait_done(30)
    kept = feed.rate(calm, over) / feed.rate(begin, calm)
    figure(sent=sent, rate=f"{kept:.0%}", exits=0)
    assert kept >= 0.8
    if ENGINE == "ours":
        ignored = [int(entry.detail) for entry in stopped(site)]
        assert all(count >= sent * 0.98 for count in ignored), f"of {sent} sent, {ignored} were counted"
        assert site.one("SELECT count(*) FROM advisorjobs_runs WHERE status <> 'completed'") == 0, "a lease was lost"
    site.check()


def stopped(site: Site) -> list[Entry]:
    site.fleet.stop()
    return site.witness.events("ignored")


def hostile_role(site: Site) -> str:
    """The address as a role that may connect to the database, and nothing else."""
    with site.connect() as connection:
        connection.execute("DROP ROLE IF EXISTS stranger")
        connection.execute("CREATE ROLE stranger LOGIN PASSWORD 'stranger'")
    return site.tcp_dsn.replace(site.tcp_dsn.split("//")[1].rpartition("@")[0], "stranger:stranger")
