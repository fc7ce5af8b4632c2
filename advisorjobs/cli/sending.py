"""The services' side of webhooks, for the demo: a receiver of our own, and events that are signed as Stripe and others do."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from advisorjobs.cli.ground import Program, program
from advisorjobs.errors import AdvisorJobsError
from advisorjobs.practice.events import connection_of, stripe_event, till_event
from advisorjobs.practice.rows import Firm
from advisorjobs.services.reading.libraries import needed
from advisorjobs.services.webhooks.secrets import new_standard_secret
from advisorjobs.settings import Settings

__all__ = ["Receiver", "new_secrets", "receiver"]

HOST = "127.0.0.1"
START_DEADLINE = 30.0


class NotReceived(AdvisorJobsError):
    """A webhook that the demo has sent to its own receiver wasn't taken."""


def new_secrets() -> Mapping[str, str]:
    """Service → a secret with which its events are signed, a new one for each day."""
    return {"stripe": f"whsec_{secrets.token_hex(16)}", "custom": new_standard_secret()}


class Receiver:
    """A running `advisorjobs webhooks`."""

    def __init__(self, running: Program, port: int) -> None:
        self.running, self.port = running, port

    def send(self, firm: Firm, signing: Mapping[str, str]) -> int:
        """Sends an event of Stripe, twice as Stripe may, and one of the till. Returns how many were sent."""
        now = datetime.now(UTC)
        self._wait()
        event = json.dumps(stripe_event(firm, now))
        for _ in range(2):
            self._post(
                f"/webhooks/stripe/{connection_of(firm, 'stripe').account}",
                event,
                _stripe_headers(event, signing["stripe"]),
            )
        event = json.dumps(till_event(firm, now))
        name = connection_of(firm, "custom").account
        self._post(f"/webhooks/{name}", event, _standard_headers(event, signing["custom"], now))
        return 3

    def _wait(self) -> None:
        """Until it answers. Raises WorkerStopped where it has ended."""
        deadline = time.monotonic() + START_DEADLINE
        while True:
            self.running.check()
            try:
                socket.create_connection((HOST, self.port), 1).close()
                return
            except OSError as error:
                if time.monotonic() > deadline:
                    raise NotReceived(f"the receiver of webhooks doesn't answer (log: {self.running.log})") from error
                time.sleep(0.1)

    def _post(self, path: str, body: str, headers: Mapping[str, str]) -> None:
        answer = needed("httpx", "integrations").post(
            f"http://{HOST}:{self.port}{path}",
            content=body,
            headers={"Content-Type": "application/json", **headers},
            trust_env=False,
            timeout=10,
        )
        if answer.status_code != 200:
            raise NotReceived(
                f"the receiver answered {answer.status_code} to {path}: look at its log ({self.running.log})"
            )


@contextmanager
def receiver(settings: Settings) -> Iterator[Receiver]:
    """A receiver on a free port of this machine, for as long as the block lasts."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    with program(settings, "webhooks", "webhooks", "--host", HOST, "--port", str(port)) as running:
        yield Receiver(running, port)


def _stripe_headers(body: str, secret: str) -> Mapping[str, str]:
    """https://docs.stripe.com/webhooks/signature: HMAC-SHA256 of `<time>.<body>`."""
    moment = int(time.time())
    digest = hmac.new(secret.encode(), f"{moment}.{body}".encode(), hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={moment},v1={digest}"}


def _standard_headers(body: str, secret: str, now: datetime) -> Mapping[str, str]:
    """https://www.standardwebhooks.com, by its own library."""
    number = f"msg_{secrets.token_hex(8)}"
    signature = needed("standardwebhooks", "web").Webhook(secret).sign(number, now, body)
    return {"webhook-id": number, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
