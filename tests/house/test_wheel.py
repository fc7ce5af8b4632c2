"""The wheel, used as a stranger would: in an empty environment, beside an application with folders of those names."""

from __future__ import annotations

import configparser
import csv
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.house.tree import PACKAGED, ROOT

APPLICATION = {
    "tasks/__init__.py": "WHOSE = 'the application'",
    "templates/__init__.py": "WHOSE = 'the application'",
    "migrations/__init__.py": "WHOSE = 'the application'",
    "use.py": """
import importlib, importlib.resources, pkgutil, sys
import tasks, templates, migrations
import advisorjobs, advisorjobs.tasks, advisorjobs.templates, advisorjobs.migrations
assert {module.WHOSE for module in (tasks, templates, migrations)} == {"the application"}
assert "site-packages" in advisorjobs.__file__ and "site-packages" in advisorjobs.tasks.__file__
for module in pkgutil.iter_modules(advisorjobs.tasks.__path__):
    importlib.import_module(f"advisorjobs.tasks.{module.name}")
from advisorjobs.database import scripts
print(len(scripts.numbered()), len(scripts.functions()), len(list(pkgutil.iter_modules(advisorjobs.tasks.__path__))))
""",
}


def python_folders() -> set[str]:
    """The packages that the tree holds: every folder with a file that belongs into the wheel."""
    found = set()
    for package, folder in PACKAGED.items():
        for path in folder.rglob("*"):
            inside = path.relative_to(folder).parts
            if path.is_file() and path.suffix in {".py", ".sql"} and "__pycache__" not in inside:
                found.add(".".join((package, *inside[:-1])))
    return found


def test_every_folder_of_the_tree_is_listed_as_a_package() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    listed = set(config["options"]["packages"].split())
    assert python_folders() - listed == set(), "add them to [options] packages in setup.cfg"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy, so that nothing is left in the tree."""
    folder = tmp_path_factory.mktemp("wheel")
    wanted = ["advisorjobs", "tasks", "migrations", "templates", "pyproject.toml", "setup.cfg", "LICENSE"]
    wanted += [name for name in ("README.md",) if (ROOT / name).exists()]
    subprocess.run(["cp", "-r", *(str(ROOT / name) for name in wanted), folder], check=True)
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(folder / "dist"),
        str(folder),
    ]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = (folder / "dist").glob("*.whl")
    return built


def test_the_wheel_holds_every_file_of_the_tree_and_only_names_of_ours(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"advisorjobs"}
    expected = {
        f"{package.replace('.', '/')}/{path.relative_to(folder)}"
        for package, folder in PACKAGED.items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    assert expected - set(names) == set()


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and what the base install depends on, as locked."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    install = [
        str(folder / "bin/python"),
        "-m",
        "pip",
        "--quiet",
        "--disable-pip-version-check",
        "install",
        "--no-deps",
    ]
    base = str(ROOT / "requirements/base.txt")
    subprocess.run([*install, "--require-hashes", "-r", base], check=True, capture_output=True)
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    return folder


@pytest.mark.slow
def test_the_wheel_works_beside_an_application_with_the_same_folders(environment: Path, tmp_path: Path) -> None:
    for name, text in APPLICATION.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        [environment / "bin/python", "use.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    sql = [len(list((ROOT / "migrations" / folder).glob("*.sql"))) for folder in ("", "functions")]
    jobs = len(list((ROOT / "tasks").glob("[!_]*.py")))
    assert done.stdout.split() == [str(number) for number in (*sql, jobs)]


@pytest.mark.slow
def test_the_wheel_adds_only_names_of_ours_to_site_packages(environment: Path) -> None:
    (record,) = environment.glob("lib/python*/site-packages/advisorjobs-*.dist-info/RECORD")
    with record.open() as lines:
        names = [row[0] for row in csv.reader(lines)]
    assert {name.split("/")[0].split("-")[0] for name in names if not name.startswith("..")} == {"advisorjobs"}
    assert [name for name in names if name.startswith("..")] == ["../../../bin/advisorjobs"]


@pytest.mark.slow
def test_a_command_in_a_base_install_names_the_missing_extra_in_one_line(environment: Path) -> None:
    clean = {"PATH": os.environ["PATH"]}
    command = [environment / "bin/advisorjobs", "stats"]
    done = subprocess.run(command, cwd="/", env=clean, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "pip install 'advisorjobs[worker]'" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
