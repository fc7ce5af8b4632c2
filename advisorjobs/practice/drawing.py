"""Draws the papers: typst sets them, and those that are scanned go through a copier that has seen better days."""

from __future__ import annotations

import io
import json
import random
from importlib.resources import files

from advisorjobs.practice.papers import Paper
from advisorjobs.services.reading.libraries import needed

__all__ = ["draw"]

DOTS_PER_INCH = 150


def draw(paper: Paper) -> bytes:
    """The document's file: a PDF, or a JPEG where it was scanned. Needs the extras `reports` and `documents`."""
    source = (files("advisorjobs.templates") / "practice" / f"{paper.template}.typ").read_bytes()
    inputs = {"paper": json.dumps(dict(paper.says))}
    made: bytes = needed("typst", "reports").compile(
        source, format="png" if paper.scanned else "pdf", ppi=DOTS_PER_INCH, sys_inputs=inputs, ignore_system_fonts=True
    )
    return scanned(made, seed=paper.file_name) if paper.scanned else made


def scanned(picture: bytes, *, seed: str) -> bytes:
    """*picture* a little askew, unsharp, grey and grainy, as a JPEG; the same for the same *seed*."""
    numpy, pictures = needed("numpy"), needed("PIL.Image")
    filters = needed("PIL.ImageFilter")
    chance = random.Random(seed)
    page = pictures.open(io.BytesIO(picture)).convert("L")
    turned = page.rotate(chance.uniform(-0.9, 0.9), pictures.Resampling.BICUBIC, expand=True, fillcolor=246)
    blurred = turned.filter(filters.GaussianBlur(0.6))
    dots = numpy.asarray(blurred, dtype=numpy.float32)
    height, width = dots.shape
    grain = numpy.random.default_rng(chance.getrandbits(32)).normal(0, 7, dots.shape)
    light = numpy.linspace(0, 14, width)[None, :] + numpy.linspace(6, 0, height)[:, None]
    shown = numpy.clip(30 + dots * 0.86 - light + grain, 0, 255).astype(numpy.uint8)
    made = io.BytesIO()
    pictures.fromarray(shown).save(made, "JPEG", quality=82, dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
    return made.getvalue()
