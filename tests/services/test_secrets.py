"""Sealing of secrets: what opens where, rotation, the key file, and what errors don't say."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from advisorjobs.errors import ErrorCode, JobError, SettingsError
from advisorjobs.services.secrets import key_ring, seal, unseal
from advisorjobs.settings import Settings

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
SECRET = "a canary that no error may show"
PLACE = {"organization_id": "org-1", "purpose": "quickbooks:refresh_token"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, secret_keys={"old": OLD})


def test_what_is_sealed_opens_again_and_never_looks_the_same(settings: Settings) -> None:
    first, second = (seal(SECRET, **PLACE, settings=settings) for _ in range(2))

    assert first != second
    assert first.startswith("v1:old:")
    assert SECRET not in first
    assert unseal(first, **PLACE, settings=settings) == SECRET


@pytest.mark.parametrize("moved", [{"organization_id": "org-2"}, {"purpose": "stripe:secret"}])
def test_an_envelope_that_was_moved_does_not_open(settings: Settings, moved: dict[str, str]) -> None:
    sealed = seal(SECRET, **PLACE, settings=settings)

    with pytest.raises(JobError, match="sealed for something else") as error:
        unseal(sealed, **{**PLACE, **moved}, settings=settings)
    assert error.value.code is ErrorCode.AUTHENTICATION
    assert SECRET not in str(error.value)


def test_no_changed_bit_opens(settings: Settings) -> None:
    head, _, encoded = seal(SECRET, **PLACE, settings=settings).rpartition(":")
    data = base64.b64decode(encoded)
    for at in range(len(data) * 8):
        changed = bytearray(data)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(JobError):
            unseal(f"{head}:{base64.b64encode(changed).decode()}", **PLACE, settings=settings)


@pytest.mark.parametrize("text", ["", "plain", "v1:old:", "v1:old:!!!", "v1:old:AAAA", "v2:old:AAAA"])
def test_what_is_no_envelope_is_refused_in_words(settings: Settings, text: str) -> None:
    with pytest.raises(JobError, match="connect the service again"):
        unseal(text, **PLACE, settings=settings)


def test_a_new_key_in_front_seals_and_the_old_one_still_opens(settings: Settings) -> None:
    sealed = seal(SECRET, **PLACE, settings=settings)
    rotated = replace(settings, secret_keys={"new": NEW, "old": OLD})

    assert unseal(sealed, **PLACE, settings=rotated) == SECRET
    assert seal(SECRET, **PLACE, settings=rotated).startswith("v1:new:")


def test_a_key_that_is_gone_is_named(settings: Settings) -> None:
    sealed = seal(SECRET, **PLACE, settings=settings)

    with pytest.raises(SettingsError, match="has no key 'old'"):
        unseal(sealed, **PLACE, settings=replace(settings, secret_keys={"new": NEW}))


def test_without_the_setting_one_key_file_is_made_however_many_ask_at_once(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    with ThreadPoolExecutor(16) as threads:
        rings = list(threads.map(lambda _: dict(key_ring(settings)), range(64)))

    assert all(ring == rings[0] for ring in rings)
    files = list((tmp_path / "new").iterdir())
    assert [file.name for file in files] == ["secret.key"]
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600


def test_production_requires_the_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ADVISORJOBS_SECRET_KEYS=None can't be used: must be set"):
        seal(SECRET, **PLACE, settings=Settings(data_dir=tmp_path, production=True))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("a:c2hvcnQ=", "32 bytes"),
        (f"a:{base64.b64encode(OLD).decode()},a:{base64.b64encode(NEW).decode()}", "twice"),
        (base64.b64encode(OLD).decode(), "name:key"),
    ],
)
def test_a_wrong_setting_is_refused_without_showing_it(value: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as error:
        Settings.from_environment({"ADVISORJOBS_SECRET_KEYS": value, "HOME": "/nonexistent"})
    assert value not in str(error.value)


def test_the_setting_is_read() -> None:
    given = f"2026a:{base64.b64encode(NEW).decode()},2025b:{base64.b64encode(OLD).decode()}"
    settings = Settings.from_environment({"ADVISORJOBS_SECRET_KEYS": given, "HOME": "/nonexistent"})

    assert settings.secret_keys == {"2026a": NEW, "2025b": OLD}
    assert base64.b64encode(NEW).decode() not in repr(settings)
