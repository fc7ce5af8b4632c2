-- So many waiting jobs at once, as an enqueue would write them. organizations: how many they belong to in turn (0: to none);
-- priorities: over how many priorities from the first on they are spread; delay: seconds until they are due (null: ready).
INSERT INTO procrastinate_jobs (
    queue_name, task_name, priority, lock, args, scheduled_at, planned_at, organization_id, turn, limit_key, parked)
SELECT %(queue)s, %(name)s, -1 - n %% %(priorities)s, %(lock)s, '{"number": 1}',
       now() + make_interval(secs => %(delay)s), now() + make_interval(secs => %(delay)s),
       organization, coalesce(organization, ''), %(key)s, %(parked)s
  FROM generate_series(1, %(count)s) AS n
 CROSS JOIN LATERAL (SELECT CASE WHEN %(organizations)s > 0
                                 THEN %(prefix)s || lpad((n %% greatest(1, %(organizations)s))::text, 5, '0') END AS organization) o
