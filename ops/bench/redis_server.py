"""A Redis of the benchmark's own: append-only file synced every second, empty at each start, gone afterwards."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time

from ops.bench.peer_failed import PeerFailed
from tests.fixtures.clusters import free_port

__all__ = ["RedisServer", "redis_version"]

PATIENCE = 10.0


class RedisServer:
    """Started by `fresh()`, on a port of its own; `close()` ends it and removes what it wrote."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def dsn(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def fresh(self) -> None:
        """An empty server. Raises PeerFailed where there is no redis-server, or it does not start."""
        program = shutil.which("redis-server")
        if program is None:
            raise PeerFailed("redis-server is not installed (Debian: redis-server)")
        self.close()
        self._folder = tempfile.TemporaryDirectory(prefix="bench-redis-")
        options = {"port": self.port, "bind": "127.0.0.1", "dir": self._folder.name, "save": "", "appendonly": "yes"}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        self._process = subprocess.Popen(
            [program, *words, "--appendfsync", "everysec"], stdout=subprocess.DEVNULL, start_new_session=True
        )
        self._wait()

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def length(self, *lists: str) -> int:
        """How many elements these lists have together."""
        return sum(int(self._ask(f"LLEN {name}").removeprefix(":")) for name in lists)

    def _ask(self, command: str) -> str:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(f"{command}\r\n".encode())
            return connection.recv(1024).decode().strip()

    def _wait(self) -> None:
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            try:
                if self._ask("PING") == "+PONG":
                    return
            except OSError:
                time.sleep(0.02)
        raise PeerFailed(f"redis-server did not answer on port {self.port} within {PATIENCE:g} s")


def redis_version() -> str:
    """As the program says it; empty where there is none."""
    program = shutil.which("redis-server")
    if program is None:
        return ""
    words = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.split()
    return next((word.removeprefix("v=") for word in words if word.startswith("v=")), "")
