"""Where a firm wants to be told what can't wait: mailboxes, and addresses that take a signed message.

A message is signed by Standard Webhooks 1.0 with the channel's own secret and goes through the guard of
services/outbound.py. Its id is the job's, so that a receiver knows a repeated delivery.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError

__all__ = ["SECRET", "Channel", "deliver", "find_channel", "list_channels"]

SECRET = "channels:secret"
"""The purpose that a channel's secret is sealed for (services/secrets.py)."""


@dataclass(frozen=True, slots=True)
class Channel:
    """`address`: of a mailbox, or https://…; `secret`: sealed."""

    id: str
    kind: Literal["email", "webhook"]
    address: str
    secret: str | None = field(repr=False)


def list_channels(connection: Any) -> list[Channel]:
    """The organization's active channels."""
    return [Channel(*row) for row in connection.execute(statement("list_channels"))]


def find_channel(connection: Any, channel_id: str) -> Channel:
    """The active webhook channel. JobError `not_found` where the organization has none of this id."""
    row = connection.execute(statement("find_channel"), {"channel": channel_id}).fetchone()
    if row is None:
        raise JobError(ErrorCode.NOT_FOUND, f"the organization has no active webhook channel {channel_id!r}")
    return Channel(*row)


def deliver(channel: Channel, organization_id: str, message_id: str, message: Mapping[str, Any]) -> int:
    """Posts *message* to the channel, once; the status of a 2xx answer. Blocking, within ten seconds.

    JobError as `Outbound.post_json` raises it; `validation` for a channel without a secret.
    """
    from advisorjobs.services.outbound import post_json, signed
    from advisorjobs.services.secrets import unseal

    if channel.secret is None:
        raise JobError(
            ErrorCode.VALIDATION, f"channel {channel.id!r} has no secret to sign its messages with: give it one"
        )
    secret = unseal(channel.secret, organization_id=organization_id, purpose=SECRET)
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    headers = signed(secret, body, message_id=message_id, timestamp=int(time.time()))
    return asyncio.run(post_json(channel.address, body, headers=headers)).status
