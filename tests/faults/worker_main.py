"""A worker process of ours, as the command line starts one, for queues and slots given as JSON."""

from __future__ import annotations

import json
import os
import sys

from advisorjobs.application import the_app
from advisorjobs.engine.assembly import plan_of
from advisorjobs.engine.supervisor import Supervisor, work


def main() -> int:
    slots = json.loads(sys.argv[1])
    app = the_app()
    _ = app.catalogue
    options = {"queues": list(slots), "concurrency": slots}
    processes = int(os.environ.get("FAULTS_PROCESSES", "0"))
    return Supervisor(app, options, processes).run() if processes else work(app, plan_of(app, options))


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    os._exit(status)
