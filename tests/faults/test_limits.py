"""Limits over processes: exact while workers come, go and are killed; and what a limit, a pause or a service holds up."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import monotonic

import pytest

from tests.faults.engines import Order
from tests.faults.nemesis import every, pause
from tests.faults.scale import FULL, LEASE, full_or_short, ours_only
from tests.faults.site import Site
from tests.faults.starts import fullest_window, most_at_once, runs_of
from tests.faults.witness import Entry

pytestmark = [pytest.mark.faults, ours_only]

WORKERS = 3
CALM = full_or_short(60.0, 4.0)
STORM = full_or_short(120.0, 4.5)
PERIOD = 2.0

RATES = {"critical": (20, 1.0), "emails": (60, 5.0), "reports": (8, 1.0)}
GIVEN_BACK = "SELECT count(*) FROM advisorjobs_runs WHERE status IN ('released', 'crashed') AND queue_name = %s"
SCOPES: dict[str, tuple[tuple[int, float], Callable[[Order], bool]]] = {
    **{queue: (limit, lambda order, queue=queue: order.queue == queue) for queue, limit in RATES.items()},  # type: ignore[misc]
    "small": ((5, 1.0), lambda order: order.queue == "critical" and order.organization == "small"),
    "stripe": ((4, 1.0), lambda order: order.limit_key == "stripe"),
}
"""What is limited: its rate, and which jobs count."""

MOST: dict[str, tuple[int, Callable[[Order], bool]]] = {
    "critical": (6, lambda order: order.queue == "critical"),
    "emails": (5, lambda order: order.queue == "emails"),
    "o1": (2, lambda order: order.queue == "critical" and order.organization == "o1"),
    "stripe": (3, lambda order: order.limit_key == "stripe"),
}
"""How many of which jobs may run at once."""


@contextmanager
def storm(site: Site) -> Iterator[None]:
    """Kills a worker every two seconds, and restarts one by SIGTERM now and then."""
    dice = random.Random(1)

    def harm() -> None:
        victim = dice.choice(site.fleet.living())
        site.fleet.kill_worker_of(victim)

    with every(PERIOD, harm):
        yield


def started(site: Site, chosen: Callable[[Order], bool], since: float, until: float) -> list[tuple[float, int]]:
    """Moments and costs of the starts of the chosen jobs."""
    moments = [(entry.at / 1e9, site.orders[entry.job]) for entry in site.witness.events("begin")]
    return [(at, order.cost) for at, order in moments if since <= at < until and chosen(order)]


def used(starts: Iterable[tuple[float, int]], limit: tuple[int, float], since: float, until: float) -> float:
    """The share of a rate that was used between two moments: how much longer than a window its starts took, in the mean."""
    moments = [at for at, cost in starts for _ in range(cost) if since <= at < until]
    rate, window = limit
    spans = [later - earlier for earlier, later in zip(moments, moments[rate:], strict=False)]
    return window * len(spans) / sum(spans) if spans else 0.0


def rated_order(dice: random.Random, queue: str) -> Order:
    if queue == "reports":
        return Order(kind="block", queue=queue, args={"ms": 5})
    kind = "fail-once-later" if dice.random() < 0.1 else "nap"
    if queue == "emails":
        return Order(kind=kind, queue=queue, args={"ms": 5})
    return Order(
        kind=kind,
        queue=queue,
        args={"ms": 5},
        cost=dice.choice((1, 1, 1, 2, 3)),
        organization=dice.choice(("o1", "small")),
        limit_key="stripe" if dice.random() < 0.3 else None,
    )


def limit_rates(site: Site, dice: random.Random) -> None:
    """A rate for each queue, one for an organization and one for a key, and jobs enough for all the test."""
    seconds = int(CALM + STORM) + full_or_short(20, 2)
    for queue, (rate, window) in RATES.items():
        site.enqueue(*(rated_order(dice, queue) for _ in range(int(rate / window * seconds) + rate)))
        site.one("SELECT set_queue_limit(%s, rate => %s)", queue, f"{rate}/{window:g} s")
    site.one("SELECT set_organization_rule('small', 'critical', rate => '5/s')")
    site.one("SELECT set_key_limit('stripe', rate => '4/s')")


def lift_rates(site: Site) -> None:
    for queue in RATES:
        site.one("SELECT set_queue_limit(%s, remove => '{rate}')", queue)
    site.one("SELECT remove_organization_rule('small', 'critical')")
    site.one("SELECT remove_key_limit('stripe')")


def test_rates_hold_in_every_window_through_kills_and_restarts(site: Site, figure: Callable[..., None]) -> None:
    limit_rates(site, random.Random(2))
    for _ in range(WORKERS):
        site.start(queues={"critical": 8, "emails": 8, "reports": 2}, FAULTS_PROCESSES=1)
    site.wait_working(WORKERS)
    site.wait_event("begin", 80)
    calm = monotonic()
    pause(CALM)
    storming = monotonic()
    with storm(site):
        pause(STORM)
    site.fleet.living()[0].send(signal.SIGTERM)
    site.start(queues={"critical": 8, "emails": 8, "reports": 2})
    pause(full_or_short(10, 1))
    over = monotonic()
    lift_rates(site)
    site.wait_done(60 + 2 * LEASE)
    site.check()

    starts = {name: started(site, chosen, 0, over) for name, (_, chosen) in SCOPES.items()}
    fullest = {name: fullest_window(starts[name], limit[1]) for name, (limit, _) in SCOPES.items()}
    shares = {name: used(starts[name], limit, calm if FULL else 0, storming) for name, (limit, _) in SCOPES.items()}
    stormy = {name: used(starts[name], limit, storming, over) for name, (limit, _) in SCOPES.items()}
    figure(
        fullest={name: f"{most} of {SCOPES[name][0][0]}" for name, most in fullest.items()},
        used={name: f"{share:.0%}" for name, share in shares.items()},
        used_under_kills={name: f"{share:.0%}" for name, share in stormy.items()},
        given_back={queue: site.one(GIVEN_BACK, queue) for queue in RATES},
    )
    assert {name: most for name, most in fullest.items() if most > SCOPES[name][0][0]} == {}
    if FULL:
        assert min(shares["emails"], shares["reports"]) >= 0.95


def limit_running(site: Site, dice: random.Random) -> None:
    site.enqueue(
        *(
            Order(
                kind="nap",
                queue=dice.choice(("critical", "emails")),
                args={"ms": dice.randint(20, 120)},
                organization=dice.choice(("o1", "o2", "o3")),
                limit_key="stripe" if dice.random() < 0.4 else None,
                priority=dice.choice((-1, -3)),
            )
            for _ in range(full_or_short(10_000, 1300))
        )
    )
    site.one("SELECT set_queue_limit('critical', running => 6, organization_running => 3)")
    site.one("SELECT set_organization_rule('o1', 'critical', running => 2)")
    site.one("SELECT set_queue_limit('emails', running => 5)")
    site.one("SELECT set_key_limit('stripe', running => 3)")


def lift_running(site: Site) -> None:
    site.one("SELECT set_queue_limit('critical', remove => '{running}')")
    site.one("SELECT set_queue_limit('emails', remove => '{running}')")
    site.one("SELECT remove_organization_rule('o1', 'critical')")
    site.one("SELECT remove_key_limit('stripe')")


def test_no_more_run_at_once_than_allowed_through_kills_and_changes(site: Site, figure: Callable[..., None]) -> None:
    limit_running(site, random.Random(3))
    for _ in range(WORKERS):
        site.start(queues={"critical": 8, "emails": 8}, FAULTS_PROCESSES=1)
    site.wait_event("end", 60)
    with storm(site):
        pause(full_or_short(60.0, 4.5))
    lowered = monotonic()
    site.one("SELECT set_queue_limit('critical', running => 2)")
    pause(full_or_short(10.0, 1.0))
    raised = monotonic()
    site.one("SELECT set_queue_limit('critical', running => 7, remove => '{organization_running}')")
    pause(full_or_short(10.0, 1.0))
    over = monotonic()
    lift_running(site)
    site.wait_done(120 + 2 * LEASE)
    site.check()

    runs = runs_of(site.witness.read())

    def at_once(name: str, since: float = 0, until: float = over) -> int:
        chosen = MOST[name][1]
        return most_at_once([run for run in runs if since <= run[0] < until and chosen(site.orders[run[2]])])

    most = {name: at_once(name, until=lowered if name == "critical" else over) for name in MOST}
    # what was claimed before the change may begin just after it
    low, high = at_once("critical", lowered + 0.5, raised), at_once("critical", raised + 0.5)
    figure(most_at_once={name: f"{count} of {MOST[name][0]}" for name, count in most.items()}, lowered=low, raised=high)
    assert {name: count for name, count in most.items() if count > MOST[name][0]} == {}
    assert low <= 2
    assert high == 7 if FULL else high <= 7


def test_a_pause_holds_from_its_commit_and_a_resumed_queue_goes_on(site: Site, figure: Callable[..., None]) -> None:
    site.enqueue(
        *(Order(kind="nap", args={"ms": 10}, organization=f"o{n % 2 + 1}") for n in range(full_or_short(20_000, 6000)))
    )
    for _ in range(2):
        site.start(8)
    site.wait_event("end", 300)

    def begun(since: float, organization: str = "") -> list[Entry]:
        found = [entry for entry in site.witness.events("begin") if entry.at / 1e9 >= since]
        return [entry for entry in found if organization in site.orders[entry.job].organization]

    late, gone_on, delay = {}, {}, {}
    for name, arguments in {"queue": "'critical'", "organization": "'critical', organization_id => 'o1'"}.items():
        organization = "o1" if name == "organization" else ""
        site.one(f"SELECT pause_queue({arguments})")
        paused, moment = monotonic(), site.one("SELECT clock_timestamp()")
        pause(1.0)
        site.wait_until(
            lambda organization=organization: (
                not site.one(  # type: ignore[misc]
                    "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' AND organization_id LIKE %s",
                    organization + "%",
                )
            ),
            "the end of what was claimed",
            20,
        )
        claimed_later = site.one(
            "SELECT count(*) FROM advisorjobs_runs WHERE started_at > %s AND organization_id LIKE %s",
            moment, organization + "%",
        )  # fmt: skip
        assert claimed_later == 0
        after = begun(paused, organization)
        late[name] = len(after)
        delay[name] = f"{max((entry.at / 1e9 - paused for entry in after), default=0) * 1e3:.0f} ms"
        if organization:
            assert begun(paused, "o2"), "the other organization stood still too"
        site.one(f"SELECT resume_queue({arguments})")
        resumed = monotonic()
        entries = site.wait_until(
            lambda resumed=resumed, organization=organization: begun(resumed, organization),  # type: ignore[misc]
            "a start after the pause",
            10,
        )
        gone_on[name] = f"{entries[0].at / 1e9 - resumed:.2f} s"
    figure(begun_after_the_pause=late, last_of_them_after=delay, went_on_after=gone_on)


def test_what_is_limited_holds_up_nobody_else(site: Site, figure: Callable[..., None]) -> None:
    """Full limits of each kind at the heads of two queues; then others add jobs."""
    head = [
        Order(kind="nap", args={"ms": 1}, organization="greedy"),
        Order(kind="nap", args={"ms": 1}, organization="keyed", limit_key="stripe"),
    ]
    site.enqueue(*(each for each in head for _ in range(full_or_short(50_000, 2000))))
    site.enqueue(*(Order(kind="nap", queue="emails", args={"ms": 1}) for _ in range(200)))
    site.one("SELECT set_organization_rule('greedy', 'critical', rate => '1/min')")
    site.one("SELECT set_key_limit('stripe', rate => '1/min')")
    site.one("SELECT set_queue_limit('emails', rate => '1/min')")
    for _ in range(2):
        site.start(queues={"critical": 8, "emails": 8})
    site.wait_event("end", 3)
    waits = []
    for _ in range(full_or_short(100, 20)):
        begin = monotonic()
        (job,) = site.enqueue(Order(kind="nap", args={"ms": 1}, organization="modest"))
        (entry,) = site.wait_event("begin", jobs=[job])
        waits.append(entry.at / 1e9 - begin)
    starts = [site.orders[entry.job] for entry in site.witness.events("begin")]
    figure(longest_wait=f"{max(waits) * 1e3:.0f} ms", median_wait=f"{sorted(waits)[len(waits) // 2] * 1e3:.0f} ms")
    assert sum(order.organization == "greedy" for order in starts) <= 2
    assert sum(order.limit_key is not None for order in starts) <= 2


def test_a_service_that_asks_for_patience_gets_it_from_all_workers(site: Site, figure: Callable[..., None]) -> None:
    """One key and one queue: nothing with them starts until then, others go on, and no attempt is charged."""
    seconds = full_or_short(10.0, 1.5)
    for _ in range(2):
        site.start(queues={"critical": 4, "emails": 4})
    site.wait_working(2)
    throttled = site.enqueue(
        Order(kind="throttled", args={"seconds": seconds}, limit_key="stripe"),
        Order(kind="throttled", args={"seconds": seconds}, queue="emails"),
    )
    broken = {entry.job: entry.at / 1e9 for entry in site.wait_event("broke", 2)}
    site.wait_until(lambda: site.states()["todo"] == 2, "the writing of both", 10)
    closed = monotonic()
    behind = site.enqueue(
        *(Order(kind="nap", args={"ms": 1}, limit_key="stripe") for _ in range(20)),
        *(Order(kind="nap", args={"ms": 1}, queue="emails") for _ in range(20)),
    )
    other = site.enqueue(*(Order(kind="nap", args={"ms": 1}) for _ in range(20)))
    site.wait_done(10, other)
    free = monotonic()
    site.wait_done(20 + seconds)
    site.check()

    begins = [entry for entry in site.witness.events("begin") if entry.job in behind]
    early = min(entry.at / 1e9 for entry in begins) - max(broken.values())
    attempts = site.one("SELECT max(attempt) FROM advisorjobs_runs WHERE job_id = ANY (%s)", throttled)
    figure(closed=f"{early:.2f} of {seconds:g} s", others_done_after=f"{free - closed:.2f} s", attempts=attempts)
    assert early >= seconds - (max(broken.values()) - min(broken.values()))
    assert attempts == 1
