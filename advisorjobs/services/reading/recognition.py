"""OCR of one grey picture by rapidocr's bundled models: lines found, turned upright, recognised, cut into words."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt
from pathlib import Path
from statistics import fmean, median
from typing import Any

from advisorjobs.services.reading.geometry import lying, quarter_turned, skew, straightened, unturned, upright
from advisorjobs.services.reading.libraries import needed
from advisorjobs.services.reading.page import Box, Word
from advisorjobs.services.reading.pictures import Picture

__all__ = ["PictureWords", "picture_words"]

_THREADS = 2
_FINDING_PIXELS = 1_400_000
"""Lines are found in a picture of so many pixels (an A4 page at 120 dpi) and recognised in the full one."""
_MOST_ENLARGED = 1.6
_LEAST_SURE = 0.5
_SLIGHT = 0.25
"""Degrees of skew that need no turning."""
_ORIENTATION_SAMPLE = 24
_BATCH = 6
_BATCH_RATIO = 60.0
"""Lines of a batch are together at most so many times as wide as one line is high."""
_MODELS = {
    "Det": "PP-OCRv6_det_small.onnx",
    "Cls": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
    "Rec": "PP-OCRv6_rec_small.onnx",
}


@dataclass(frozen=True, slots=True)
class PictureWords:
    """The words of a picture as it is read upright, and its size in pixels then; `across` runs up or down it."""

    words: tuple[Word, ...]
    across: tuple[Word, ...]
    width: float
    height: float


def picture_words(picture: Picture) -> PictureWords:
    """All words in *picture*, which may be turned by any quarter and skewed by some degrees."""
    numpy, cv2 = needed("numpy"), needed("cv2")
    quads = _found(picture)
    pixels, width, height = picture.pixels, float(picture.width), float(picture.height)
    if not len(quads):
        return PictureWords((), (), width, height)
    if lying(quads):
        quads = quarter_turned(quads, height=height)
        pixels, width, height = numpy.rot90(pixels, k=-1), height, width
    if _upside_down(pixels, quads):
        quads = unturned(quads, width=width, height=height)
        pixels = cv2.rotate(pixels, cv2.ROTATE_180)
    angle = skew(quads)
    level = straightened(quads, angle, width=width, height=height) if abs(angle) > _SLIGHT else quads
    lines = _recognised([_cut(pixels, quad) for quad in quads])
    words: list[Word] = []
    across: list[Word] = []
    for quad, line in zip(level, lines, strict=True):
        (across if upright(quad) else words).extend(_words(line, _box(quad, width=width, height=height)))
    return PictureWords(tuple(words), tuple(across), width, height)


@cache
def _engine() -> Any:
    """One engine a process. Its models are those inside the wheel, named by path so that nothing is downloaded."""
    rapidocr = needed("rapidocr")
    folder = Path(rapidocr.__file__).parent / "models"
    engine = rapidocr.RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.max_side_len": 100_000,
            "Global.return_word_box": True,
            "Det.limit_type": "max",
            "Det.limit_side_len": 100_000,
            "Rec.rec_batch_num": _BATCH,
        }
    )
    with needed("omegaconf").flag_override(engine.cfg, "allow_objects", True):
        for part, name in _MODELS.items():
            engine.cfg[part].session = _network(folder / name)
    return engine


def _network(model: Path) -> Any:
    """A model whose threads sleep while they wait for each other. RapidOCR's own spin: beside other child processes they
    take a quarter more of the processors for the same page."""
    runtime = needed("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    options.enable_cpu_mem_arena = False
    options.intra_op_num_threads = max(1, min(_THREADS, os.cpu_count() or 1))
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return runtime.InferenceSession(str(model), sess_options=options, providers=["CPUExecutionProvider"])


def _found(picture: Picture) -> Any:
    """Boxes of lines of text: an array of (boxes, 4 corners, x and y), corners clockwise from the top left."""
    numpy, cv2 = needed("numpy"), needed("cv2")
    scale = min(_MOST_ENLARGED, sqrt(_FINDING_PIXELS / (picture.width * picture.height)))
    size = (max(32, round(picture.width * scale)), max(32, round(picture.height * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.cvtColor(cv2.resize(picture.pixels, size, interpolation=method), cv2.COLOR_GRAY2BGR)
    boxes = _engine()(small, use_det=True, use_cls=False, use_rec=False).boxes
    if boxes is None or not len(boxes):
        return numpy.zeros((0, 4, 2))
    ratio = numpy.array([picture.width / size[0], picture.height / size[1]])
    return numpy.asarray(boxes, dtype=float).reshape(-1, 4, 2) * ratio


def _upside_down(pixels: Any, quads: Any) -> bool:
    """Whether most of the longest lines stand on their heads."""
    numpy = needed("numpy")
    lengths = numpy.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)
    longest = numpy.argsort(lengths)[::-1][:_ORIENTATION_SAMPLE]
    _, result = _engine().cls_and_rotate([_cut(pixels, quads[number]) for number in longest])
    turned = sum(float(score) if label == "180" else -float(score) for label, score in result.cls_res)
    return bool(turned > 0)


def _cut(pixels: Any, quad: Any) -> Any:
    """The part of the picture inside *quad*, drawn level, in three equal colours as the models want it."""
    numpy, cv2 = needed("numpy"), needed("cv2")
    corners = numpy.asarray(quad, dtype=numpy.float32)
    width = max(4, round(max(_length(corners[0], corners[1]), _length(corners[3], corners[2]))))
    height = max(4, round(max(_length(corners[0], corners[3]), _length(corners[1], corners[2]))))
    target = numpy.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=numpy.float32)
    left, top = numpy.floor(corners.min(axis=0)).astype(int)
    right, bottom = numpy.ceil(corners.max(axis=0)).astype(int)
    left, top = max(0, left), max(0, top)
    part = numpy.ascontiguousarray(pixels[top : max(top + 1, bottom), left : max(left + 1, right)])
    shift = numpy.array([left, top], dtype=numpy.float32)
    matrix = cv2.getPerspectiveTransform(corners - shift, target)
    level = cv2.warpPerspective(part, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    if upright(quad):
        level = numpy.rot90(level)
    return cv2.cvtColor(numpy.ascontiguousarray(level), cv2.COLOR_GRAY2BGR)


def _length(one: Any, other: Any) -> float:
    return float(needed("numpy").linalg.norm(one - other))


@dataclass(frozen=True, slots=True)
class _Line:
    """A recognised line: its letters without spaces, where each stands (0…1), how sure each is, and word starts."""

    letters: str
    places: tuple[float, ...]
    sure: tuple[float, ...]
    starts: frozenset[int]


def _recognised(crops: Sequence[Any]) -> list[_Line | None]:
    lines: list[_Line | None] = [None] * len(crops)
    for batch in _batches([crop.shape[1] / crop.shape[0] for crop in crops]):
        result = _engine().recognize_txt([crops[number] for number in batch])
        found = zip(batch, result.txts or (), result.scores, result.word_results, strict=False)
        for number, text, score, info in found:
            if text.strip() and float(score) >= _LEAST_SURE:
                lines[number] = _line(text, info)
    return lines


def _batches(ratios: Sequence[float]) -> Iterator[list[int]]:
    """Lines of about equal length together, few where they are long: the network's output takes 70 kB for every eight
    pixels of a line's width."""
    batch: list[int] = []
    for number in sorted(range(len(ratios)), key=lambda number: ratios[number]):
        if batch and (len(batch) == _BATCH or (len(batch) + 1) * ratios[number] > _BATCH_RATIO):
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _line(text: str, info: Any) -> _Line | None:
    """*info* gives the column of the network's output in which each letter was seen."""
    columns = [column for word in info.word_cols for column in word]
    solid = [(char, float(sure)) for char, sure in zip(text, info.confs, strict=False) if not char.isspace()]
    if not solid or len(columns) != len(solid):
        return None
    starts, count = {0}, 0
    for before, char in zip(" " + text, text, strict=False):
        if not char.isspace():
            if before.isspace():
                starts.add(count)
            count += 1
    places = tuple(min(1.0, (column + 0.5) / max(1.0, info.line_txt_len)) for column in columns)
    return _Line("".join(char for char, _ in solid), places, tuple(sure for _, sure in solid), frozenset(starts))


