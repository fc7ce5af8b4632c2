"""Measures how well documents are read, on a folder of real ones: `python ops/accuracy.py ../shared/data`.

Prints one line a check and ends with 1 where a target is missed. Every document is read in a process of its own, so
that its time and its peak of resident memory are its own.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path

from advisorjobs.errors import JobError
from advisorjobs.services.documents.classification import classify
from advisorjobs.services.documents.extraction import Extraction, extract
from advisorjobs.services.documents.names import core
from advisorjobs.services.reading.reader import document_reader

FIELDS_RIGHT = 5
"""Of the six invoices so many must have each field right."""
WORDS_FOUND, WORDS_EXTRA = 0.95, 0.05
SECONDS, MEBIBYTES = 10.0, 1024

LINN = "sequencer recorder professional musician polyphonic simultaneously channels operation tracks midi"
# name → pages, and ten words that a person reads on them
SCANS: dict[str, tuple[int, str]] = {
    "ccitt.pdf": (1, LINN),
    "francais.pdf": (1, "portez whisky juge île côté alcôve bûches consument âtre œuvre"),
    "multi-page-images.tiff": (3, "this is a multi page document page 1 2 3"),
    "multipage.pdf": (6, "chapter kitchen listening england france heralded woodman highwayman scratch megapixels"),
    "rotated_skew.pdf": (1, LINN),
    "simple.tif": (1, "this is a test document"),
    "skew.pdf": (1, LINN),
    "typewriter.png": (1, "linzensoep linzen bloem boter laurier kruidnagel kerrie wassen papje soep"),
}  # fmt: skip

# name → what must come of it: a pattern of the refusal's text, or None where it must be read
HOSTILE: dict[str, tuple[str | None, str]] = {
    "blank.pdf": (None, "empty"),
    "no_contents.pdf": (None, "empty"),
    "invalid_pdf.pdf": (None, "text"),
    "enormous.pdf": ("limit", "reduced"),
    "hugemono.pdf": ("limit", "reduced"),
    "encrypted.pdf": ("password", ""),
    "password-is-test.pdf": ("password", ""),
    "invalid.pdf": ("damaged", ""),
}


@dataclass(frozen=True)
class Outcome:
    """What came of one document. `refusal` is the error's code and text.

    `seconds` is the time that passed or, if that is less since the machine did other work meanwhile, the processor time
    of all threads; memory is the process's own peak.
    """

    text: str
    pages: int
    type: str
    extraction: Extraction | None
    notes: tuple[str, ...]
    refusal: str | None
    seconds: float
    mebibytes: int


@dataclass(frozen=True)
class Check:
    """One line of the table."""

    document: str
    what: str
    good: bool
    found: str


def process(path: Path) -> Outcome:
    """Reads, classifies and extracts as the document jobs do."""
    reader = document_reader()
    start, work = time.monotonic(), time.process_time()
    try:
        reading = reader.read(path)
        kind = classify(reading).type
        extraction = extract(reading, kind=kind, read_picture=lambda: reader.read_picture(path))
        done = (reading.text, len(reading.pages), kind, extraction, reading.notes, None)
    except JobError as error:
        done = ("", 0, "", None, (), f"{error.code}: {error}")
    seconds = min(time.monotonic() - start, time.process_time() - work)
    return Outcome(*done, seconds, peak_mebibytes())


def peak_mebibytes() -> int:
    """This process's own peak of resident memory: `ru_maxrss` would begin with what the process had that started it.

    Source: proc_pid_status(5), VmHWM, which execve() sets anew, unlike getrusage(2)'s figure.
    """
    (peak,) = re.findall(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)
    return int(peak) // 1024


def alone(path: Path) -> Outcome:
    """`process` in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(process, path).result()


