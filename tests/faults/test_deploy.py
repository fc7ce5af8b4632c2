"""Old and new code side by side (31): no job fails because a worker doesn't know it yet."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.faults.engines import Order
from tests.faults.feed import Feed, feeding
from tests.faults.nemesis import pause
from tests.faults.scale import full_or_short
from tests.faults.site import Site

pytestmark = pytest.mark.faults

NEW = {"FAULTS_NEW_CODE": "1"}
SLOTS = 8
OVERLAP = full_or_short(30.0, 2.0)


def test_jobs_of_the_new_code_wait_for_it_while_the_old_code_works_on(site: Site, figure: Callable[..., None]) -> None:
    """Two workers of the old code are replaced, one after the other, while jobs of old and new names come in."""
    old = [site.start(SLOTS) for _ in range(2)]
    site.wait_working(2)
    with feeding(Feed(site, per_second=60, kinds=("nap", "plain", "ledger"))):
        unknown = site.enqueue(*[Order(kind="new", args={"ms": 5})] * 200)
        site.wait_event("end", 100)
        assert site.states(unknown) == {"todo": 200}
        for member in old:
            site.start(SLOTS, **NEW)
            unknown += site.enqueue(*[Order(kind="new", args={"ms": 5})] * 50)
            pause(OVERLAP)
            member.send(signal.SIGTERM)
            assert member.ended(30) == 0
    site.wait_done(30)

    states = site.states()
    begins = len(site.witness.events("begin"))
    figure(jobs=len(site.ids), of_new_names=len(unknown), failed=states["failed"], run_twice=begins - len(site.ids))
    assert states == {"done": len(site.ids)}
    assert begins == len(site.ids)
    site.check()
