"""The locks pin everything by hash and name no place to fetch it from."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_address_and_no_path(lock: Path) -> None:
    assert re.findall(r"^.*(?:://|--index|--find-links|file:|(?:^|[\s=@])/).*$", lock.read_text(), re.MULTILINE) == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_of_a_lock_is_pinned_with_a_hash(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", lock.read_text(), flags=re.MULTILINE).strip())
    assert entries
    assert [entry for entry in entries if not re.match(r"[\w.-]+==\S+.*\\\n\s+--hash=sha256:[0-9a-f]{64}", entry)] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_lock_brings_a_deep_learning_framework(lock: Path) -> None:
    assert re.findall(r"^(?:torch|tensorflow|jax|paddlepaddle)\w*==.*$", lock.read_text(), re.MULTILINE) == []


@pytest.mark.parametrize("folder", ["tests/node", "tests/postgres", "tests/prisma", "ops/bench/node"])
def test_a_lock_of_node_packages_names_no_address(folder: str) -> None:
    text = (ROOT / folder / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert "://" not in text
    assert all(package["integrity"].startswith("sha512-") for name, package in packages.items() if name)
