"""People, sessions, tokens and attempts to sign in, as the web process and the command line ask for them."""

from __future__ import annotations

import functools

from advisorjobs.calls import Awaiting, Blocking
from advisorjobs.web.access.attempts import AttemptCalls
from advisorjobs.web.access.people import PeopleCalls
from advisorjobs.web.access.sessions import SessionCalls
from advisorjobs.web.access.tokens import TokenCalls

__all__ = ["Accounts", "BlockingAccounts"]


class AccountCalls(PeopleCalls, SessionCalls, TokenCalls, AttemptCalls):
    """What is kept of who may see what."""


class BlockingAccounts(Blocking, AccountCalls):
    """The same calls, blocking."""


class Accounts(Awaiting, AccountCalls):
    """The calls, awaited; `.sync` has the same ones for blocking code."""

    @functools.cached_property
    def sync(self) -> BlockingAccounts:
        """The same calls, blocking."""
        return BlockingAccounts(self.app)
