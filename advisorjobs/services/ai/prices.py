"""What a call of a language model costs, by the table beside this file."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

from advisorjobs.services.ai.model import Usage

__all__ = ["Cost", "cost_of"]

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Cost:
    amount: Decimal
    currency: str


def cost_of(usage: Usage) -> Cost | None:
    """The price of *usage*, to a millionth; None where the model's price isn't known."""
    currency, models = _prices()
    prices = models.get(re.sub(r"-\d{4}-\d\d-\d\d$", "", usage.model))
    if prices is None:
        return None
    prompt, completion = prices
    total = (usage.prompt_tokens * prompt + usage.completion_tokens * completion) / _MILLION
    return Cost(total.quantize(Decimal("0.000001")), currency)


@cache
def _prices() -> tuple[str, dict[str, tuple[Decimal, Decimal]]]:
    table = tomllib.loads((files(__package__) / "prices.toml").read_text(encoding="utf-8"))
    models = {name: (Decimal(row["prompt"]), Decimal(row["completion"])) for name, row in table["models"].items()}
    return table["currency"], models