def _words(line: _Line | None, box: Box) -> Iterator[Word]:
    """The line's words, their edges half a letter outside of their first and last letter."""
    if line is None:
        return
    pitch = _pitch(line)
    starts = sorted(line.starts)
    for start, end in zip(starts, [*starts[1:], len(line.letters)], strict=True):
        width = box.right - box.left
        left = box.left + width * max(0.0, line.places[start] - pitch / 2)
        right = box.left + width * min(1.0, line.places[end - 1] + pitch / 2)
        word_box = Box(left, box.top, max(right, left), box.bottom)
        yield Word(line.letters[start:end], word_box, round(fmean(line.sure[start:end]), 3))


def _pitch(line: _Line) -> float:
    """The usual distance of two letters of one word."""
    steps = [
        line.places[number] - line.places[number - 1]
        for number in range(1, len(line.letters))
        if number not in line.starts
    ]
    return median(steps) if steps else min(1.0, 1.0 / max(1, len(line.letters)))


def _box(quad: Any, *, width: float, height: float) -> Box:
    """The level box of a straightened quad, as fractions of the page."""
    left, right = (quad[0][0] + quad[3][0]) / 2, (quad[1][0] + quad[2][0]) / 2
    top, bottom = (quad[0][1] + quad[1][1]) / 2, (quad[2][1] + quad[3][1]) / 2
    return Box(*(min(1.0, max(0.0, float(x))) for x in (left / width, top / height, right / width, bottom / height)))
