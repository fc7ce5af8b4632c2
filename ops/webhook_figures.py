"""How fast the receiver of webhooks answers, and what of forged signatures it takes: python -m ops.webhook_figures [REQUESTS].

Signed events, all different, from eight senders at once on one machine with the receiver and its database
(TEST_DATABASE_URL, or the embedded server); then as many repetitions of one, and signatures that differ in one bit.
Percentiles are of whole answers as the sender sees them. Only ratios travel: `x nothing` is in medians of a 404.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
from stripe import WebhookSignature

from advisorjobs.database.migrate import migrate
from advisorjobs.testing.databases import new_database, session_server
from advisorjobs.web.server import listen

SECRET, ACCOUNT = "whsec_" + "f" * 32, "acct_1Figures"
SENDERS = 8
POINTS = (50, 99, 99.9, 100)
Ask = Callable[[httpx.Client, int], httpx.Response]


def main(requests: int) -> None:
    """Prints the table."""
    with session_server(os.environ) as server, new_database(server) as dsn, receiver(dsn) as url:
        signature = header(body(0))
        kinds: dict[str, Ask] = {
            "nothing to do (404)": lambda client, _: client.get(url),
            "new events": lambda client, number: post(client, url, body(number), header(body(number))),
            "repetitions of one": lambda client, _: post(client, url, body(0), signature),
            "forged": lambda client, number: post(client, url, body(0), turned(signature, number % 256)),
        }
        base = 0.0
        print(f"{'milliseconds of':22}" + "".join(f"{f'p{point:g}':>9}" for point in POINTS) + "  x nothing  answers")
        for name, ask in kinds.items():
            took, answers = measured(ask, requests)
            base = base or percentile(took, 50)
            said = ", ".join(f"{count} x {status}" for status, count in sorted(answers.items()))
            row = "".join(f"{percentile(took, point) * 1e3:9.2f}" for point in POINTS)
            print(f"{name:22}{row}{percentile(took, 50) / base:11.1f}  {said}")
        with psycopg.connect(dsn) as connection:
            stored = connection.execute(
                "SELECT count(*), count(DISTINCT job_id) FROM practice_webhook_events"
            ).fetchone()
            jobs = connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone()
        print(f"events stored: {stored and stored[0]}, jobs: {jobs and jobs[0]}")


def measured(ask: Ask, requests: int) -> tuple[list[float], dict[int, int]]:
    """Seconds of each request in order of size, and how many had which status."""
    took: list[float] = []
    answers: dict[int, int] = {}

    def send(place: int) -> None:
        with httpx.Client() as client:
            for number in range(place, requests, SENDERS):
                begun = time.perf_counter()
                status = ask(client, number + 1).status_code
                took.append(time.perf_counter() - begun)
                answers[status] = answers.get(status, 0) + 1

    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(send, range(SENDERS)))
    return sorted(took), answers


def percentile(took: list[float], point: float) -> float:
    return took[min(len(took) - 1, int(len(took) * point / 100))]


def body(number: int) -> str:
    about = {"id": f"cus_{number}", "object": "customer", "name": "Windmill & Daughters"}
    return json.dumps(
        {"id": f"evt_{number}", "object": "event", "type": "customer.updated", "created": 1, "data": {"object": about}}
    )


def header(text: str) -> str:
    made: str = WebhookSignature.generate_signature_header(text, SECRET)
    return made


def turned(signature: str, bit: int) -> str:
    head, _, text = signature.rpartition("v1=")
    digest = bytearray.fromhex(text)
    digest[bit // 8] ^= 1 << bit % 8
    return f"{head}v1={digest.hex()}"


def post(client: httpx.Client, url: str, text: str, signature: str) -> httpx.Response:
    headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
    return client.post(f"{url}/webhooks/stripe", content=text, headers=headers)


@contextmanager
def receiver(dsn: str) -> Iterator[str]:
    """`advisorjobs webhooks` on a migrated database in which one account is connected."""
    migrate(dsn)
    with psycopg.connect(dsn) as connection:
        connection.execute("INSERT INTO practice_organizations (id, name) VALUES ('org-1', 'Windmill')")
        connection.execute(
            "INSERT INTO practice_connections (organization_id, service, account) VALUES ('org-1', 'stripe', %s)",
            [ACCOUNT],
        )
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        settings: dict[str, Any] = {
            "DATABASE_URL": dsn,
            "ADVISORJOBS_DATA_DIR": folder,
            "ADVISORJOBS_LOG_LEVEL": "error",
        }
        settings |= {"STRIPE_WEBHOOK_SECRET": SECRET, "STRIPE_ACCOUNT": ACCOUNT}
        command = [sys.executable, "-m", "advisorjobs", "webhooks", "--port", str(port)]
        process = subprocess.Popen(command, env={**os.environ, **settings})
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_it_answers(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(20)


def wait_until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the receiver doesn't answer")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4_000)
