-- Nothing that a job left in its session reaches the next one, which may work for another organization. (Several statements at
-- once, which DISCARD ALL refuses to be part of.)
CLOSE ALL; RESET ROLE; RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES
