"""What the witness saw of starts and runs, as figures: the fullest window, the most at once, how even the shares are."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence

from tests.faults.witness import Entry

__all__ = ["Run", "fullest_window", "jain", "most_at_once", "runs_of", "windows"]

Run = tuple[float, float, int]
"""Begin and end on the monotonic clock, in seconds, and the job."""


def fullest_window(starts: Iterable[tuple[float, int]], window: float) -> int:
    """The most that started in any half-open window of *window* seconds; *starts* are moments and costs."""
    inside: deque[tuple[float, int]] = deque()
    cost = most = 0
    for moment, price in sorted(starts):
        inside.append((moment, price))
        cost += price
        while inside[0][0] <= moment - window:
            cost -= inside.popleft()[1]
        most = max(most, cost)
    return most


def runs_of(entries: Iterable[Entry]) -> list[Run]:
    """The runs that began; one that a kill cut off ends at the moment before the kill was sent."""
    open_runs: dict[tuple[int, int], Entry] = {}
    runs: list[Run] = []
    last = 0.0
    for entry in entries:
        last = entry.at / 1e9
        if entry.event == "begin":
            open_runs[entry.job, entry.run] = entry
        elif entry.event in ("end", "broke") and (begin := open_runs.pop((entry.job, entry.run), None)):
            runs.append((begin.at / 1e9, last, entry.job))
        elif entry.event == "kill":
            cut = [key for key, begin in open_runs.items() if begin.pid == entry.pid]
            runs += [(open_runs.pop(key).at / 1e9, last, key[0]) for key in cut]
    return sorted(runs + [(begin.at / 1e9, last, begin.job) for begin in open_runs.values()])


def most_at_once(runs: Sequence[Run]) -> int:
    """The most runs that were under way at one moment."""
    now = most = 0
    for _, change in sorted([(end, -1) for _, end, _ in runs] + [(begin, 1) for begin, _, _ in runs]):
        now += change
        most = max(most, now)
    return most


def jain(counts: Sequence[int]) -> float:
    """Jain's index of fairness: 1 where all have the same, 1/n where one has all."""
    squares = len(counts) * sum(count * count for count in counts)
    return sum(counts) ** 2 / squares if squares else 0.0


def windows(starts: Sequence[tuple[float, str]], names: Mapping[str, int], seconds: float) -> list[list[int]]:
    """Starts of each organization in each window of *seconds* in which all of them still have jobs to start.

    *starts* are sorted moments and organizations; *names* says how many jobs each organization has in all.
    """
    left = Counter(names)
    found: list[list[int]] = []
    edge = starts[0][0] + seconds
    counts: Counter[str] = Counter()
    for moment, name in starts:
        while moment >= edge:
            if min(left.values()) > 0:
                found.append([counts[each] for each in names])
            counts.clear()
            edge += seconds
        counts[name] += 1
        left[name] -= 1
    return found
