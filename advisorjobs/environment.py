"""One variable at a time: from text to a value, or a refusal that names the key, the value and the rule."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

from advisorjobs.errors import SettingsError

__all__ = ["Environment", "did_you_mean"]

FACTORS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
SWITCHES = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """The tail of an error text: the nearest of *words*, or all of them where none is near."""
    words = tuple(words)
    near = difflib.get_close_matches(word, words, n=1)
    return f": did you mean {near[0]}?" if near else f": choose from {', '.join(words)}"


class Environment:
    """Reads variables from a mapping and remembers which it was asked for, so that unknown ones can be refused."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.asked: set[str] = set()

    def text(self, key: str) -> str | None:
        """The value without blanks around it; None where it is unset or empty."""
        self.asked.add(key)
        return self.environ.get(key, "").strip() or None

    def secret(self, key: str) -> str | None:
        """The value as it stands (blanks may belong to a password); None where it is unset or empty."""
        self.asked.add(key)
        return self.environ.get(key) or None

    def choice(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.text(key)
        if value is not None and value not in allowed:
            raise SettingsError(key, value, f"is none of its values{did_you_mean(value, allowed)}")
        return value or default

    def names(self, key: str) -> tuple[str, ...]:
        """Dotted module names with commas between them."""
        value = self.text(key) or ""
        given = tuple(part.strip() for part in value.split(",") if part.strip())
        for name in given:
            if not all(part.isidentifier() for part in name.split(".")):
                raise SettingsError(key, value, f"must be module names with commas between, and {name!r} is none")
        return given

    def path(self, key: str) -> Path | None:
        value = self.text(key)
        if value is None:
            return None
        if not value.startswith("/"):
            raise SettingsError(key, value, "must be a full path, beginning with /")
        return Path(value)

    def switch(self, key: str, *, default: bool) -> bool:
        value = self.text(key)
        if value is not None and value.lower() not in SWITCHES:
            raise SettingsError(key, value, "must be on or off")
        return default if value is None else SWITCHES[value.lower()]

    def count(self, key: str, default: int, *, least: int = 1) -> int:
        value = self.optional_count(key, least=least)
        return default if value is None else value

    def optional_count(self, key: str, *, least: int = 1) -> int | None:
        value = self.text(key)
        if value is None:
            return None
        if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) < least:
            raise SettingsError(key, value, f"must be a whole number, {least} or more")
        return int(value)

    def port(self, key: str, default: int) -> int:
        number = self.count(key, default)
        if number > 65_535:
            raise SettingsError(key, number, "must be a port, 1 to 65535")
        return number

    def duration(self, key: str, default: float, *, least: float) -> timedelta:
        value = self.optional_duration(key, least=least)
        return timedelta(seconds=default) if value is None else value

    def optional_duration(self, key: str, *, least: float | None = None) -> timedelta | None:
        """Seconds, with or without a fraction: *least* or more, or more than nothing where no least is named."""
        value = self.text(key)
        if value is None:
            return None
        number = float(value) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", value) else -1.0
        if number < (least or 0) or (least is None and number == 0):
            rule = "more than 0" if least is None else f"{least:g} or more"
            raise SettingsError(key, value, f"must be seconds, {rule}")
        return timedelta(seconds=number)

    def size(self, key: str, default: int) -> int:
        """Bytes: a whole number, K, M or G (of 1024) after it where wanted."""
        value = self.text(key)
        if value is None:
            return default
        match = re.fullmatch(r"([1-9][0-9]{0,11})\s*([KMG]?)i?B?", value, re.IGNORECASE)
        if not match:
            raise SettingsError(key, value, "must be a number of bytes such as 536870912, 512M or 2G")
        return int(match[1]) * FACTORS[match[2].upper()]

    def database_url(self, key: str) -> str | None:
        """An address of a PostgreSQL; an error shows its scheme only, as the rest holds the password."""
        value = self.text(key)
        if value is None or value.startswith(("postgresql://", "postgres://")):
            return value
        scheme, separator, _ = value.partition("://")
        shown = f"{scheme}://…" if separator else "…"
        raise SettingsError(key, shown, "must be like postgresql://user:password@host:5432/database")

    def together(self, *keys: str) -> tuple[str, ...] | None:
        """The values of *keys*, of which all or none must be set."""
        values = {key: self.secret(key) for key in keys}
        missing = [key for key, value in values.items() if value is None]
        if missing and len(missing) < len(keys):
            given = next(key for key in keys if key not in missing)
            raise SettingsError(missing[0], None, f"must be set, as {given} is")
        return None if missing else tuple(value for value in values.values() if value is not None)

    def service(self, endpoint_key: str, secret_key: str) -> tuple[str, ...] | None:
        """A service's address and key, both or neither."""
        given = self.together(endpoint_key, secret_key)
        if given and not given[0].startswith(("https://", "http://")):
            raise SettingsError(endpoint_key, given[0], "must be an address that begins with https://")
        return given

    def refuse_unknown(self, prefix: str) -> None:
        """Refuses a variable with *prefix* that nobody asked for: a slip of the pen would be without effect."""
        known = sorted(key for key in self.asked if key.startswith(prefix))
        for key in sorted(self.environ):
            if key.startswith(prefix) and key not in self.asked:
                near = difflib.get_close_matches(key, known, n=1)
                hint = f": did you mean {near[0]}?" if near else "; the README lists what may be set"
                raise SettingsError(key, "…", f"there is no such setting{hint}")
