"""The prompts: Jinja2 templates in templates/prompts/, each with its version in its name.

A prompt whose words change gets a new version, so that no kept answer to the old words is taken for one to the new.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from advisorjobs.services.ai.libraries import needed
from advisorjobs.services.ai.model import Prompt

__all__ = ["VERSIONS", "prompt"]

VERSIONS = {"classify": 1, "summarize": 1, "words": 1}


def prompt(name: str, **values: Any) -> Prompt:
    """The newest version of the prompt *name*, filled with *values*; one that is missing is an error."""
    versioned = f"{name}-{VERSIONS[name]}"
    template = _environment().get_template(f"{versioned}.txt.j2")
    context = template.new_context(values)
    system, user = ("".join(template.blocks[block](context)).strip() for block in ("system", "user"))
    return Prompt(versioned, system, user)


@cache
def _environment() -> Any:
    jinja2, sandbox = needed("jinja2"), needed("jinja2.sandbox")
    loader = jinja2.FunctionLoader(
        lambda name: (files("advisorjobs.templates") / "prompts" / name).read_text(encoding="utf-8")
    )
    return sandbox.ImmutableSandboxedEnvironment(
        loader=loader, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
