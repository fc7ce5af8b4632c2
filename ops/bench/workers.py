"""Worker processes of a peer, held at a gate until all of them are ready, and the counts that they keep."""

from __future__ import annotations

import signal
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.bench.peer_failed import PeerFailed

__all__ = ["Counted", "Workers", "running_workers"]

PATIENCE = 60.0
GOODBYE = 15.0


@dataclass(frozen=True, slots=True)
class Counted:
    """Runs so far, and when the first and the last of them began, on CLOCK_MONOTONIC in nanoseconds."""

    count: int
    first: int
    last: int


class Workers:
    """`folder` takes what the workers write; `log` what they say."""

    def __init__(self, folder: Path, processes: Sequence[subprocess.Popen[bytes]], gated: bool) -> None:
        self.folder = folder
        self.processes = processes
        self.gated = gated

    def open(self) -> None:
        """Lets all of them begin, as soon as the last is ready."""
        give_up = time.monotonic() + PATIENCE
        while self.gated and len(list(self.folder.glob("*.ready"))) < len(self.processes):
            self.look_alive(give_up)
            time.sleep(0.01)
        (self.folder / "go").touch()

    def counted(self) -> Counted:
        texts = [file.read_bytes() for file in self.folder.glob("*.tally")]
        read = [struct.unpack("<qqq", text) for text in texts if len(text) == 24]
        begun = [tally for tally in read if tally[0]]
        if not begun:
            return Counted(0, 0, 0)
        return Counted(sum(tally[0] for tally in begun), min(t[1] for t in begun), max(t[2] for t in begun))

    def moments(self) -> dict[int, int]:
        """Number of a job -> when it began."""
        lines = [line for file in self.folder.glob("*.moments") for line in file.read_text().splitlines()]
        return {int(number): int(moment) for number, moment in map(str.split, lines)}

    def look_alive(self, give_up: float = float("inf")) -> None:
        """Raises PeerFailed when a worker has ended, or *give_up* has passed."""
        if any(process.poll() is not None for process in self.processes) or time.monotonic() > give_up:
            said = (self.folder / "log").read_text(errors="replace").strip().splitlines() or ["without a word"]
            raise PeerFailed(f"a worker ended or hangs: {said[-1][:200]}")


@contextmanager
def running_workers(
    command: Sequence[str], environment: Mapping[str, str], working: Path, count: int, gated: bool
) -> Iterator[Workers]:
    """*count* processes of *command*, in sessions of their own; ended and their folder removed, whatever happens."""
    with tempfile.TemporaryDirectory(prefix="bench-workers-") as name, open(Path(name) / "log", "wb") as log:
        folder = Path(name)
        full = {**environment, "PEER_TALLY": name, "PEER_GO": str(folder / "go")}
        processes: list[subprocess.Popen[bytes]] = []
        try:
            for _ in range(count):
                processes.append(
                    subprocess.Popen(
                        command, cwd=working, env=full, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
                    )
                )
            yield Workers(folder, processes, gated)
        finally:
            end(processes)


def end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """SIGTERM for all, and SIGKILL for those that don't go."""
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(GOODBYE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
