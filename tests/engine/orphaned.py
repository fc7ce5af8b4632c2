"""A process with a child at work, for the test that kills it: `python -m tests.engine.orphaned PATH HOW`."""

from __future__ import annotations

import asyncio
import sys

from advisorjobs.engine.child_messages import ChildSpec
from advisorjobs.engine.child_pool import PoolLimits
from advisorjobs.engine.executor import ChildExecutor
from tests.fixtures.children import NOWHERE, Bench, handlers_for


async def main(path: str, how: str) -> None:
    spec = ChildSpec(application="tests.engine.child_jobs:application", dsn=NOWHERE)
    async with ChildExecutor(spec, PoolLimits(children=1)) as executor:
        await Bench(executor, handlers_for({})).do("test:loop", path=path, how=how)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
