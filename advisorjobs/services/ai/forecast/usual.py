"""What usually comes in and goes out, a day: a regression on the calendar, and paths of the days to come drawn from it.

A dynamic harmonic regression (Hyndman & Athanasopoulos, Forecasting, ch. 10.5): daily flows on the day of the week, the
place in the month, the time of the year and a trend, as far as the history can carry each. Its coefficients are drawn with
their uncertainty (covariance by Newey and West, so that days may depend on each other); what it leaves over is drawn in
blocks of two weeks, as it was, because flows of money are no bell curve. One path is one such draw. Then the method is tried
on the client's own past, from several days on that have their future behind them, and the paths are spread by as much more as
it was wrong there: businesses change in ways that no regression on the calendar knows of.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from advisorjobs.services.ai.libraries import needed

__all__ = ["FEW", "NONE", "REGRESSION", "Usual", "usual_paths"]

REGRESSION, FEW, NONE = "regression", "few_data", "known_only"
"""How the usual flows were found: by the calendar, by their mean alone, or not at all."""

ENOUGH_DAYS, ENOUGH_BOOKINGS = 84, 40
LEAST_DAYS, LEAST_BOOKINGS = 14, 5
MONTH_DAYS, TREND_DAYS, YEAR_DAYS = 120, 365, 600
SIGNIFICANT = 2.5
"""A trend is believed from this t value on: else it would lead far away in a year."""

TRIED_EVERY, MOST_TRIALS, TRIED_AHEAD, TRIED_DRAWS = 28, 12, (7, 28, 56, 84), 200
"""The trial: from so many days before the end, and as many earlier, at most so many; so many days ahead, on so few paths."""
UNTRIED = 1.25
"""The spread where the past is too short for a trial."""
UNSEEN_SEASON = 0.12
"""By so much of all that moves the usual level may be off, where no season was seen twice: a standard deviation, judged."""


@dataclass(frozen=True, slots=True)
class Usual:
    """`paths`: array of (draws, days), money in or out on each day to come; `method`: one of the three."""

    method: str
    paths: Any


def usual_paths(flows: Any, first: date, days: int, *, bookings: int, draws: int, random: Any) -> Usual:
    """Draws of the *days* after the *flows* (an array of one sum a day, from *first* on), which *bookings* made up."""
    numpy = needed("numpy")
    if len(flows) < LEAST_DAYS or bookings < LEAST_BOOKINGS:
        return Usual(NONE, numpy.zeros((draws, days)))
    enough = len(flows) >= ENOUGH_DAYS and bookings >= ENOUGH_BOOKINGS
    paths = _draw(flows, first, days, enough=enough, draws=draws, random=random)
    middle = numpy.median(numpy.cumsum(paths, axis=1), axis=0)
    middle = numpy.diff(middle, prepend=0.0)
    spread = _needed_spread(flows, first, random) if enough else 1.0
    if enough and len(flows) < YEAR_DAYS:
        unseen = random.normal(0.0, UNSEEN_SEASON * float(numpy.abs(flows).mean()), (draws, 1))
        paths = paths + unseen
    return Usual(REGRESSION if enough else FEW, middle + spread * (paths - middle))


def _draw(flows: Any, first: date, days: int, *, enough: bool, draws: int, random: Any) -> Any:
    numpy = needed("numpy")
    count = len(flows)
    calendar = [first + timedelta(days=number) for number in range(count + days)]
    design = _design(calendar, count) if enough else numpy.ones((count + days, 1))
    design = _with_trend(design, flows, count, days) if enough and count >= TREND_DAYS else design
    model = _fit(flows, design[:count])
    coefficients = random.multivariate_normal(model.params, _widened(model, count), draws, method="svd")
    length = 14 if enough else 7
    return coefficients @ design[count:].T + _blocks(numpy.asarray(model.resid), draws, days, length, random)


def _needed_spread(flows: Any, first: date, random: Any) -> float:
    """How many times as far from the middle the truth was in the past, than the paths said: 1 to 2.5 (root mean square)."""
    numpy = needed("numpy")
    off = list[float]()
    for start in range(len(flows) - TRIED_EVERY, ENOUGH_DAYS - 1, -TRIED_EVERY)[:MOST_TRIALS]:
        future = numpy.cumsum(flows[start : start + TRIED_AHEAD[-1]])
        ahead = [day for day in TRIED_AHEAD if day <= len(future)]
        paths = _draw(flows[:start], first, ahead[-1], enough=True, draws=TRIED_DRAWS, random=random)
        sums = numpy.cumsum(paths, axis=1)
        for day in ahead:
            said = sums[:, day - 1]
            off.append(float((future[day - 1] - numpy.median(said)) / max(said.std(), 0.01)))
    return float(numpy.clip(numpy.sqrt(numpy.mean(numpy.square(off))), 1.0, 2.5)) if off else UNTRIED


def _fit(flows: Any, design: Any) -> Any:
    linear = needed("statsmodels.regression.linear_model")
    lags = max(1, min(28, len(flows) // 5))
    return linear.OLS(flows, design).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True})


def _widened(model: Any, count: int) -> Any:
    """The covariance, made wider where the history is short: Newey and West's is too narrow then (Student's variance)."""
    blocks = max(3.0, count / 14)
    return model.cov_params() * (blocks / (blocks - 2.0))


def _design(calendar: list[date], count: int) -> Any:
    """A row a day: one, the days of the week, place in the month, time of the year; the last two if *count* carries them."""
    numpy = needed("numpy")
    columns = [numpy.ones(len(calendar))]
    columns += [numpy.array([float(day.weekday() == weekday) for day in calendar]) for weekday in range(1, 7)]
    if count >= MONTH_DAYS:
        place = numpy.array([(day.day - 1) / 30.4 for day in calendar])
        columns += [wave(2 * numpy.pi * k * place) for k in (1, 2) for wave in (numpy.sin, numpy.cos)]
    if count >= YEAR_DAYS:
        place = numpy.array([day.timetuple().tm_yday / 365.25 for day in calendar])
        columns += [wave(2 * numpy.pi * place) for wave in (numpy.sin, numpy.cos)]
    return numpy.column_stack(columns)


def _with_trend(design: Any, flows: Any, count: int, days: int) -> Any:
    """The design with a trend, if there is one; it ends with the history: what grew isn't taken to grow on."""
    numpy = needed("numpy")
    trend = numpy.minimum(numpy.arange(count + days), count - 1) / count
    wider = numpy.column_stack([design, trend])
    return wider if abs(_fit(flows, wider[:count]).tvalues[-1]) >= SIGNIFICANT else design


def _blocks(left: Any, draws: int, days: int, length: int, random: Any) -> Any:
    """(draws, days) of what the model left over, in blocks of *length* consecutive days, from anywhere in the history."""
    numpy = needed("numpy")
    length = min(length, len(left))
    pieces = -(-days // length)
    starts = random.integers(0, len(left) - length + 1, (draws, pieces))
    index = starts[:, :, None] + numpy.arange(length)
    return left[index].reshape(draws, pieces * length)[:, :days]
