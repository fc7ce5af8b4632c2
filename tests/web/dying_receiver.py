"""A receiver that is killed between the commit of its first event and the answer."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from advisorjobs.application import the_app
from advisorjobs.web import webhooks
from advisorjobs.web.server import listen, serve

stored = webhooks.receive


async def stored_and_killed(*given: Any) -> int:
    await stored(*given)
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


if __name__ == "__main__":
    webhooks.receive = stored_and_killed
    with listen("127.0.0.1", int(sys.argv[-1])) as listening:
        serve(the_app(), listening, receiver_only=True)
    sys.exit("it was not killed")
