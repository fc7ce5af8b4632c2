"""Every public name says what it is for; where a call takes or gives a span, a size or a moment, its unit is said too."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

import advisorjobs
from advisorjobs import testing
from advisorjobs.enqueue import JobOptions

SPAN = re.compile(r"timedelta|float")
UNITED = re.compile(r"(_ms|_seconds|_days)$|^(seconds|days|grace|delay|timeout|memory|span|until|window)$")
UNITS = re.compile(r"\b(timedelta|seconds?|s|ms|milliseconds?|minutes?|hours?|days?|bytes|steps|time zone)\b")


def public_names() -> Iterator[tuple[str, Any]]:
    """What users import: of advisorjobs all that is fetched at first use, of the testing kit what `__all__` has."""
    for name in sorted(advisorjobs._HOME_OF):
        yield f"advisorjobs.{name}", getattr(advisorjobs, name)
    for name in testing.__all__:
        yield f"advisorjobs.testing.{name}", getattr(testing, name)
    for name in sorted(advisorjobs._HOME_OF):
        if name.startswith("get_"):
            made = inspect.unwrap(getattr(advisorjobs, name)).__annotations__["return"]
            home = inspect.getmodule(inspect.unwrap(getattr(advisorjobs, name)))
            yield f"{name}()", getattr(home, made)


def calls(name: str, value: Any) -> Iterator[tuple[str, Any, str]]:
    """The callables behind a public name, as they were written, with what their class says of all its calls."""
    if inspect.isclass(value):
        for owner in value.__mro__:
            if owner.__module__.startswith("advisorjobs"):
                for method, member in vars(owner).items():
                    written = as_written(member)
                    if not method.startswith("_") and written is not None:
                        yield f"{name}.{method}", written, inspect.getdoc(owner) or ""
    else:
        written = as_written(value)
        if written is not None:
            yield name, written, ""


def as_written(member: Any) -> Any:
    """The function that a descriptor or a helper was made of; None for what is no call."""
    for attribute in ("written", "_build", "fget", "func", "__func__"):
        if inspect.isfunction(found := getattr(member, attribute, None)):
            return found
    return member if inspect.isfunction(member) else None


NAMES = dict(public_names())
CALLS = {place: (written, of_all) for name, value in NAMES.items() for place, written, of_all in calls(name, value)}


def test_calls_of_every_kind_are_found() -> None:
    assert {
        "get_queue_manager().add_job", "get_queue_manager().clean_queue", "advisorjobs.queue_email",
        "advisorjobs.testing.JobKit.run_due",
    } <= CALLS.keys()  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_says_what_it_is_for(name: str) -> None:
    value = NAMES[name]
    if isinstance(value, type):
        assert vars(value).get("__doc__"), f"{name} has no docstring of its own"
    elif as_written(value):
        assert inspect.getdoc(value), name


@pytest.mark.parametrize("place", CALLS)
def test_a_public_call_says_what_it_does_and_in_which_units(place: str) -> None:
    written, of_all = CALLS[place]
    text = inspect.getdoc(written) or ""

    assert text, f"{place} has no docstring"
    for parameter in inspect.signature(written).parameters.values():
        if has_unit(parameter):
            around = f"{text} {of_all}"
            assert re.search(rf"[`*]{parameter.name}\b", around), f"{place} doesn't speak of {parameter.name}"
            assert UNITS.search(around), f"{place} names no unit for {parameter.name}"


def test_every_option_of_a_job_is_spoken_of() -> None:
    text = f"{JobOptions.__doc__}"

    assert [name for name in JobOptions.__annotations__ if f"`{name}`" not in text] == []


def has_unit(parameter: inspect.Parameter) -> bool:
    return bool(SPAN.search(str(parameter.annotation)) or UNITED.search(parameter.name))
