"""The queue_… functions: typed sugar over enqueueing, one module per queue. The rules are those of the payloads in tasks/.

Each takes, beside its payload, the keywords of JobOptions, and returns the job's id: awaited, or blocking by `.sync(…)`.
Raises PayloadError that names the field before anything is sent. An argument that is None is left out of the payload.
"""
