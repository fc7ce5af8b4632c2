"""Settings of the receiver."""

from __future__ import annotations

import pytest

from advisorjobs.errors import SettingsError
from advisorjobs.settings import Settings


def test_secrets_of_the_application_are_read_several_at_once_and_shown_nowhere() -> None:
    settings = Settings.from_environment({
        "HOME": "/nonexistent", "STRIPE_WEBHOOK_SECRET": f"whsec_{'a' * 20}, whsec_{'b' * 20}", "STRIPE_ACCOUNT": "acct_1A",
        "QUICKBOOKS_WEBHOOK_TOKEN": "c" * 20, "ADVISORJOBS_WEB_HOST": "::1", "ADVISORJOBS_WEB_PORT": "8080",
    })  # fmt: skip
    given = settings.webhooks

    assert given.stripe_secrets == (f"whsec_{'a' * 20}", f"whsec_{'b' * 20}")
    assert (given.stripe_account, given.quickbooks_tokens, given.host, given.port) == (
        "acct_1A",
        ("c" * 20,),
        "::1",
        8080,
    )
    assert not {"aaaa", "bbbb", "cccc"} & {repr(settings)[place : place + 4] for place in range(len(repr(settings)))}


@pytest.mark.parametrize(
    ("key", "value"), [("STRIPE_WEBHOOK_SECRET", "short"), ("QUICKBOOKS_WEBHOOK_TOKEN", "x"), ("STRIPE_ACCOUNT", "me")]
)
def test_what_cant_be_one_is_refused(key: str, value: str) -> None:
    with pytest.raises(SettingsError, match=key):
        Settings.from_environment({"HOME": "/nonexistent", key: value})
