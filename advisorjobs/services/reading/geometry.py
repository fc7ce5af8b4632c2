"""Four-cornered boxes in a picture, and turning them: plain arithmetic on numpy arrays."""

from __future__ import annotations

from math import atan2, cos, degrees, radians, sin
from statistics import median
from typing import Any

from advisorjobs.services.reading.libraries import needed

__all__ = ["lying", "quarter_turned", "skew", "straightened", "unturned", "upright"]

_WIDE = 3.0
_LONG = 1.8


def lying(quads: Any) -> bool:
    """Whether most of the boxes that are clearly longer than high stand upright: the page lies on its side."""
    flat = 0
    for quad in quads:
        width, height = _sides(quad)
        flat += width > _LONG * height
    return sum(map(upright, quads)) > flat


def upright(quad: Any) -> bool:
    """Whether a box is clearly higher than wide."""
    width, height = _sides(quad)
    return height > _LONG * width


def skew(quads: Any) -> float:
    """The angle in degrees by which lines fall to the right, 0 where too few long lines show it."""
    angles = []
    for quad in quads:
        width, height = _sides(quad)
        if width > _WIDE * height:
            angles.append(degrees(atan2(quad[1][1] - quad[0][1], quad[1][0] - quad[0][0])))
    return median(angles) if len(angles) >= 3 else 0.0


def straightened(quads: Any, angle: float, *, width: float, height: float) -> Any:
    """*quads* turned back by *angle* degrees about the picture's middle."""
    numpy = needed("numpy")
    turn = radians(-angle)
    matrix = numpy.array([[cos(turn), -sin(turn)], [sin(turn), cos(turn)]])
    middle = numpy.array([width / 2, height / 2])
    return (quads - middle) @ matrix.T + middle


def quarter_turned(quads: Any, *, height: float) -> Any:
    """*quads* of a picture of this height as they lie after it is turned a quarter clockwise."""
    numpy = needed("numpy")
    turned = numpy.stack([height - quads[..., 1], quads[..., 0]], axis=-1)
    # The corner that was bottom left is now top left.
    return numpy.roll(turned, 1, axis=1)


def unturned(quads: Any, *, width: float, height: float) -> Any:
    """*quads* of a picture of this size as they lie after it is turned upside down."""
    numpy = needed("numpy")
    return numpy.roll(numpy.array([width, height]) - quads, 2, axis=1)


def _sides(quad: Any) -> tuple[float, float]:
    """Length of the upper and of the left side."""
    numpy = needed("numpy")
    return float(numpy.linalg.norm(quad[1] - quad[0])), float(numpy.linalg.norm(quad[3] - quad[0]))