def invoices(folder: Path) -> Iterator[Check]:
    right: Counter[str] = Counter()
    for path in sorted(folder.glob("*.pdf")):
        truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))[0]
        outcome = alone(path)
        expected = {
            "issuer": truth["issuer"],
            "number": truth["invoice_number"],
            "date": truth["date"],
            "total": f"{Decimal(str(truth['amount'])):.2f}",
        }
        found = {name: getattr(outcome.extraction, name, None) for name in expected}
        values = {name: field.value if field else "" for name, field in found.items()}
        good = {name: same(name, values[name], value) for name, value in expected.items()}
        right.update(name for name in good if good[name])
        yield Check(path.name, "text found", bool(outcome.text.strip()), f"{len(outcome.text)} signs")
        wrong = [f"{name} {values[name]!r} for {expected[name]!r}" for name in good if not good[name]]
        yield Check(path.name, "fields (counted below)", True, "; ".join(wrong) or "all right")
    for name in ("issuer", "number", "date", "total"):
        yield Check("invoices", f"{name} right for ≥ {FIELDS_RIGHT}", right[name] >= FIELDS_RIGHT, str(right[name]))


def same(name: str, found: str, expected: str) -> bool:
    """Issuers are compared without case, punctuation and legal form."""
    return core(found) == core(expected) if name == "issuer" else found == expected


def scans(folder: Path) -> Iterator[Check]:
    yield from true_text(folder / "linn.png", folder / "linn.txt")
    for name, (pages, words) in SCANS.items():
        outcome = alone(folder / name)
        yield Check(name, f"{pages} pages", outcome.pages == pages, str(outcome.pages))
        missing = words_of(words) - words_of(outcome.text)
        yield Check(name, "chosen words", not missing, f"missing: {' '.join(missing)}" if missing else "all found")


def true_text(picture: Path, text: Path) -> Iterator[Check]:
    expected, found = words_of(text.read_text(encoding="utf-8")), words_of(alone(picture).text)
    hits, extra = (expected & found).total() / expected.total(), (found - expected).total() / expected.total()
    yield Check(picture.name, f"words found ≥ {WORDS_FOUND:.0%}", hits >= WORDS_FOUND, f"{hits:.1%}")
    yield Check(picture.name, f"words extra ≤ {WORDS_EXTRA:.0%}", extra <= WORDS_EXTRA, f"{extra:.1%}")


def words_of(text: str) -> Counter[str]:
    return Counter(re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text.casefold())))


def hostile(folder: Path) -> Iterator[Check]:
    for name, (refusal, reading) in HOSTILE.items():
        outcome = alone(folder / name)
        if outcome.refusal is not None:
            good = refusal is not None and outcome.refusal.startswith("validation") and refusal in outcome.refusal
        else:
            good = _read_as(reading, outcome)
        yield Check(name, reading or f"refused ({refusal})", good, outcome.refusal or outcome.type)
        yield Check(name, f"≤ {SECONDS:.0f} s", outcome.seconds <= SECONDS, f"{outcome.seconds:.1f} s")
        yield Check(name, f"≤ {MEBIBYTES} MiB", outcome.mebibytes <= MEBIBYTES, f"{outcome.mebibytes} MiB")


def _read_as(reading: str, outcome: Outcome) -> bool:
    if reading == "empty":
        return not outcome.text.strip() and outcome.type == "other"
    if reading == "reduced":
        return any("reduced resolution" in note for note in outcome.notes)
    return reading == "text" and bool(outcome.text.strip())


def table(checks: Iterable[Check]) -> bool:
    """Prints the checks as they come; whether all were good."""
    all_good = True
    for check in checks:
        print(f"{'ok  ' if check.good else 'FAIL'} {check.document:24s} {check.what:28s} {check.found}", flush=True)
        all_good = all_good and check.good
    return all_good


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures how well documents are read.")
    parser.add_argument("data", type=Path, help="a folder with invoices/, scans/ and hostile/")
    data = parser.parse_args().data
    parts = {"invoices": invoices, "scans": scans, "hostile": hostile}
    missing = [name for name in parts if not (data / name).is_dir()]
    if missing:
        print(f"{data} has no folder {missing[0]}/: give the folder that holds invoices/, scans/ and hostile/")
        return 2
    good = [table(measure(data / name)) for name, measure in parts.items()]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
